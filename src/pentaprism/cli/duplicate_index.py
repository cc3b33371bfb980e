"""Duplicates of the index, as `duplicates` tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from pentaprism.cli.duplicate_progress import follow, look_at_index
from pentaprism.cli.duplicate_report import Answer, Member, Told
from pentaprism.cli.folders import owners
from pentaprism.cli.options import opened
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.duplicates.reasons import restored, sentence
from pentaprism.fingerprints.labels import Label
from pentaprism.library.folders import real_path

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.duplicate_records import DuplicateGroup, DuplicateMember

_AT_ONCE = 500
_LEFT = "What it has found is kept; the same command goes on from there."


async def answer_of_index(labels: Collection[Label], *, scan: bool, quiet: bool) -> Answer:
    """Return the groups of everybody with one of ``labels``, or all where there are none.

    With ``scan`` they are brought up to date before.
    """
    async with opened() as app:
        waiting: dict[str, None] = {}
        whose = await owners(app.store)
        for owner in whose if scan else ():
            waiting |= dict.fromkeys(await _scan(app, owner, quiet=quiet))
        places = {root.id: root.path for root in await app.store.roots.list()}
        found = [
            told for owner in whose for label in labels or (None,)
            async for told in _groups(app, owner, label, places)
        ]  # fmt: skip
        unreadable = [one async for one in _unreadable(app, places)]
    found.sort(key=lambda group: -group.gain)
    return Answer(found, sorted(unreadable), remarks=tuple(waiting))


async def _scan(app: App, owner_id: str, *, quiet: bool) -> Sequence[str]:
    """Look at what is new, and return what is left for later, and why."""
    progress = DuplicateProgress()
    searching = app.duplicates.scan(owner_id, progress)
    await follow(searching, lambda: look_at_index(progress), left=_LEFT, quiet=quiet)
    return progress.waiting


async def _groups(
    app: App, owner_id: str, label: Label | None, places: Mapping[str, str]
) -> AsyncIterator[Told]:
    after: str | None = None
    while True:
        page = await app.store.duplicates.page(owner_id, label=label, after=after, limit=_AT_ONCE)
        members = await app.store.duplicates.members([group.id for group in page.groups])
        for group in page.groups:
            yield _told(group, members[group.id], places)
        after = page.next
        if after is None:
            return


def _told(
    group: DuplicateGroup, members: Sequence[DuplicateMember], places: Mapping[str, str]
) -> Told:
    shots = [
        sorted(shot, key=lambda member: member.file_row != number)
        for number, shot in groupby(members, key=lambda member: member.shot)
    ]
    shots.sort(key=lambda shot: shot[0].shot != group.keeper)
    return Told(
        group.label,
        group.score,
        [[_member(member, places) for member in shot] for shot in shots],
        [sentence(reason) for reason in restored(group.reasons)],
        group.bytes,
    )


def _member(member: DuplicateMember, places: Mapping[str, str]) -> Member:
    """Return a file by where it is on this machine; of an asset, by what Immich calls it."""
    top = places.get(member.source_id)
    path = member.path if top is None else real_path(top, member.path)
    return Member(path, member.size, member.hash, member.phash, member.score)


async def _unreadable(app: App, places: Mapping[str, str]) -> AsyncIterator[tuple[str, str]]:
    for root_id, top in places.items():
        after = 0
        while True:
            files = await app.store.library_files.problems(root_id, after=after, limit=_AT_ONCE)
            for file in files:
                yield real_path(top, file.path), file.problem or "unreadable"
            if len(files) < _AT_ONCE:
                break
            after = files[-1].row
