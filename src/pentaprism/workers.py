"""A pool of processes that read files, so that a hostile one can end only one of them.

The libraries that read pictures are C and C++: they may crash or hang on bytes that somebody made
for that, and not all of them are safe in threads. Each process answers one request after the other;
one that dies or takes too long is replaced, and the request that it was at is answered by its
failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from pentaprism.errors import ActionRequiredError
from pentaprism.worker_process import READY

CRASHED = "crashed"
TIMED_OUT = "timed_out"

_START_SECONDS = 60.0
_END_SECONDS = 5.0
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Small products of matrices stay on one core: there are as many processes as are wanted."""

_REQUESTS_A_PROCESS = 20_000  # then it is replaced, so that what the libraries leak stays bounded


@dataclass(frozen=True, slots=True)
class Protocol[Request, Answer]:
    """How to start a worker and to speak with it.

    ``command`` starts a process that writes `READY` and then answers each request, which
    ``encode`` makes bytes of, with one line, of which ``decode`` makes an answer; it raises
    `ValueError` for nonsense. ``failed`` is the answer to a request over which the process ended
    (code `CRASHED`) or hung (`TIMED_OUT`).
    """

    command: Sequence[str]
    encode: Callable[[Request], bytes]
    decode: Callable[[bytes], Answer]
    failed: Callable[[Request, str], Answer]


class Workers[Request, Answer]:
    """Answers requests in ``count`` processes; use it with ``async with``.

    A request that takes longer than ``seconds`` is given up. A process is given ``batch`` requests
    at once, enough to keep it busy between our turns. ``nice`` is added to its niceness, so that
    others' work goes before it.
    """

    def __init__(
        self,
        protocol: Protocol[Request, Answer],
        count: int,
        *,
        seconds: float,
        batch: int = 32,
        nice: int = 0,
    ) -> None:
        self._count = count
        self._batch = batch
        self._workers = [_Worker(protocol, seconds, nice) for _ in range(count)]
        self._idle: asyncio.LifoQueue[_Worker[Request, Answer]] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            await worker.end()

    async def run(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer ``requests`` in their order.

        Processes start when they are first needed. Raises `ActionRequiredError` (code
        ``readers_failed``) when none can start.
        """
        size = min(self._batch, -(-len(requests) // self._count)) or 1
        batches = [requests[start : start + size] for start in range(0, len(requests), size)]
        answers: list[list[Answer]] = [[] for _ in batches]
        turns = iter(range(len(batches)))

        async def work() -> None:
            for turn in turns:
                answers[turn] = await self._run_batch(batches[turn])

        lanes = [asyncio.ensure_future(work()) for _ in range(min(self._count, len(batches)))]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        return [answer for batch in answers for answer in batch]

    async def _run_batch(self, requests: Sequence[Request]) -> list[Answer]:
        worker = await self._idle.get()
        try:
            return await worker.run(requests)
        finally:
            self._idle.put_nowait(worker)


class _Worker[Request, Answer]:
    """One process at a time, started when it is needed."""

    def __init__(self, protocol: Protocol[Request, Answer], seconds: float, nice: int) -> None:
        self._protocol = protocol
        self._seconds = seconds
        self._nice = nice
        self._process: Process | None = None
        self._answered = 0

    async def run(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer requests one after the other, in as many processes as that takes."""
        answers: list[Answer] = []
        doubtful = -1
        try:
            while len(answers) < len(requests):
                some, problem = await self._ask(await self._running(), requests[len(answers) :])
                answers += some
                if problem == CRASHED and doubtful != len(answers):
                    doubtful = len(answers)  # it may have been ended for another reason: once more
                elif problem is not None:
                    answers.append(self._protocol.failed(requests[len(answers)], problem))
        except BaseException:
            await self._replace()  # it would answer what was asked now to whoever asks next
            raise
        return answers

    async def _ask(
        self, process: Process, requests: Sequence[Request]
    ) -> tuple[list[Answer], str | None]:
        """Return the answers, and what happened to the process at the request after them."""
        stdin, stdout = _pipes(process)
        stdin.write(b"".join(map(self._protocol.encode, requests)))
        answers: list[Answer] = []
        problem = None
        for _ in requests:
            try:
                async with asyncio.timeout(self._seconds):
                    line = await stdout.readline()
                answers.append(self._protocol.decode(line))
            except TimeoutError:
                problem = TIMED_OUT
                break
            except (OSError, ValueError, msgspec.DecodeError):  # the end, or half a line
                problem = CRASHED
                break
        self._answered += len(answers)
        if problem is not None or self._answered >= _REQUESTS_A_PROCESS:
            await self._replace()
        return answers, problem

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._replace()
        self._answered = 0
        self._process = await asyncio.create_subprocess_exec(
            *self._protocol.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,  # ends with all that it started, and not by Ctrl-C
        )
        if self._nice:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                pid = self._process.pid
                os.setpriority(os.PRIO_PGRP, pid, os.getpriority(os.PRIO_PROCESS, pid) + self._nice)
        said = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                said = await _pipes(self._process)[1].readline()
        if said != READY:
            raise ActionRequiredError(
                "The process that reads files does not start.",
                code="readers_failed",
                hint="Check that Pentaprism is installed whole and that memory is free.",
            )
        return self._process

    async def _replace(self) -> None:
        self.kill()
        await self.end()

    def kill(self) -> None:
        """End the process at once with all that it started: it only reads, nothing is lost."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Wait for a killed process; one that hangs in the kernel, on a dead mount, is left."""
        process, self._process = self._process, None
        if process is not None:
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_END_SECONDS):
                        await process.communicate()
            finally:
                # Whoever is cancelled here may close the loop next: the pipes must not wait for
                # the garbage collector, which would then have no loop to close them in.
                process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    assert process.stdin is not None  # noqa: S101 (tells mypy that both are pipes)
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout
