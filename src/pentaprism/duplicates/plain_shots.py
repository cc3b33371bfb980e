"""Shots of plain folders: which files beside a duplicate belong to it.

Only files that may be in a group, and those beside them whose names are alike, are read and
grouped; of a million files without a duplicate nothing is asked but the name.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

from pentaprism.duplicates.contents import Contents
from pentaprism.duplicates.plain_files import NO_DETAILS, Details, Phase, PlainFile, Progress
from pentaprism.groups.files import Group, Kind, ShotFile
from pentaprism.groups.grouping import group
from pentaprism.groups.keys import Keys, folder_key, keys_of
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.marks import Makes
from pentaprism.groups.rules import Rules

type ReadDetails = Callable[[Sequence[str]], Awaitable[list[Details]]]
"""Reads what files tell of themselves, in their order; of a bad file nothing."""

MEDIA = (Kind.IMAGE, Kind.RAW, Kind.VIDEO)
"""What is compared; a sidecar only goes with its shot."""

_AT_ONCE = 500


@dataclass(slots=True)
class Shots:
    """Shots by their first files, which are known by their places in the list of all files.

    ``home`` leads from a file to its shot, where that is another number than its own; ``files`` are
    those of shots with several, the one shown first first; ``edits`` are edits among them.
    ``bursts`` leads from shots to their burst. ``details`` are those of one of each equal files.
    """

    home: dict[int, int] = field(default_factory=dict)
    files: dict[int, tuple[int, ...]] = field(default_factory=dict)
    edits: set[int] = field(default_factory=set)
    bursts: dict[int, int] = field(default_factory=dict)
    details: dict[int, Details] = field(default_factory=dict)

    def of(self, key: int) -> int:
        """Return the shot of a file."""
        return self.home.get(key, key)

    def members(self, shot: int) -> tuple[int, ...]:
        """Return the files of a shot, the one shown first first."""
        return self.files.get(shot, (shot,))


class ShotSearch:
    """Finds the shots of files, which are known by their places in ``files``."""

    def __init__(
        self, files: Sequence[PlainFile], contents: Contents, rules: Rules, read: ReadDetails
    ) -> None:
        self._files = files
        self._contents = contents
        self._rules = rules
        self._read = read

    def is_media(self, key: int) -> bool:
        """Tell whether a file is a picture or a video."""
        return kind_of(self._files[key].name, self._rules.sidecars) in MEDIA

    async def shots_of(self, wanted: Collection[int], progress: Progress) -> Shots:
        """Return the shots of the files ``wanted``, and of those beside them."""
        near = await asyncio.to_thread(self._beside, wanted)
        shots = Shots()
        await self._read_details(near, shots, progress)
        near += await self._halves(near, shots, progress)
        found = await asyncio.to_thread(group, self._as_grouped(near, shots), self._rules)
        edits = {mark.name for mark in self._rules.marks if mark.makes is Makes.EDIT}
        for number, one in enumerate(found):
            _note(shots, one, number)
            shots.edits.update(_keys(key for key, rule in one.reasons.items() if rule in edits))
        return shots

    def contents_of(self, shots: Shots, wanted: Iterable[int]) -> dict[int, frozenset[int]]:
        """Return what the pictures and videos of the shots of ``wanted`` hold, for `Twins`."""
        first = self._contents.first
        return {
            shot: frozenset(first(key) for key in shots.members(shot) if self.is_media(key))
            for shot in dict.fromkeys(map(shots.of, wanted))
        }

    def _beside(self, wanted: Collection[int]) -> list[int]:
        """Return ``wanted`` and the files with which they may be one shot or one burst."""
        keys = [keys_of(self._files[key].path, self._rules) for key in wanted]
        names = {(each.folder, each.name) for each in keys}
        bursts = {(each.folder, each.burst) for each in keys if each.burst is not None}
        folders = {each.folder for each in keys}
        places: dict[str, str] = {}
        found = []
        for key, file in enumerate(self._files):
            place = places.get(file.folder)
            if place is None:
                place = places[file.folder] = folder_key(file.folder, self._rules)
            if place in folders and _fits(keys_of(file.path, self._rules), names, bursts):
                found.append(key)
        return found

    async def _halves(self, near: Sequence[int], shots: Shots, progress: Progress) -> list[int]:
        """Return the other halves of live photos, which may be called otherwise.

        They are looked for in the folders of files with an identifier that no other one has.
        """
        told = [(key, self._identifier(key, shots)) for key in near]
        counts = Counter((self._place(key), one) for key, one in told if one is not None)
        alone = {pair for pair, count in counts.items() if count == 1}
        if not alone:
            return []
        places, known = {place for place, _ in alone}, set(near)
        others = [
            key
            for key in range(len(self._files))
            if key not in known and self._place(key) in places and self.is_media(key)
        ]
        await self._read_details(others, shots, progress)
        return [key for key in others if (self._place(key), self._identifier(key, shots)) in alone]

    def _place(self, key: int) -> str:
        return folder_key(self._files[key].folder, self._rules)

    def _identifier(self, key: int, shots: Shots) -> str | None:
        return shots.details.get(self._contents.first(key), NO_DETAILS).content_identifier

    async def _read_details(self, near: Iterable[int], shots: Shots, progress: Progress) -> None:
        """Read the details of files, once of those with the same bytes."""
        firsts = dict.fromkeys(map(self._contents.first, filter(self.is_media, near)))
        asked = [key for key in firsts if key not in shots.details]
        progress.begin(Phase.READING, len(asked))
        for some in batched(asked, _AT_ONCE):
            answers = await self._read([self._files[key].path for key in some])
            shots.details.update(zip(some, answers, strict=True))
            progress.done += len(some)

    def _as_grouped(self, near: Iterable[int], shots: Shots) -> Iterator[ShotFile]:
        for key in near:
            told = shots.details.get(self._contents.first(key), NO_DETAILS)
            yield ShotFile(
                key,
                self._files[key].path,
                taken_at=told.taken_at,
                precision=told.precision,
                in_utc=told.in_utc,
                camera=told.camera,
                content_identifier=told.content_identifier,
                burst_id=told.burst_id,
            )


def _fits(keys: Keys, names: set[tuple[str, str]], bursts: set[tuple[str, str]]) -> bool:
    if (keys.folder, keys.name) in names:
        return True
    return keys.burst is not None and (keys.folder, keys.burst) in bursts


def _note(shots: Shots, found: Group, number: int) -> None:
    members = _keys(found.members)
    (first,) = _keys((found.primary,))
    if found.level:
        shots.bursts.update({shots.of(key): number for key in members})
        return
    shots.files[first] = (first, *(key for key in members if key != first))
    shots.home.update({key: first for key in members if key != first})


def _keys(keys: Iterable[Hashable]) -> list[int]:
    return [key for key in keys if isinstance(key, int)]
