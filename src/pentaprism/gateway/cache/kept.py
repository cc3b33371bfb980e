"""A reply that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

type HeaderList = list[tuple[bytes, bytes]]

_OK = 200
_STATUS = b"HTTP/1.1 200 OK\r\n"

# What CPython takes beside the bytes themselves: measured on 64-bit builds, rounded up.
_EACH_HEADER = 130
_EACH_REPLY = 1100

_OF_THE_BODY = frozenset(
    {
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-range",
        b"content-type",
    }
)
"""The headers that tell of a body, which a 304 has not; Express leaves out just these."""


class Kept:
    """A whole reply as Immich gave it, ready to be sent.

    ``start`` and ``body`` are ASGI messages, shared by all that send them. ``asked`` is the time
    just before Immich was asked, in seconds of the cache's clock: it allowed the reply after that,
    so for ``lifetime`` seconds from then the reply may be given to the same credentials. ``head``
    is the head as HTTP/1.1 writes it, None where that cannot be.
    """

    __slots__ = (
        "asked",
        "body",
        "etag",
        "head",
        "lifetime",
        "modified",
        "size",
        "start",
        "subject",
    )

    def __init__(
        self, subject: bytes, headers: HeaderList, body: bytes, *, asked: float, lifetime: float
    ) -> None:
        self.subject = subject
        self.start: dict[str, Any] = {
            "type": "http.response.start",
            "status": _OK,
            "headers": headers,
        }
        self.body: dict[str, Any] = {"type": "http.response.body", "body": body}
        self.head = _written(headers)
        self.etag = _first(headers, b"etag")
        self.modified = _first(headers, b"last-modified")
        self.asked = asked
        self.lifetime = lifetime
        self.size = size_of(headers, body)

    @property
    def headers(self) -> HeaderList:
        """The headers, in Immich's order and spelling."""
        headers: HeaderList = self.start["headers"]
        return headers

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        content: bytes = self.body["body"]
        return content

    @property
    def validator(self) -> tuple[bytes, bytes] | None:
        """The header that asks whether the reply still holds; None if there is no way to ask."""
        if self.etag is not None:
            return b"if-none-match", self.etag
        return None if self.modified is None else (b"if-modified-since", self.modified)

    def renewed(self, newer: HeaderList, *, asked: float) -> Kept:
        """Return the reply with the headers of the 304 that says that it holds.

        RFC 9111, 3.2: each header that the 304 has takes the place of the one before. The lifetime
        is not told yet, and 0.
        """
        fresh: dict[bytes, HeaderList] = {name.lower(): [] for name, _ in newer}
        for name, value in newer:
            fresh[name.lower()].append((name, value))
        for name in _OF_THE_BODY:
            fresh.pop(name, None)
        headers: HeaderList = []
        for name, value in self.headers:
            key = name.lower()
            if key not in fresh:
                headers.append((name, value))
            else:
                headers.extend(fresh[key])
                fresh[key] = []
        for added in fresh.values():
            headers.extend(added)
        return Kept(self.subject, headers, self.content, asked=asked, lifetime=0.0)

    def unchanged(self) -> dict[str, Any]:
        """Return the start of a 304 as Immich would give it."""
        headers = [one for one in self.headers if one[0].lower() not in _OF_THE_BODY]
        return {"type": "http.response.start", "status": 304, "headers": headers}


def size_of(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> int:
    """Return how many bytes of memory a reply takes with all that belongs to it."""
    told = sum(len(name) + len(value) for name, value in headers)
    return len(body) + 2 * told + _EACH_HEADER * len(headers) + _EACH_REPLY


def _written(headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    lines = [_STATUS, *(b"%b: %b\r\n" % pair for pair in headers), b"\r\n"]
    head = b"".join(lines)
    # A line end within a header would begin another one, and perhaps another reply.
    return head if head.count(b"\n") == head.count(b"\r") == len(lines) else None


def _first(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes | None:
    return next((value for name, value in headers if name.lower() == wanted), None)
