"""The gateway as a process of its own: started, watched, started again, and ended with us."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr

from pentaprism.listening import LAST_PORT, listen
from pentaprism.overview.gateway import GatewayState
from pentaprism.settings import Settings

COMMAND = (sys.executable, "-P", "-m", "pentaprism", "serve", "gateway")

_STEADY = 60.0
"""Seconds after which a gateway counts as one that works."""

_FIRST = 0.2
_LONGEST = 30.0
"""Seconds until a gateway that died is started again: at first, and at most."""

_MANY = 4
"""After how many deaths in a row it is said that something is wrong with it."""

_log = logging.getLogger(__name__)


def write_settings(settings: Settings) -> bytes:
    """Return ``settings`` as one line, secrets in plain text; `read_settings` reads it."""
    values = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings
    }
    return json.dumps(values, default=str).encode() + b"\n"


def read_settings(line: bytes) -> Settings:
    """Return the settings of a line of `write_settings`; the environment does not count."""
    return Settings(**json.loads(line))


class GatewayProcess:
    """Keeps a gateway at ``port`` of ``host``; 0 takes any port that is free.

    The process gets ``settings`` over its standard input, so that no secret is in its arguments or
    its environment. The pipe stays open, and the gateway ends when it closes, however this process
    comes to its end. One that dies is started again, after a time that grows up to half a minute.
    ``command`` starts one. ``patience`` is how many seconds it may take to end when it is told to,
    of which it lets requests under way have 5. ``tick`` counts seconds.

    Raises `InvalidError` or `ActionRequiredError` (code ``port``) where the port cannot be had.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        host: str,
        port: int,
        command: Sequence[str] = COMMAND,
        patience: float = 7.0,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        with listen(host, port, hint=_hint(port)) as trying:
            self.port: int = trying.getsockname()[1]
        self._settings = write_settings(settings)
        self._command = (*command, "--host", host, "--port", str(self.port), "--attached")
        self._patience = patience
        self._tick = tick
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending = False
        self._began = tick()
        self.deaths = 0
        self.deaths_in_a_row = 0

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return self._process.pid if self._process is not None else None

    @property
    def is_failing(self) -> bool:
        """Whether it died so often in a row that a person should look."""
        return self.deaths_in_a_row >= _MANY and not self._is_steady

    @property
    def state(self) -> GatewayState:
        """How the gateway does."""
        if self.is_failing:
            return "fails"
        return "runs" if self._process is not None else "starts"

    @property
    def _is_steady(self) -> bool:
        """Whether the process has lived for long enough to count as one that works."""
        return self._process is not None and self._tick() - self._began >= _STEADY

    def start(self) -> None:
        """Keep a gateway from now on."""
        self._task = asyncio.create_task(self._run())

    @asynccontextmanager
    async def ended(self) -> AsyncIterator[None]:
        """See to it that nothing is left of the gateway when the context is left."""
        try:
            yield
        finally:
            self.end()
            if self._task is not None:
                await self._wait_for(self._task)

    def end(self, *, at_once: bool = False) -> None:
        """Tell the gateway to end; ``at_once`` lets no request come to its end.

        May be called from a signal's handler, and returns without waiting. It is told once, as
        being told again means not to wait for anything.
        """
        if at_once or not self._ending:
            self._ending = True
            self._send(signal.SIGKILL if at_once else signal.SIGTERM)

    def _send(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _wait_for(self, task: asyncio.Task[None]) -> None:
        if self._process is None:
            task.cancel()  # it waits before the next start, or has not begun
        await asyncio.wait([task], timeout=self._patience)
        self.end(at_once=True)
        await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            self._began = self._tick()
            code = await self._once()
            if self._ending:
                return
            steady = self._tick() - self._began >= _STEADY
            self.deaths += 1
            self.deaths_in_a_row = 1 if steady else self.deaths_in_a_row + 1
            pause = min(_LONGEST, _FIRST * 2 ** min(self.deaths_in_a_row - 1, 10))
            self._tell(code, pause)
            await asyncio.sleep(pause)

    async def _once(self) -> int:
        """Run one gateway to its end, and return its exit code: negative for a signal."""
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE)
        except OSError as error:
            _log.error("The gateway could not be started: %s", error.strerror)
            return 1
        self._process = process
        try:
            if self._ending:
                self._send(signal.SIGTERM)
            if process.stdin is not None:
                with suppress(ConnectionError):
                    process.stdin.write(self._settings)
                    await process.stdin.drain()
            return await process.wait()
        finally:
            self._process = None

    def _tell(self, code: int, pause: float) -> None:
        if not self.is_failing:
            _log.warning(
                "The gateway ended (%s) and is started again in %.1f s.", _ending(code), pause
            )
        elif self.deaths_in_a_row == _MANY or pause == _LONGEST:
            _log.error(
                "The gateway ended %d times in a row, the last time with %s: clients of port %d "
                "are not answered. The lines above tell why. It is tried again in %.0f s.",
                self.deaths_in_a_row,
                _ending(code),
                self.port,
                pause,
            )


def _hint(port: int) -> str:
    other = port + 1 if port < LAST_PORT else port - 1
    return (
        f"Stop what uses it, or give the gateway another one, such as --gateway-port {other}; "
        "--gateway-port off starts none."
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
