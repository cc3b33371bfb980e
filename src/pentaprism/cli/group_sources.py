"""Groups of folders that are read now, and groups of the index, as `groups` tells them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pentaprism.cli.folders import check_folder, lies_in, owners, real_paths
from pentaprism.cli.output import notes, safe, say
from pentaprism.groups.explaining import STACKED, sentences
from pentaprism.groups.files import GroupType, ShotFile
from pentaprism.library.comparison import READ_KINDS
from pentaprism.library.folders import join, real_path
from pentaprism.library.progress import ScanProgress
from pentaprism.library.readers import Readers
from pentaprism.library.walk import Walk

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.groups.rules import Rules
    from pentaprism.library.reading import Reading
    from pentaprism.store.library_records import FileGroup, GroupMember

_FILES_AT_ONCE = 500
_GROUPS_AT_ONCE = 500


async def files_in(folders: Sequence[Path], rules: Rules) -> list[list[ShotFile]]:
    """Read ``folders`` and return the files of each; nothing is written anywhere.

    The key of a file is the path to show: in its folder, or absolute where there are several.
    Raises `InvalidError` with code ``folder`` for what is none.
    """
    tops = _tops(folders)
    found = []
    async with Readers() as readers:
        for top in tops:
            files = await _files(top, rules, readers)
            if len(tops) > 1:
                files = [replace(file, key=real_path(top, file.path)) for file in files]
            found.append(files)
    return found


def _tops(folders: Sequence[Path]) -> list[str]:
    """Return the folders, each once and without those that lie in another."""
    tops: list[str] = []
    for path in real_paths(folders):
        check_folder(path)
        if not any(lies_in(path, top) for top in tops):
            tops.append(path)
    return tops


async def _files(top: str, rules: Rules, readers: Readers) -> list[ShotFile]:
    paths = await asyncio.to_thread(_paths, top, rules)
    files: list[ShotFile] = []
    problems = 0
    with _progress(top) as tell:
        for some in batched(paths, _FILES_AT_ONCE):
            tell(f"{len(files):,} of {len(paths):,} files read")
            read = [path for path, wanted in some if wanted]
            answers = await readers.read([real_path(top, path) for path in read])
            readings = dict(zip(read, answers, strict=True))
            problems += sum(reading.problem is not None for reading in answers)
            files += [_file(path, readings.get(path)) for path, _ in some]
    if problems:
        many = f"{problems:,} files" if problems > 1 else "1 file"
        say(f"{safe(top)}: {many} could not be read; names alone count there.", to=notes)
    return files


@contextmanager
def _progress(top: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal how far it is."""
    if not notes.is_terminal:
        yield lambda _: None
        return
    with notes.status(safe(top)) as status:
        yield lambda told: status.update(f"{safe(top)}: {told}")


def _paths(top: str, rules: Rules) -> list[tuple[str, bool]]:
    """Return the paths of the files in a folder, and whether each has metadata to read."""
    from pentaprism.groups.kinds import kind_of

    walk = Walk(top, {}, ScanProgress(), now=time.time, sidecars=rules.sidecars, settle=0)
    return [
        (join(look.path, file.name), kind_of(file.name, rules.sidecars) in READ_KINDS)
        for look in walk.whole()
        for file in look.files
    ]


def _file(path: str, reading: Reading | None) -> ShotFile:
    if reading is None:
        return ShotFile(path, path)
    return ShotFile(
        path,
        path,
        taken_at=reading.taken_at,
        precision=reading.precision,
        in_utc=reading.in_utc,
        camera=reading.camera,
        content_identifier=reading.content_identifier,
        burst_id=reading.burst_id,
    )


async def counts_of(app: App) -> Mapping[GroupType, int]:
    """Return how many groups of each type the index has, of everybody."""
    counts: dict[GroupType, int] = {}
    for whose in await owners(app.store):
        for type_, count in (await app.store.file_groups.counts(whose)).items():
            counts[type_] = counts.get(type_, 0) + count
    return counts


async def groups_in_index(
    app: App, *, type_: GroupType | None, limit: int | None, explain: bool
) -> tuple[list[dict[str, Any]], int]:
    """Return groups of the index as JSON, those taken last first, and how many of `counts_of`.

    The shots of a burst that have several files follow it, and are counted with it.
    """
    says = sentences(app.indexing.rules) if explain else None
    places = {root.id: root.path for root in await app.store.roots.list()}
    rows: list[dict[str, Any]] = []
    found = 0
    for whose in await owners(app.store):
        after: str | None = None
        while limit is None or found < limit:
            wanted = _GROUPS_AT_ONCE if limit is None else min(limit - found, _GROUPS_AT_ONCE)
            page = await app.store.file_groups.page(whose, type=type_, after=after, limit=wanted)
            rows += await _rows(app, page.groups, places, says)
            found += len(page.groups)
            after = page.next
            if after is None:
                break
    return rows, found


async def _rows(
    app: App,
    groups: Iterable[FileGroup],
    places: Mapping[str, str],
    says: Mapping[str, str] | None,
) -> list[dict[str, Any]]:
    every: list[FileGroup] = []
    for group in groups:
        every.append(group)
        if group.level:
            every += await app.store.file_groups.children(group.id)
    members = await app.store.file_groups.members([group.id for group in every])
    return [_row(group, members.get(group.id, []), places, says) for group in every]


def _row(
    group: FileGroup,
    members: Sequence[GroupMember],
    places: Mapping[str, str],
    says: Mapping[str, str] | None,
) -> dict[str, Any]:
    paths = {one.file_row: _place(group, one, places) for one in members}
    row: dict[str, Any] = {
        "type": group.type.value,
        "primary": paths[group.primary_row],
        "members": sorted(paths.values()),
    }
    if says is not None:
        if group.origin == "immich":
            says = {**says, "together": STACKED}
        row["reasons"] = {paths[one.file_row]: says.get(one.rule, one.rule) for one in members}
    return row


def _place(group: FileGroup, member: GroupMember, places: Mapping[str, str]) -> str:
    """Return where a file is on this machine; of an asset, what Immich calls it."""
    top = places.get(group.source_id)
    return member.path if top is None else real_path(top, member.path)
