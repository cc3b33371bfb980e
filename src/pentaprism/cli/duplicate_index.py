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
_EMPTY = (
    "The index is empty. Name folders to look into, as in pentaprism duplicates DIR, or index one "
    "with pentaprism scan DIR."
)
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
        unreadable = {path: reason async for path, reason in _unread(app, places)}
        for owner in whose:
            # What kept it from being looked at is what matters here.
            unreadable |= {path: reason async for path, reason in _not_seen(app, owner, places)}
    found.sort(key=lambda group: -group.gain)
    remarks = [*waiting, *_advice(indexed=bool(whose), searched=scan or bool(found))]
    return Answer(found, sorted(unreadable.items()), remarks=remarks)


def _advice(*, indexed: bool, searched: bool) -> Sequence[str]:
    """Return what may be done where there may be more than is told."""
    if not indexed:
        return (_EMPTY,)
    return () if searched else ("Nothing was searched now: --scan looks at what is new.",)


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
    path = _place(member.source_id, member.path, places)
    return Member(path, member.size, member.hash, member.phash, member.score)


def _place(source_id: str, path: str, places: Mapping[str, str]) -> str:
    """Return where a file is on this machine; of an asset, what Immich calls it."""
    top = places.get(source_id)
    return path if top is None else real_path(top, path)


async def _not_seen(
    app: App, owner_id: str, places: Mapping[str, str]
) -> AsyncIterator[tuple[str, str]]:
    """Yield the files that could not be looked at, each with the reason."""
    after = 0
    while files := await app.store.fingerprints.problems(owner_id, after=after, limit=_AT_ONCE):
        for file in files:
            yield _place(file.root_id or "", file.path, places), file.problem
        after = files[-1].row


async def _unread(app: App, places: Mapping[str, str]) -> AsyncIterator[tuple[str, str]]:
    """Yield the files in roots of which the metadata could not be read, each with the reason."""
    for root_id, top in places.items():
        after = 0
        while True:
            files = await app.store.library_files.problems(root_id, after=after, limit=_AT_ONCE)
            for file in files:
                yield real_path(top, file.path), file.problem or "unreadable"
            if len(files) < _AT_ONCE:
                break
            after = files[-1].row
