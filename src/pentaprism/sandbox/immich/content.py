"""Bytes of files, made when they are asked for.

A hundred thousand photos are a handful of templates and a marker each: the SHA-1 is the template's
hash state, copied, and a few bytes more, so that neither time nor memory grows with the file size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE = 256 * 1024
"""The most bytes in one piece of a content."""


class Content(Protocol):
    """The bytes of one file; ``size`` in bytes, ``sha1`` of all of them (20 bytes)."""

    @property
    def size(self) -> int: ...  # noqa: D102 (the class says it)
    @property
    def sha1(self) -> bytes: ...  # noqa: D102 (the class says it)

    def pieces(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield the bytes from ``start`` to ``stop`` in pieces of at most `PIECE`."""
        ...


def read(content: Content, start: int = 0, stop: int | None = None) -> bytes:
    """Return the bytes from ``start`` to ``stop`` as one object."""
    return b"".join(content.pieces(start, content.size if stop is None else stop))


class Whole:
    """Bytes that are held in memory."""

    __slots__ = ("_sha1", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._sha1: bytes | None = None

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.data)

    @property
    def sha1(self) -> bytes:
        """Return the SHA-1, computed once."""
        if self._sha1 is None:
            self._sha1 = hashlib.sha1(self.data, usedforsecurity=False).digest()
        return self._sha1

    def pieces(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield views of the bytes."""
        yield from _cut(memoryview(self.data)[start:stop])


class Template:
    """A valid file with a place for a marker: ``prefix + wrap(marker) + suffix``.

    ``wrap`` turns a marker into what the format allows there, such as a JPEG comment; its result
    has the same length for markers of the same length.
    """

    __slots__ = ("_state", "prefix", "suffix", "wrap")

    def __init__(self, prefix: bytes, suffix: bytes, wrap: Callable[[bytes], bytes]) -> None:
        self.prefix = prefix
        self.suffix = suffix
        self.wrap = wrap
        self._state = hashlib.sha1(prefix, usedforsecurity=False)

    def hash(self, marker: bytes) -> bytes:
        """Return the SHA-1 of the file with ``marker``, without hashing the prefix again."""
        state = self._state.copy()
        state.update(self.wrap(marker))
        state.update(self.suffix)
        return state.digest()


class Marked:
    """A template with its marker filled in."""

    __slots__ = ("marker", "sha1", "template")

    def __init__(self, template: Template, marker: bytes) -> None:
        self.template = template
        self.marker = marker
        self.sha1 = template.hash(marker)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        t = self.template
        return len(t.prefix) + len(t.wrap(self.marker)) + len(t.suffix)

    def pieces(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield views of the template's parts and the marker between them."""
        at = 0
        for part in (self.template.prefix, self.template.wrap(self.marker), self.template.suffix):
            low, high = max(start - at, 0), max(stop - at, 0)
            yield from _cut(memoryview(part)[low:high])
            at += len(part)


class Stretched:
    """A head followed by a repeated block up to ``size`` bytes: gigabytes that are never stored."""

    __slots__ = ("_sha1", "block", "head", "size")

    def __init__(self, head: bytes, block: bytes, size: int) -> None:
        self.head = head
        self.block = block
        self.size = size
        self._sha1: bytes | None = None

    @property
    def sha1(self) -> bytes:
        """Return the SHA-1, computed once from all pieces."""
        if self._sha1 is None:
            state = hashlib.sha1(usedforsecurity=False)
            for piece in self.pieces(0, self.size):
                state.update(piece)
            self._sha1 = state.digest()
        return self._sha1

    def pieces(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Yield views of the head, then of the block, again and again."""
        head, block = memoryview(self.head), memoryview(self.block)
        yield from _cut(head[start:stop])
        at = max(start, len(head))
        while at < stop:
            low = (at - len(head)) % len(block)
            piece = block[low : min(low + PIECE, low + stop - at)]
            yield piece
            at += len(piece)


def _cut(view: memoryview) -> Iterator[memoryview]:
    for at in range(0, len(view), PIECE):
        yield view[at : at + PIECE]
