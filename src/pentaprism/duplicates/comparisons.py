"""Comparing candidates of the index, and writing down which of them are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import batched

from pentaprism.duplicates.candidates import Found, Near, by_new_file
from pentaprism.duplicates.exact import Pause
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.duplicates.sources import Sources
from pentaprism.duplicates.verification import Candidate, Comparing, Picture, Verified, verify
from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.store import Store
from pentaprism.store.duplicate_records import DuplicatePair
from pentaprism.store.fingerprint_records import PlacedFingerprint, Unfingerprinted

_FILES_AT_ONCE = 64
_PAIRS_AT_ONCE = 128

_SAME_PIXELS = 2
"""The most bits by which hashes of the same pixels differ; frames of a burst need no other look."""


class Comparisons:
    """Compares what was found, some files after the others, each time all that is to be written."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        comparing: Comparing,
        progress: DuplicateProgress,
        pause: Pause,
    ) -> None:
        self._store = store
        self._sources = sources
        self._comparing = comparing
        self._progress = progress
        self._pause = pause

    async def compare(self, found: Found) -> None:
        """Compare all candidates; a file of which one cannot be had now is looked for again."""
        for some in batched(by_new_file(found).items(), _FILES_AT_ONCE):
            searched = {row for row, _ in some}
            near = [one for _, each in some for one in each]
            for part in batched(near, _PAIRS_AT_ONCE):
                pairs, left = await self._compare(part)
                # With the last part only: what was broken off in between is compared again.
                await self._store.duplicates.record([], pairs)
                self._progress.pairs += len(pairs)
                searched -= left
                await self._pause()
            await self._store.duplicates.record(searched, [])
            self._progress.done += len(some)
            await self._pause()

    async def _compare(self, near: Sequence[Near]) -> tuple[list[DuplicatePair], set[int]]:
        """Return which are alike, and the rows of files that could not be compared now."""
        rows = {row for one in near for row in (one.row, one.other)}
        places = await self._store.fingerprints.places(rows)
        known = {(pair.low, pair.high) for pair in await self._store.duplicates.pairs_of(rows)}
        wanted = [one for one in near if _is_wanted(one, places, known)]
        files = {row: places[row].file for one in wanted for row in (one.row, one.other)}
        candidates: list[Candidate] = []
        left: set[int] = set()
        async with self._sources.pictures(files.values()) as pictures:
            seen = _pictures(files, pictures, places)
            for one in wanted:
                if one.row in seen and one.other in seen:
                    candidates.append(
                        Candidate(seen[one.row], seen[one.other], one.distance, one.symmetry)
                    )
                else:
                    left.add(one.row)
            alike = [_pair(pair) async for pair in verify(candidates, self._comparing)]
        return alike, left


def _is_wanted(
    near: Near, places: Mapping[int, PlacedFingerprint], known: set[tuple[int, int]]
) -> bool:
    """Tell whether two files have to be compared: those of one shot are no duplicates."""
    one, other = places.get(near.row), places.get(near.other)
    if one is None or other is None:
        return False
    if (min(near.row, near.other), max(near.row, near.other)) in known:
        return False
    if one.shot is not None and one.shot == other.shot:
        return False
    in_one_burst = one.burst is not None and one.burst == other.burst
    return not in_one_burst or (near.distance or 0) <= _SAME_PIXELS


def _pictures(
    files: Mapping[int, Unfingerprinted],
    pictures: Mapping[int, PictureFile],
    places: Mapping[int, PlacedFingerprint],
) -> dict[int, Picture]:
    found = {}
    for row in files:
        place = places[row]
        file = pictures.get(row)
        if file is None and place.fingerprint.frames:
            file = PictureFile("", place.file.kind)  # videos are compared by what is remembered
        if file is not None:
            found[row] = Picture(row, file, place.fingerprint, place.sha256)
    return found


def _pair(verified: Verified) -> DuplicatePair:
    return DuplicatePair(
        low=verified.low,
        high=verified.high,
        distance=verified.distance,
        score=verified.score,
        label=verified.label,
        symmetry=verified.symmetry,
        upscaled=verified.upscaled,
    )
