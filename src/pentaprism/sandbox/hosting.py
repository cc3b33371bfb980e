"""What the local servers share: listening, in this event loop or in a thread of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

_SHUTDOWN_SECONDS = 0.1


class SandboxError(Exception):
    """The sandbox cannot start; ``hint`` says what to do."""

    def __init__(self, message: str, *, code: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class Host:
    """A local server: ``async with`` runs it in this event loop, a plain ``with`` in a thread.

    Port 0 takes a free one. Starting raises `SandboxError` where the port is taken.
    """

    def __init__(self, host: str, port: int, keep_alive: float) -> None:
        self.host, self.port = host, port
        self._keep_alive = keep_alive
        self._runner: web.AppRunner | None = None
        self._thread: _Thread | None = None

    def application(self) -> web.Application:
        """Return the application to be served."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Begin to listen."""
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            keepalive_timeout=self._keep_alive,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError as error:
            await runner.cleanup()
            raise SandboxError(
                f"The sandbox cannot listen on {self.host}:{self.port}: {error.strerror}.",
                code="port_taken",
                hint="Choose another port, or 0 for a free one.",
            ) from error
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        self._thread = _Thread(self)
        self._thread.launch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._thread.end()


async def serve_until_ended(sandbox: Host, said: Callable[[], str]) -> None:
    """Run ``sandbox`` until SIGINT or SIGTERM, and print what is ``said`` when it listens."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    async with sandbox:
        sys.stdout.write(said() + "\n")
        sys.stdout.flush()
        await ended.wait()


class Bandwidth:
    """Lets at most so many bytes a second through, all connections together; None: no limit."""

    def __init__(self, rate: int | None) -> None:
        self.rate = rate
        self._free_at = 0.0

    async def wait(self, size: int) -> None:
        """Return when ``size`` more bytes may pass."""
        if self.rate is None:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + size / self.rate
        await asyncio.sleep(self._free_at - now)


class _Thread(threading.Thread):
    """Runs a sandbox in an event loop of its own."""

    def __init__(self, sandbox: Host) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._sandbox = sandbox
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._failure: SandboxError | None = None

    def launch(self) -> None:
        """Start, and return once the sandbox listens."""
        self.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Stop the sandbox and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join()

    def run(self) -> None:
        """Run until `end`."""
        try:
            self._loop.run_until_complete(self._sandbox.start())
        except SandboxError as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._sandbox.stop())
        self._end_tasks()
        self._loop.close()

    def _end_tasks(self) -> None:
        """End what a library has left waiting, as `asyncio.run` does."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
