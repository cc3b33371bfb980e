"""Fingerprints and comparisons made in processes of their own, at a pace that leaves room."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.requests import (
    Answer,
    Compare,
    Request,
    Take,
    decode_answer,
    encode,
)
from pentaprism.workers import Protocol, Workers

if TYPE_CHECKING:
    from pentaprism.fingerprints.comparison import Comparison

COMMAND = (sys.executable, "-P", "-m", "pentaprism.fingerprints.worker")

_BATCH = 8
_log = logging.getLogger(__name__)


class Fingerprinters:
    """Looks at pictures and videos in ``count`` processes; use it with ``async with``.

    Half of the cores are taken unless told, one at least. A file that takes longer than
    ``seconds`` is given up. ``nice`` is added to the niceness of the processes. ``command`` starts
    one; see `pentaprism.fingerprints.worker`.
    """

    def __init__(
        self,
        count: int | None = None,
        *,
        seconds: float = 60.0,
        nice: int = 10,
        command: Sequence[str] = COMMAND,
    ) -> None:
        protocol = Protocol(command, encode, decode_answer, _failed)
        self._workers = Workers[Request, Answer](
            protocol,
            count or max(1, (os.cpu_count() or 1) // 2),
            seconds=seconds,
            batch=_BATCH,
            nice=nice,
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

    async def take(self, files: Sequence[PictureFile]) -> list[Fingerprint]:
        """Return the fingerprints of ``files`` in their order.

        A bad file is a fingerprint with a problem, never an exception. Raises
        `ActionRequiredError` (code ``readers_failed``) when no process can start.
        """
        answers = await self._workers.run([Take(file) for file in files])
        return [
            answer.fingerprint or Fingerprint(origin=file.origin, problem=answer.problem)
            for file, answer in zip(files, answers, strict=True)
        ]

    async def compare(
        self, pairs: Sequence[tuple[PictureFile, PictureFile, int]]
    ) -> list[Comparison | None]:
        """Compare pairs, the second of each turned by the symmetry beside it, in their order.

        None stands where one of the two could not be read. Raises as `take`.
        """
        # Only who compares needs what comparison loads.
        from pentaprism.fingerprints.comparison import Comparison  # noqa: PLC0415

        decode = msgspec.json.Decoder(Comparison | None).decode
        answers = await self._workers.run([Compare(*pair) for pair in pairs])
        for (a, b, _), answer in zip(pairs, answers, strict=True):
            if answer.problem is not None:
                _log.debug("%r and %r are not compared: %s", a.path, b.path, answer.problem)
        return [decode(answer.comparison) for answer in answers]


def _failed(request: Request, code: str) -> Answer:  # noqa: ARG001 (the caller knows the file)
    return Answer(problem=code)
