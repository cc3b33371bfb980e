"""Requests with just the headers of the one before on their connection, as clients send them.

What was made of those headers holds for them as well. Nothing is kept for longer than a connection
keeps the request before: there are credentials among headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.types import Scope

type Headers = list[tuple[bytes, bytes]]

REPEATED = "pentaprism.repeated"
"""Stands in the scope of a request that was read by `Repeated`."""

# A letter that is in doubt is for the parser to judge; so is an address with a fragment.
_LINE = re.compile(rb"GET (/[!\"$-~]*) HTTP/1\.1")
_MEANS_MORE = frozenset({b"content-length", b"expect", b"transfer-encoding", b"upgrade"})


class Repeated:
    """The headers of a request that was all that came at once, and what was made of them.

    ``block`` is what came behind the request's first line: what ends in the same bytes, and begins
    with nothing but such a line, is a request with these headers.
    """

    __slots__ = ("_made", "block", "headers")

    def __init__(self, block: bytes, headers: Headers) -> None:
        self.block = block
        self.headers = headers
        self._made: dict[Callable[[Headers], Any], Any] = {}

    @classmethod
    def of(cls, data: bytes, headers: Headers) -> Repeated | None:
        """Return what may be repeated of a GET that ``data`` is, None where that is not sure."""
        line = _LINE.match(data)
        if line is None or not all(name not in _MEANS_MORE for name, _ in headers):
            return None
        block = data[line.end() :]
        return cls(block, headers) if block.startswith(b"\r\n") else None

    def target(self, data: bytes) -> bytes | None:
        """Return the address that ``data`` asks for, None if it is not a request as before."""
        if not data.endswith(self.block):
            return None
        line = _LINE.fullmatch(data, 0, len(data) - len(self.block))
        return None if line is None else line[1]

    def made[T](self, make: Callable[[Headers], T]) -> T:
        """Return what ``make`` makes of the headers, which depends on nothing else."""
        try:
            result: T = self._made[make]
        except KeyError:
            result = self._made[make] = make(self.headers)
        return result


def made_of_headers[T](scope: Scope, make: Callable[[Headers], T]) -> T:
    """Return what ``make`` makes of a request's headers, from before if they are repeated."""
    repeated: Repeated | None = scope.get(REPEATED)
    headers: Headers = scope["headers"]
    if repeated is None or repeated.headers is not headers:
        return make(headers)
    return repeated.made(make)
