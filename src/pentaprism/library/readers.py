"""A pool of processes that read metadata, so that a hostile file can end only one of them.

The libraries that read pictures are C and C++: they may crash or hang on bytes that somebody made
for that, and one of them is not safe in threads. Each worker reads one file after the other; one
that dies or takes too long is replaced, and the file that it was at is noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from pentaprism.errors import ActionRequiredError
from pentaprism.library.reading import Reading

COMMAND = (sys.executable, "-P", "-m", "pentaprism.library.metadata.worker")
READY = b"ready\n"
"""What a worker says once it can read."""

_BATCH = 32  # files that a worker is given at once: enough to keep it busy between our turns
_START_SECONDS = 60.0
_END_SECONDS = 5.0
_CRASHED = "crashed"
_TIMED_OUT = "timed_out"
_FILES_A_WORKER = 20_000  # then it is replaced, so that what the libraries leak stays bounded

_decode = msgspec.json.Decoder(Reading).decode


class Readers:
    """Reads the metadata of files in ``count`` processes; use it with ``async with``.

    A file that takes longer than ``seconds`` is given up. ``command`` starts a worker: it writes
    `READY`, then answers each request, the path's length in decimal, a line break and the path's
    bytes, with a `Reading` as one line of JSON.
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        seconds: float = 30.0,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._count = count or max(1, min(2, os.cpu_count() or 1))
        self._workers = [_Worker(command, seconds) for _ in range(self._count)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
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

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        """Read the files at ``paths`` and answer in their order.

        A bad file is a `Reading` with a problem, never an exception. Processes start when they are
        first needed. Raises `ActionRequiredError` (code ``readers_failed``) when none can start.
        """
        size = min(_BATCH, -(-len(paths) // self._count)) or 1
        batches = [paths[start : start + size] for start in range(0, len(paths), size)]
        answers: list[list[Reading]] = [[] for _ in batches]
        turns = iter(range(len(batches)))

        async def work() -> None:
            for turn in turns:
                answers[turn] = await self._read_batch(batches[turn])

        lanes = [asyncio.ensure_future(work()) for _ in range(min(self._count, len(batches)))]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        return [reading for batch in answers for reading in batch]

    async def _read_batch(self, paths: Sequence[str]) -> list[Reading]:
        worker = await self._idle.get()
        try:
            return await worker.read(paths)
        finally:
            self._idle.put_nowait(worker)


class _Worker:
    """One process at a time, started when it is needed."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._command = command
        self._seconds = seconds
        self._process: Process | None = None
        self._files = 0

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        """Read files one after the other, in as many processes as that takes."""
        answers: list[Reading] = []
        doubtful = -1
        try:
            while len(answers) < len(paths):
                some, problem = await self._ask(await self._running(), paths[len(answers) :])
                answers += some
                if problem == _CRASHED and doubtful != len(answers):
                    doubtful = len(answers)  # it may have been ended for another reason: once more
                elif problem is not None:
                    answers.append(Reading(problem=problem))
        except BaseException:
            await self._replace()  # it would answer what was asked now to whoever asks next
            raise
        return answers

    async def _ask(
        self, process: Process, paths: Sequence[str]
    ) -> tuple[list[Reading], str | None]:
        """Return the answers, and what happened to the process at the file after them."""
        stdin, stdout = _pipes(process)
        stdin.write(b"".join(map(_request, paths)))
        answers: list[Reading] = []
        problem = None
        for _ in paths:
            try:
                async with asyncio.timeout(self._seconds):
                    line = await stdout.readline()
                answers.append(_decode(line))
            except TimeoutError:
                problem = _TIMED_OUT
                break
            except (OSError, ValueError, msgspec.DecodeError):  # the end, or half a line
                problem = _CRASHED
                break
        self._files += len(answers)
        if problem is not None or self._files >= _FILES_A_WORKER:
            await self._replace()
        return answers, problem

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._replace()
        self._files = 0
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,  # ends with all that it started, and not by Ctrl-C
        )
        said = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                said = await _pipes(self._process)[1].readline()
        if said != READY:
            raise ActionRequiredError(
                "The process that reads metadata does not start.",
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


def _request(path: str) -> bytes:
    name = os.fsencode(path)
    return b"%d\n%s" % (len(name), name)
