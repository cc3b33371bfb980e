"""A small HTTP server on a real socket that answers exactly what a test tells it to."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pentaprism.immich import Pace

KEY = "secret-key-of-the-tests"


@dataclass
class Request:
    """What a client sent; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    def first_byte(self) -> int:
        """Return where its Range starts, 0 without one."""
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))


@dataclass
class Raw:
    """Bytes to send as they are, and whether to hang up or to wait for a hang-up afterwards."""

    data: bytes
    hang_up: bool = True
    stall: bool = False


def reply(body: bytes | Any = b"", status: int = 200, hang_up: bool = False, **headers: Any) -> Raw:
    """Return a plain answer; anything but bytes becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content_Type", "application/json; charset=utf-8")
    headers.setdefault("Content_Length", len(body))
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body, hang_up=hang_up)


Handler = Callable[[Request], Raw]


def always(raw: Raw) -> Handler:
    """Return what answers every request with ``raw``."""

    def handle(request: Request) -> Raw:
        return raw

    return handle


def script(*first: Handler, then: Handler) -> Handler:
    """Return what answers the first requests as told, one after the other, and then the rest."""
    handlers = iter(first)

    def handle(request: Request) -> Raw:
        return next(handlers, then)(request)

    return handle


@dataclass
class Server:
    """Answers each request with ``handle``, on threads; remembers what was asked."""

    handle: Handler
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    busiest: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._answering = 0
        self.stalled = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for used in self._open:
                with suppress(OSError):
                    socket.socket.shutdown(used, socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                used, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(used,), daemon=True).start()

    def _serve(self, used: socket.socket) -> None:
        with suppress(OSError), used:
            if self.tls is not None:
                used = self.tls.wrap_socket(used, server_side=True)
            with self._lock:
                self._open.add(used)
                self.connections += 1
            try:
                with used, used.makefile("rb") as reader:
                    if reader.peek(1)[:1] == b"\x16":  # somebody speaks TLS to us
                        used.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        return
                    while (request := _read_request(reader)) is not None:
                        if not self._answer(used, request):
                            return
            finally:
                with self._lock:
                    self._open.discard(used)

    def _answer(self, used: socket.socket, request: Request) -> bool:
        with self._lock:
            self.requests.append(request)
            self._answering += 1
            self.busiest = max(self.busiest, self._answering)
        try:
            raw = self.handle(request)
        finally:
            with self._lock:
                self._answering -= 1
        used.sendall(raw.data)
        if raw.stall:
            self.stalled.set()
            used.recv(1)
            return False
        return not raw.hang_up


def _read_request(reader: Any) -> Request | None:
    first = reader.readline().split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := reader.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    return Request(first[0].decode(), first[1].decode(), headers, body)


class Sleeps(list[float]):
    """The sleeps that a client wanted; none of them takes time."""

    def pace(self, **changes: Any) -> Pace:
        async def sleep(seconds: float) -> None:
            self.append(seconds)

        def wait(event: threading.Event, seconds: float) -> bool:
            self.append(seconds)
            return event.is_set()

        return Pace(**{"jitter": lambda: 1.0, "sleep": sleep, "wait": wait, **changes})
