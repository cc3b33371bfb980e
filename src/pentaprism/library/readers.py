"""Metadata read in processes of its own, so that a hostile file can end only one of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from pentaprism.library.reading import Reading
from pentaprism.workers import Protocol, Workers

COMMAND = (sys.executable, "-P", "-m", "pentaprism.library.metadata.worker")


class Readers:
    """Reads the metadata of files in ``count`` processes; use it with ``async with``.

    A file that takes longer than ``seconds`` is given up. ``command`` starts a worker: it writes
    `pentaprism.workers.READY`, then answers each request, the path's length in decimal, a line
    break and the path's bytes, with a `Reading` as one line of JSON.
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        seconds: float = 30.0,
        command: Sequence[str] = COMMAND,
    ) -> None:
        protocol = Protocol(command, _request, msgspec.json.Decoder(Reading).decode, _failed)
        self._workers = Workers(
            protocol, count or max(1, min(2, os.cpu_count() or 1)), seconds=seconds
        )

    async def __aenter__(self) -> Self:
        await self._workers.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._workers.__aexit__(kind, error, trace)

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        """Read the files at ``paths`` and answer in their order.

        A bad file is a `Reading` with a problem, never an exception. Processes start when they are
        first needed. Raises `ActionRequiredError` (code ``readers_failed``) when none can start.
        """
        return await self._workers.run(paths)


def _request(path: str) -> bytes:
    name = os.fsencode(path)
    return b"%d\n%s" % (len(name), name)


def _failed(path: str, code: str) -> Reading:  # noqa: ARG001 (nothing is known of the file)
    return Reading(problem=code)
