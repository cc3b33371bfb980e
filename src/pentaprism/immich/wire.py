"""A blocking HTTP/1.1 connection for downloads in worker threads.

It knows one shape of answer: HTTP/1.1, a Content-Length, no transfer coding. That is what Immich
sends, and reading it into one buffer costs a fraction of what `http.client` does; with eight
threads on one interpreter lock that fraction is what the program's speed hangs on. Every other
answer is handed, unread, to `http.client`.
"""

from __future__ import annotations

import io
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead
from typing import cast

from pentaprism.immich.options import Address

BUFFER = 256 * 1024
"""Bytes that are read, hashed and written at a time."""

_MOST_HEAD = 64 * 1024
_END = b"\r\n\r\n"
_LEAN = b"HTTP/1.1 "


class Connection:
    """One connection, opened when it is first needed and again when the server has closed it.

    Errors are those of `socket`, `ssl` and `http.client`, unchanged.
    """

    def __init__(self, address: Address, tls: ssl.SSLContext | None, timeouts: tuple[float, float]):
        """Take the ``timeouts`` for connecting and for the next byte, in seconds."""
        self._address = address
        self._tls = tls
        self._connect_timeout, self._read_timeout = timeouts
        self._socket: socket.socket | None = None
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._start = 0  # what was received and not yet given out: view[start:stop]
        self._stop = 0
        self._left = 0  # bytes of the body that are not given out yet
        self._other: HTTPResponse | None = None
        self._stopped = False
        self.idle_since = 0.0

    @property
    def reusable(self) -> bool:
        """Whether the last answer was read to its end and the server keeps the connection open."""
        return self._socket is not None and self._left == 0 and self._start == self._stop

    def get(self, request: bytes) -> tuple[int, dict[str, str]]:
        """Send ``request``, a whole request head, and return status and headers of the answer.

        Header names are in lower case. A connection that the server has closed since the last
        answer is opened again once.
        """
        if self._socket is not None:
            try:
                return self._exchange(self._socket, request)
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, BadStatusLine):
                # Closed since, or left in disorder by the last answer: it says nothing about now.
                self.close()
                if self._stopped:
                    raise
        return self._exchange(self._connect(), request)

    def chunks(self, most: int) -> Iterator[memoryview]:
        """Yield the body in pieces of up to ``most`` bytes, each valid until the next is asked for.

        Raises when the connection breaks off before the end, after all that came was yielded.
        """
        if self._other is not None:
            yield from self._other_chunks(self._other, most)
            return
        while self._left:
            size = self._gather(min(most, self._left))
            begin = self._start
            self._left -= size
            self._start += size
            if self._start == self._stop:
                self._start = self._stop = 0
            yield self._view[begin : begin + size]

    def close(self) -> None:
        """Close the connection; the object can be used again."""
        if self._other is not None:
            self._other.close()
            self._other = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._start = self._stop = self._left = 0

    def stop(self) -> None:
        """End, from another thread, whatever the connection is doing; it is of no use after."""
        self._stopped = True
        used = self._socket
        if used is not None:
            with suppress(OSError):  # closed already, which is what was wanted
                # Not SSLSocket's own, which drops the state that the reading thread works with.
                socket.socket.shutdown(used, socket.SHUT_RDWR)

    def _connect(self) -> socket.socket:
        raw = socket.create_connection(
            (self._address.host, self._address.port), self._connect_timeout
        )
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                raw = self._tls.wrap_socket(raw, server_hostname=self._address.host)
                raw.settimeout(self._read_timeout)
            else:
                # The kernel's own time-outs save a poll for each read, and let one read wait for
                # all that is asked for (MSG_WAITALL).
                raw.settimeout(None)
                whole, part = divmod(self._read_timeout, 1)
                limit = struct.pack("ll", int(whole), max(1, int(part * 1_000_000)))
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        except BaseException:
            raw.close()
            raise
        self._socket = raw
        if self._stopped:
            self.stop()
        return raw

    def _exchange(self, used: socket.socket, request: bytes) -> tuple[int, dict[str, str]]:
        self._start = self._stop = self._left = 0
        self._other = None
        try:
            used.sendall(request)
        except BlockingIOError as error:
            raise _late() from error
        end = -1
        while end < 0:
            if self._stop > _MOST_HEAD:
                raise HTTPException("the head of the answer is too long")
            size = self._receive(self._stop, BUFFER)
            if not size:
                raise ConnectionResetError("it hung up without an answer")
            end = self._buffer.find(_END, max(0, self._stop - 3), self._stop + size)
            self._stop += size
        head = bytes(self._view[:end])
        if not head.startswith(b"HTTP/"):
            raise BadStatusLine(repr(head[:40]))
        parsed = _parse(head)
        if parsed is None:
            return self._hand_over()
        status, headers, length = parsed
        self._start = end + len(_END)
        self._left = length
        return status, headers

    def _gather(self, size: int) -> int:
        """Have up to ``size`` bytes of the body at hand, as many as fit; return how many."""
        have = self._stop - self._start
        if have >= size:
            return size
        if have == 0:
            self._start = self._stop = 0
        stop = min(self._start + size, BUFFER)
        while self._stop < stop:
            try:
                got = self._receive(self._stop, stop, socket.MSG_WAITALL)
            except OSError:
                if self._stop > self._start:
                    break  # give out what came; the next call meets the error again
                raise
            if not got:
                if self._stop > self._start:
                    break
                raise IncompleteRead(b"", self._left)
            self._stop += got
        return self._stop - self._start

    def _receive(self, start: int, stop: int, flags: int = 0) -> int:
        used = self._socket
        if used is None:
            raise ConnectionResetError("the connection is closed")
        try:
            if self._tls is not None:
                return used.recv_into(self._view[start:stop])
            return used.recv_into(self._view[start:stop], stop - start, flags)
        except BlockingIOError as error:
            raise _late() from error

    def _hand_over(self) -> tuple[int, dict[str, str]]:
        used = self._socket
        assert used is not None  # noqa: S101 - called while exchanging
        begun = bytes(self._view[: self._stop])
        self._start = self._stop = 0
        self._left = 1  # never reused: http.client's buffer may hold more than the body
        other = HTTPResponse(cast("socket.socket", _Begun(begun, used)), method="GET")
        other.begin()
        self._other = other
        headers = {name.lower(): value for name, value in other.getheaders()}
        if other.length is not None:
            headers["content-length"] = str(other.length)
        elif other.chunked:
            headers.pop("content-length", None)
        return other.status, headers

    def _other_chunks(self, other: HTTPResponse, most: int) -> Iterator[memoryview]:
        expected = other.length
        while True:
            size = other.readinto(self._view[: min(most, BUFFER)])
            if not size:
                break
            if expected is not None:
                expected -= size
            yield self._view[:size]
        if expected:
            raise IncompleteRead(b"", expected)


