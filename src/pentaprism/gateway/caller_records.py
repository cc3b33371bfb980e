"""Whom Immich says a request comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A user of Immich; ``permissions`` are those of the API key, None for all there are."""

    user_id: str
    name: str
    is_admin: bool = False
    permissions: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """Return whether the credentials allow what Immich calls ``permission``."""
        return self.permissions is None or permission in self.permissions


@dataclass(frozen=True, slots=True)
class Refusal:
    """Immich does not say who it is: the status, 401 or 403, and the message of its reply."""

    status: int
    message: str
