"""Duplicates in plain folders: without Immich, without an index, and without leaving anything.

Files come in as a list and are known by their places in it. Nothing is written and nothing is
changed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pentaprism.duplicates.contents import Contents, HashFiles
from pentaprism.duplicates.keeper import KeeperFile, KeeperRules, KeeperShot, choose
from pentaprism.duplicates.linkage import Edge
from pentaprism.duplicates.looks import Looks, Near, Nears, Taking
from pentaprism.duplicates.plain_files import (
    NO_DETAILS,
    Findings,
    FoundFile,
    FoundGroup,
    Phase,
    PlainFile,
    Progress,
    Unreadable,
    Wish,
)
from pentaprism.duplicates.plain_shots import MEDIA, ReadDetails, Shots, ShotSearch
from pentaprism.duplicates.twins import ShotGroup, Twins
from pentaprism.duplicates.verification import (
    Candidate,
    Comparing,
    Picture,
    Verified,
    verify,
)
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.rules import Rules
from pentaprism.hashing import hash_files_sha256

_BURST_BITS = 2
"""The most bits by which equal pixels differ that were decoded in two ways."""


class Looking(Taking, Comparing, Protocol):
    """Looks at pictures; `pentaprism.fingerprints.pool.Fingerprinters` does."""


@dataclass(frozen=True, slots=True)
class Ways:
    """By what rules, and by whose hands, files are looked at."""

    looking: Looking
    read: ReadDetails
    group_rules: Rules
    keeper_rules: KeeperRules
    hash_files: HashFiles = hash_files_sha256


class FolderSearch:
    """Finds duplicates among ``files``, which lie in the folders ``tops`` or below them."""

    def __init__(
        self,
        files: Sequence[PlainFile],
        tops: Sequence[str],
        ways: Ways,
        wish: Wish,
        progress: Progress,
    ) -> None:
        self._files = files
        self._tops = tops
        self._ways = ways
        self._wish = wish
        self._progress = progress
        self._kinds = [kind_of(file.name, ways.group_rules.sidecars) for file in files]
        self._contents = Contents(files, ways.hash_files)
        self._looks = Looks(files, symmetries=wish.symmetries)
        self._search = ShotSearch(files, self._contents, ways.group_rules, ways.read)

    async def run(self) -> Findings:
        """Return what was found. Raises as `Fingerprinters.take` where no process can start."""
        media = [key for key, kind in enumerate(self._kinds) if kind in MEDIA]
        await self._contents.compare(media, self._progress)
        near = await self._look(media)
        wanted = await asyncio.to_thread(near.keys)
        wanted.update(self._contents.repeated)
        every = {key for first in wanted for key in self._contents.equals(first)}
        shots = await self._search.shots_of(every, self._progress)
        pairs = await self._compare(near, shots)
        twins = await asyncio.to_thread(self._twins, shots, every, pairs)
        groups = await self._tell(twins, shots, pairs)
        return Findings(tuple(groups), self._unreadable(), near.crowded)

    async def _look(self, media: Sequence[int]) -> Nears:
        """Look at one of each equal files, and return which may be alike."""
        if self._wish.exact:
            return Nears()
        asked = [key for key in media if self._contents.first(key) == key]
        self._progress.begin(Phase.FINGERPRINTING, len(asked))
        wanted = ((key, self._kinds[key]) for key in asked)
        await self._looks.take(wanted, self._ways.looking, self._progress)
        return await self._looks.near(self._wish, self._progress)

    async def _compare(self, near: Nears, shots: Shots) -> list[Verified]:
        self._progress.begin(Phase.COMPARING, len(near))
        candidates = self._candidates(near, shots)
        return [found async for found in verify(candidates, self._ways.looking)]

    def _candidates(self, near: Nears, shots: Shots) -> Iterator[Candidate]:
        for one in near:
            self._progress.done += 1
            if self._is_worth_it(one, shots):
                a, b = self._picture(one.a), self._picture(one.b)
                yield Candidate(a, b, one.distance, one.symmetry)

    def _is_worth_it(self, near: Near, shots: Shots) -> bool:
        """Tell whether two files may bring shots together.

        Those of one shot do not, and those of one burst only where their pixels are the same.
        """
        a, b = ({shots.of(key) for key in self._contents.equals(end)} for end in (near.a, near.b))
        if a == b:
            return False
        bursts = {shots.bursts.get(shot) for shot in a | b}
        return len(bursts) > 1 or bursts == {None} or near.distance <= _BURST_BITS

    def _picture(self, key: int) -> Picture:
        look = self._looks.fingerprint(key) or Fingerprint()
        file = PictureFile(self._files[key].path, self._kinds[key])
        return Picture(key, file, look, self._contents.digests.get(key))

    def _twins(self, shots: Shots, every: set[int], pairs: Sequence[Verified]) -> Twins:
        edges = (Edge(pair.low, pair.high, pair.score, pair.label) for pair in pairs)
        return Twins(self._search.contents_of(shots, every), shots.bursts, edges)

    async def _tell(
        self, twins: Twins, shots: Shots, pairs: Sequence[Verified]
    ) -> list[FoundGroup]:
        """Return the groups as they are told, those with most to gain first."""
        groups = twins.groups()
        members = [key for group in groups for shot in group.shots for key in shots.members(shot)]
        left = [key for key in members if key not in self._contents.digests]
        self._progress.begin(Phase.FINISHING, len(left))
        await self._contents.hash(left, self._progress)
        enlarged = _enlarged(pairs)
        told = [self._group(group, twins, shots, enlarged) for group in groups]
        return sorted(told, key=lambda group: (-group.bytes, group.keeper.path))

    def _group(
        self, group: ShotGroup, twins: Twins, shots: Shots, enlarged: Mapping[int, set[int]]
    ) -> FoundGroup:
        here = {self._contents.first(k) for shot in group.shots for k in shots.members(shot)}
        upscaled = {key for key in here if not here.isdisjoint(enlarged.get(key, ()))}
        choice = choose(
            [self._keeper_shot(shot, shots, upscaled) for shot in group.shots],
            self._ways.keeper_rules,
        )
        found = [self._found(shot, twins.score(shot, choice.key), shots) for shot in group.shots]
        kept = found.pop(group.shots.index(choice.key))
        found.sort(key=lambda files: (-files[0].score, files[0].path))
        return FoundGroup(group.label, group.score, (kept, *found), choice.reasons)

    def _found(self, shot: int, score: float, shots: Shots) -> tuple[FoundFile, ...]:
        return tuple(
            FoundFile(
                path=self._files[key].path,
                size=self._files[key].size,
                sha256=self._contents.digests.get(key),
                phash=self._seen(key).phash,
                score=score,
            )
            for key in shots.members(shot)
        )

    def _keeper_shot(self, shot: int, shots: Shots, upscaled: set[int]) -> KeeperShot:
        return KeeperShot(
            shot, tuple(self._keeper_file(key, shots, upscaled) for key in shots.members(shot))
        )

    def _keeper_file(self, key: int, shots: Shots, upscaled: set[int]) -> KeeperFile:
        file, first = self._files[key], self._contents.first(key)
        top = max((top for top in self._tops if _lies_in(file.folder, top)), key=len)
        look, details = self._seen(key), shots.details.get(first, NO_DETAILS)
        return KeeperFile(
            path=file.path.removeprefix(top).lstrip("/"),
            kind=self._kinds[key],
            size=file.size,
            width=look.width,
            height=look.height,
            sha256=self._contents.digests.get(key),
            taken_at=details.taken_at,
            precision=details.precision,
            camera=details.camera,
            written_at=_written_at(file.path),
            source=os.path.basename(top.rstrip("/")),
            edited=key in shots.edits,
            upscaled=first in upscaled,
            in_root=True,
        )

    def _seen(self, key: int) -> Fingerprint:
        return self._looks.fingerprint(self._contents.first(key)) or Fingerprint()

    def _unreadable(self) -> tuple[Unreadable, ...]:
        problems = {**self._contents.problems}
        for first, reason in self._looks.problems.items():
            problems.update(dict.fromkeys(self._contents.equals(first), reason))
        return tuple(
            Unreadable(path, reason)
            for path, reason in sorted((self._files[k].path, why) for k, why in problems.items())
        )


def _enlarged(pairs: Sequence[Verified]) -> dict[int, set[int]]:
    """Return for each file that was enlarged from which others."""
    found: dict[int, set[int]] = {}
    for pair in pairs:
        if pair.upscaled is not None:
            other = pair.low if pair.upscaled == pair.high else pair.high
            found.setdefault(pair.upscaled, set()).add(other)
    return found


def _lies_in(folder: str, top: str) -> bool:
    return folder == top or folder.startswith(f"{top.rstrip('/')}/")


def _written_at(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