class _Begun(io.RawIOBase):
    """A socket of which the beginning was read already, as `HTTPResponse` wants to see one."""

    def __init__(self, begun: bytes, rest: socket.socket) -> None:
        self._begun = memoryview(begun)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(self, BUFFER)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # a Buffer at large
        if not self._begun:
            try:
                return self._rest.recv_into(buffer)
            except BlockingIOError as error:
                raise _late() from error
        size = min(len(buffer), len(self._begun))
        buffer[:size] = self._begun[:size]
        self._begun = self._begun[size:]
        return size


def _late() -> TimeoutError:
    """Return what the kernel's time-outs mean, which Python takes for a non-blocking socket's."""
    return TimeoutError("no byte came in time")


def _parse(head: bytes) -> tuple[int, dict[str, str], int] | None:
    """Return status, headers and length of an answer of the plain shape, else None."""
    first, _, rest = head.partition(b"\r\n")
    if not first.startswith(_LEAN) or not first[9:12].isdigit():
        return None
    headers: dict[str, str] = {}
    for line in rest.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name in headers or name[0] in " \t":
            return None
        headers[name] = value.strip(" \t")
    length = headers.get("content-length", "")
    plain = (
        "transfer-encoding" not in headers
        and "close" not in headers.get("connection", "").lower()
        and length.isascii()
        and length.isdigit()
    )
    status = int(first[9:12])
    if not plain or status < 200 or status in (204, 304):  # noqa: PLR2004 - answers without a body
        return None
    return status, headers, int(length)
