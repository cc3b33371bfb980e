"""Where the transfer of one file stands: what to ask for next, what an answer means. Pure.

Resuming is right only when the rest belongs to the same file: a 206 whose Content-Range starts
at the byte reached, with the same total and the same ETag. Anything else starts over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha1

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_WHOLE = 200
_PART = 206
_NO_SUCH_RANGE = 416


class OtherBytesError(Exception):
    """The answer holds other bytes than those asked for; the transfer starts over."""


class Transfer:
    """The state of one transfer.

    ``position`` counts the bytes that came, from ``offset``; ``total`` is the file's size, None
    while unknown. ``restarts`` counts how often it started over, ``changed`` tells whether the
    file was found to be another one than at first.
    """

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self.position = offset
        self.total: int | None = None
        self.etag: str | None = None
        self.restarts = 0
        self.changed = False
        self._known = False
        self._last_total: int | None = None
        self._sha1 = sha1(usedforsecurity=False)

    @property
    def complete(self) -> bool:
        """Whether all bytes are here, by the size that the server told."""
        return self._known and self.position == self.total

    @property
    def digest(self) -> bytes:
        """SHA-1 of the bytes from ``offset`` to ``position``."""
        return self._sha1.digest()

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for what is missing."""
        if self.position == 0:
            return {}
        asked = {"Range": f"bytes={self.position}-"}
        if self.etag is not None:
            # Immich's are weak, and it takes them here all the same.
            asked["If-Range"] = self.etag
        return asked

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take the head of an answer; ``headers`` has names in lower case.

        Returns whether a body follows whose first byte is at ``position``, which is 0 again if
        the server sends the whole file. False means a status of which the transfer knows nothing.
        Raises `OtherBytesError`, after starting over, when the body must not be read.
        """
        if status == _WHOLE:
            if self.position > 0:
                self.start_over()
            self._remember(_length(headers), headers)
            return True
        if status == _PART and self.position > 0:
            return self._accept_part(headers)
        if self.position > 0 and (
            status == _NO_SUCH_RANGE or headers.get("content-range", "").startswith("bytes */")
        ):
            self.start_over()
            raise OtherBytesError("the file has become shorter")
        return False

    def feed(self, piece: memoryview | bytes) -> None:
        """Count and hash the next bytes."""
        self._sha1.update(piece)
        self.position += len(piece)

    def end(self) -> None:
        """Note that the body ended as the server announced it, if it announced no size before."""
        if self.total is None:
            self.total = self.position

    def start_over(self) -> None:
        """Begin again from the first byte."""
        self.restarts += 1
        self.offset = self.position = 0
        self.total = None
        self._sha1 = sha1(usedforsecurity=False)

    def _accept_part(self, headers: Mapping[str, str]) -> bool:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if not found:
            self.start_over()
            raise OtherBytesError("it does not say which bytes it sends")
        first, last, total = (int(group) for group in found.groups())
        length = _length(headers)
        fits = first == self.position <= last < total and length in (None, last - first + 1)
        same = not self._known or (
            self.total == total and headers.get("etag", self.etag) == self.etag
        )
        if not fits or not same:
            self.changed = self.changed or not same
            self.start_over()
            raise OtherBytesError("it sends other bytes than those asked for")
        self._remember(total, headers)
        return True

    def _remember(self, total: int | None, headers: Mapping[str, str]) -> None:
        etag = headers.get("etag")
        if self._known and (etag != self.etag or self._last_total != total):
            self.changed = True
        self._known = True
        self._last_total = total
        self.total, self.etag = total, etag


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
