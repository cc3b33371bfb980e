"""Sends requests over kept connections to a local port, and checks each reply.

Sockets and epoll only: what the load itself costs must not be what is measured. One thread.
"""

from __future__ import annotations

import gc
import itertools
import random
import select
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_BUFFER = memoryview(bytearray(1 << 20))
_PATIENCE = 30.0
"""Seconds without a byte after which a load gives up."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was answered: requests, the bytes of their bodies, and seconds from first to last."""

    requests: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its head without the status line's version, as text, and its body."""

    status: int
    head: str
    body: bytes


def get(path: str, *, headers: str = "", method: str = "GET", body: str = "") -> bytes:
    """Return a request as an app that is signed in would send it."""
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: photos.example\r\nUser-Agent: bench/1.0\r\n"
        f"Accept: */*\r\nCookie: immich_access_token=bench; immich_is_authenticated=true\r\n"
        f"{headers}{length}\r\n{body}"
    ).encode()


class _Connection:
    """A kept connection with at most one request under way."""

    __slots__ = ("body", "closes", "head", "left", "port", "since", "socket")

    def __init__(self, port: int) -> None:
        self.port = port
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.head = b""
        self.left = -1
        self.body = 0
        self.closes = False
        self.since = 0.0

    def send(self, request: bytes) -> None:
        assert self.socket.send(request) == len(request), "a request fits into the socket's buffer"

    def receive(self) -> bool:
        """Take what is there; whether the reply is complete. Raises for all but a 200."""
        got = self.socket.recv_into(_BUFFER)
        if not got:
            raise SystemExit(f"a connection was closed in the middle: {self.head[:300]!r}")
        if self.left < 0:
            self.head += _BUFFER[:got]
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.head[: end + 2]
            self.body = _length(head)
            self.closes = b"\nConnection: close\r" in head or b"\nconnection: close\r" in head
            self.left = self.body - (len(self.head) - end - 4)
            self.head = b""
        else:
            self.left -= got
        if self.left:
            return False
        self.left = -1
        return True


def _length(head: bytes) -> int:
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"a reply is not what was expected: {head[:500]!r}")
    at = head.lower().find(b"\r\ncontent-length:")
    if at < 0:
        raise SystemExit(f"a reply does not tell its length: {head[:500]!r}")
    return int(head[at + 17 : head.index(b"\r", at + 17)])


class _Connections:
    """Connections that are waited for together; one that the other side ends is opened anew."""

    def __init__(self, port: int, count: int) -> None:
        self.all = [_Connection(port) for _ in range(count)]
        self.poll = select.epoll()
        self._by_number: dict[int, _Connection] = {}
        for one in self.all:
            self._register(one)

    def answered(self, patience: float) -> Iterator[_Connection]:
        """Wait for what comes, and yield those connections whose reply is complete."""
        for number, _ in self.poll.poll(patience):
            one = self._by_number[number]
            if one.receive():
                if one.closes:  # as nginx does after 1,000 requests
                    del self._by_number[number]
                    one.socket.close()
                    one.connect()
                    self._register(one)
                yield one

    def _register(self, one: _Connection) -> None:
        number = one.socket.fileno()
        self._by_number[number] = one
        self.poll.register(number, select.EPOLLIN)


@contextmanager
def _connected(port: int, count: int) -> Iterator[_Connections]:
    connections = _Connections(port, count)
    gc.collect()
    gc.disable()
    try:
        yield connections
    finally:
        gc.enable()
        connections.poll.close()
        for one in connections.all:
            one.socket.close()


def closed_loop(
    port: int, requests: Sequence[bytes], *, seconds: float, connections: int = 32
) -> Load:
    """Keep every connection busy for ``seconds``, and then wait for the last replies.

    The requests are sent in turn, over and over.
    """
    turn = itertools.cycle(requests)
    answered = total = 0
    start = time.perf_counter()
    end = start + seconds
    with _connected(port, connections) as connected:
        for one in connected.all:
            one.send(next(turn))
        under_way, last = connections, start
        while under_way:
            for one in connected.answered(1.0):
                last = time.perf_counter()
                answered += 1
                total += one.body
                if last < end:
                    one.send(next(turn))
                else:
                    under_way -= 1
            if time.perf_counter() - last > _PATIENCE:
                raise SystemExit(f"{under_way} requests were not answered in {_PATIENCE:g} s")
    return Load(answered, total, time.perf_counter() - start)


def open_loop(
    port: int, requests: Sequence[bytes], *, rate: float, seconds: float, connections: int = 64
) -> list[float]:
    """Send ``rate`` requests a second at random moments, the same ones each time.

    Returns the seconds from the moment at which each was meant to be sent until it was answered,
    sorted: a proxy that is slow does not get fewer requests, they wait for a free connection.
    """
    moments = random.Random(1)
    turn = itertools.cycle(requests)
    took: list[float] = []
    waiting: deque[float] = deque()
    with _connected(port, connections) as connected:
        free = list(connected.all)
        start = time.perf_counter()
        end = start + seconds
        due = start
        while due < end or len(free) < connections:
            now = time.perf_counter()
            while due <= now and due < end:
                waiting.append(due)
                due += moments.expovariate(rate)
            while waiting and free:
                one = free.pop()
                one.since = waiting.popleft()
                one.send(next(turn))
            # The time-out of epoll is in milliseconds, which is too coarse; that of select is not.
            until = due - time.perf_counter() if due < end else _PATIENCE
            select.select([connected.poll], [], [], max(0.0, until))
            for one in connected.answered(0):
                took.append(time.perf_counter() - one.since)
                free.append(one)
    return sorted(took)


def once(port: int, request: bytes) -> Reply:
    """Send one request and return its whole reply, whatever its status."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        connection.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        reply = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, body = reply.partition(b"\r\n\r\n")
    return Reply(int(head[9:12]), head.decode("latin-1").lower(), body)


def upload(port: int, path: str, size: int) -> None:
    """Send a body of ``size`` zeros in one request, and check that all of it arrived."""
    request = get(path, method="POST", headers=f"Content-Length: {size}\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        connection.sendall(request)
        left = size
        while left:
            left -= connection.send(_BUFFER[: min(left, len(_BUFFER))])
        reply = b""
        while not reply.endswith(b"\r\n\r\n%d" % size):
            more = connection.recv(65536)
            reply += more
            if not more:
                break
    if not reply.startswith(b"HTTP/1.1 201"):
        raise SystemExit(f"an upload did not arrive whole: {reply[:500]!r}")
