"""Fingerprints of the files that have none: made in batches, each written down when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pentaprism.duplicates.exact import Pause
from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress
from pentaprism.duplicates.sources import Sources
from pentaprism.fingerprints.fingerprint import Fingerprint, Origin, PictureFile
from pentaprism.groups.files import Kind
from pentaprism.store import Store
from pentaprism.store.fingerprint_records import MadeFingerprint, Unfingerprinted

_AT_ONCE = 64

_AGAIN = ("not_permitted", "unreadable", "timed_out")
"""Problems that may be gone the next time, although the file is what it was."""

_VANISHED = "vanished"


class Taking(Protocol):
    """Makes fingerprints; `pentaprism.fingerprints.pool.Fingerprinters` does."""

    async def take(self, files: Sequence[PictureFile]) -> list[Fingerprint]:
        """Return the fingerprints of ``files`` in their order."""
        ...


async def make_fingerprints(  # noqa: PLR0917 - what it works with
    store: Store,
    owner_id: str,
    sources: Sources,
    taking: Taking,
    progress: DuplicateProgress,
    pause: Pause,
) -> None:
    """Make the fingerprints of a person's files that have none; what is away is left for later.

    A kill loses the batch that was at work, and no other is made again.
    """
    await store.fingerprints.retry(owner_id, _AGAIN)
    total = await store.fingerprints.count_unfingerprinted(sources.ids)
    progress.begin(DuplicatePhase.FINGERPRINTING, total)
    after = 0
    while files := await store.fingerprints.next_unfingerprinted(
        sources.ids, after=after, limit=_AT_ONCE
    ):
        after = files[-1].row
        made = await _make(files, sources, taking)
        await store.fingerprints.record(made)
        progress.done += len(files)
        progress.fingerprinted += len(made)
        progress.problems += sum(one.fingerprint.problem is not None for one in made)
        await pause()


async def _make(
    files: Sequence[Unfingerprinted], sources: Sources, taking: Taking
) -> list[MadeFingerprint]:
    # Immich shows one frame of a video, which tells too little of it.
    unseen = [file for file in files if file.kind is Kind.VIDEO and file.asset_id is not None]
    nothing = Fingerprint(origin=Origin.PREVIEW)
    made = [MadeFingerprint(file.row, file.size, file.mtime_ns, nothing) for file in unseen]
    by_row = {file.row: file for file in files if file not in unseen}
    async with sources.pictures(by_row.values()) as pictures:
        answers = await taking.take(list(pictures.values()))
    for row, answer in zip(pictures, answers, strict=True):
        file = by_row[row]
        # What has vanished is missing in the next scan of its root, and comes back when it does.
        if answer.problem != _VANISHED:
            if answer.origin is Origin.PREVIEW:  # whose size is not that of the original
                answer = replace(answer, width=None, height=None)  # noqa: PLW2901
            made.append(MadeFingerprint(row, file.size, file.mtime_ns, answer))
    return made
