"""Grouping what has changed: files that are new, changed, gone or decided about, and their like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pentaprism.groups.grouping import group
from pentaprism.groups.keys import keys_of
from pentaprism.groups.rules import Rules
from pentaprism.library.progress import ScanProgress
from pentaprism.store import Store
from pentaprism.store.neighbours import KeyedFile, NewKeys

_AT_ONCE = 2000
_DIGEST = "group_rules"
"""The name under which it is remembered which rules the keys in the index were made by."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """How many files were looked at, in how many groups they are, and how many of those changed."""

    files: int = 0
    groups: int = 0
    changed: int = 0


class Regrouping:
    """Keeps the groups in the index as ``rules`` would make them of all files at once."""

    def __init__(self, store: Store, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock

    async def regroup(self, progress: ScanProgress | None = None) -> Regrouped:
        """Group all files that have to be, with their neighbours, some thousands at a time.

        ``progress.grouped`` counts them. May be broken off: what is left is grouped the next time.
        Nothing is written where nothing has to be grouped.
        """
        done = Regrouped()
        if not await self._store.neighbours.pending():
            return done
        while True:
            step = await self._store.neighbours.regroup(
                partial(group, rules=self._rules),
                gap=self._rules.burst_gap,
                now=self._clock(),
                limit=_AT_ONCE,
            )
            if step is None:
                return done
            done = Regrouped(
                done.files + step.files, done.groups + step.groups, done.changed + step.changed
            )
            if progress is not None:
                progress.grouped += step.files

    async def rekey(self) -> None:
        """Make all keys anew where they were made by other rules, and have all files grouped anew.

        When it is broken off it begins again the next time.
        """
        settings = self._store.program_settings
        if await settings.get(_DIGEST) == self._rules.digest:
            return
        async for files in self._store.neighbours.keyed():
            await self._store.neighbours.rekey([file.row for file in files], [*self._new(files)])
        await settings.set(_DIGEST, self._rules.digest)

    def _new(self, files: Sequence[KeyedFile]) -> Iterator[NewKeys]:
        for file in files:
            keys = keys_of(f"{file.folder}/{file.name}" if file.folder else file.name, self._rules)
            source_id = file.root_id or file.connection_id
            new = NewKeys(file.row, f"{source_id}/{keys.folder}", keys.name, keys.burst)
            if new != (file.row, file.folder_key, file.name_key, file.burst_key):
                yield new
