"""Who asks: a person with a session, a program with a token of a person, or a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pentaprism.store import Person


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request comes from.

    ``person`` is None for a stranger. ``digest`` names the session, None without one. ``is_admin``
    is true for admins of Immich that came with a session; a token never is.
    """

    person: Person | None
    via: Literal["session", "token"] | None = None
    digest: bytes | None = None
    is_admin: bool = False


STRANGER = Visitor(None)
"""Somebody who showed nothing, or nothing that holds."""
