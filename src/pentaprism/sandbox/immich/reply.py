"""What a handler answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from pentaprism.sandbox.immich.content import Content, Whole

JSON = "application/json; charset=utf-8"


@dataclass(slots=True)
class Reply:
    """A status, headers and the bytes of a body; ``media_type`` is its Content-Type.

    ``start`` and ``stop`` are the part of ``content`` that is sent.
    """

    status: int
    content: Content
    media_type: str | None
    headers: dict[str, str] = field(default_factory=dict)
    start: int = 0
    stop: int | None = None

    @property
    def end(self) -> int:
        """Return where the part of the content that is sent stops."""
        return self.content.size if self.stop is None else self.stop


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Return a JSON reply."""
    return Reply(status, Whole(orjson.dumps(value)), JSON, headers or {})


def raw_json(text: bytes) -> Reply:
    """Return a JSON reply that is already text."""
    return Reply(200, Whole(text), JSON)


def nothing(status: int = 204) -> Reply:
    """Return a reply without a body."""
    return Reply(status, Whole(b""), None)


def redirect(target: str) -> Reply:
    """Return Express's redirect to another place."""
    text = Whole(f"Found. Redirecting to {target}".encode())
    headers = {"Location": target, "Vary": "Accept, Accept-Encoding"}
    return Reply(302, text, "text/plain; charset=utf-8", headers)
