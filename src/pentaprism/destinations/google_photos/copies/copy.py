"""What a copy is, and how the head of a file is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

MOST_HEAD = 16 * 1024 * 1024
"""Bytes of a file that may be held in memory."""


class CannotCopyError(Exception):
    """A file that cannot be changed safely; ``reason`` tells people why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Copy:
    """What shall be sent: exactly ``size`` bytes, which `stream` yields once.

    ``changed`` tells whether they differ from the original. `close` is for a copy that is not read.
    """

    size: int
    changed: bool
    stream: Callable[[], AsyncGenerator[bytes]]
    close: Callable[[], Awaitable[None]]


class Head:
    """The beginning of a file, read as far as it is needed; the rest stays in the stream."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = cast("AsyncGenerator[bytes]", stream)
        self.data = bytearray()
        self.ended = False

    async def grow(self, size: int) -> bool:
        """Have ``size`` bytes at hand, and tell whether the file has as many.

        Raises `CannotCopyError` where that is more than may be held.
        """
        if size > MOST_HEAD:
            raise CannotCopyError("its head is too large")
        while len(self.data) < size and not self.ended:
            piece = await anext(self._stream, None)
            if piece is None:
                self.ended = True
            else:
                self.data += piece
        return len(self.data) >= size

    async def rest(self) -> AsyncGenerator[bytes]:
        """Yield what follows the bytes at hand."""
        async with aclosing(self._stream) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Close the stream."""
        await self._stream.aclose()


def changed_head(head: Head, old: int, new: bytes, size: int) -> Copy:
    """Return the copy whose first ``old`` bytes are ``new``; ``size`` is that of the original."""

    async def stream() -> AsyncGenerator[bytes]:
        yield new
        if len(head.data) > old:
            yield bytes(head.data[old:])
        async with aclosing(head.rest()) as rest:
            async for piece in rest:
                yield piece

    return Copy(size + len(new) - old, new != bytes(head.data[:old]), stream, head.close)


def unchanged(head: Head, size: int) -> Copy:
    """Return the file as it is."""
    return changed_head(head, 0, b"", size)
