"""What a person decides about groups: which files are one shot after all, or are not.

Decisions are kept with the files, not with the groups, so they are still in force when files are
renamed, come and go, or are read anew. Who decides has to regroup afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace

from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.store import Store
from pentaprism.store.file_groups import group_not_found
from pentaprism.store.group_decisions import Decided
from pentaprism.store.library_records import FileGroup


async def split(store: Store, person_id: str, group_id: str, file_rows: Collection[int]) -> None:
    """Keep files of a group apart from the others in it; of a burst, the shots that they are in.

    Those that are split off together may still be one shot by the rules. When all are split off, no
    two of them stay together.

    Raises `NotFoundError` with code ``group_not_found`` if it is not there or is somebody else's,
    and `InvalidError` with code ``not_in_group`` or, without files, ``no_files``.
    """
    group = await _group(store, person_id, group_id)
    if not file_rows:
        raise _no_files("Give the files that are to be split off.")
    units = await _units(store, group)
    _check_within(group, file_rows, frozenset().union(*units))
    chosen = [unit for unit in units if not unit.isdisjoint(file_rows)]
    if len(chosen) == len(units):
        # The first one stays as it is: the others are apart from it, each by itself.
        labels = [(unit, _label()) for unit in units[1:]]
    else:
        label = _label()
        labels = [(unit, label) for unit in chosen]
    decisions = {row: Decided(apart=label) for unit, label in labels for row in unit}
    await store.group_decisions.decide(decisions)


async def join(store: Store, person_id: str, file_rows: Collection[int]) -> None:
    """Make one shot of files, with all other files of the shots that they are in.

    Raises `NotFoundError` with code ``file_not_found`` if one is not there or is somebody else's,
    and `InvalidError` with code ``other_source`` if they are not all in one root or connection, or
    ``no_files`` if they are fewer than two.
    """
    rows = await _own_files(store, person_id, file_rows)
    shots = {
        group.id: group
        for groups in (await store.file_groups.containing(rows)).values()
        for group in groups
        if not group.level
    }
    members = await store.file_groups.members(shots)
    every = sorted({*rows, *(one.file_row for shot in members.values() for one in shot)})
    if len(every) < 2:  # noqa: PLR2004 - one file is no group
        raise _no_files("Give two files or more.")
    before = await store.group_decisions.of(every)
    firsts = [row for row in every if row in before and before[row].first]
    aparts = {before[row].apart if row in before else None for row in every}
    label = _label()
    await store.group_decisions.decide({
        row: Decided(
            # What all of them were kept apart from, they still are.
            apart=next(iter(aparts)) if len(aparts) == 1 else None,
            together=label,
            first=firsts == [row],
        )
        for row in every
    })  # fmt: skip


async def show_first(store: Store, person_id: str, group_id: str, file_row: int) -> None:
    """Show a file of a group first; of a burst, the first file of one of its shots.

    Raises `NotFoundError` with code ``group_not_found`` if it is not there or is somebody else's,
    and `InvalidError` with code ``not_in_group``.
    """
    group = await _group(store, person_id, group_id)
    members = (await store.file_groups.members([group.id])).get(group.id, [])
    rows = [member.file_row for member in members]
    _check_within(group, [file_row], rows)
    before = await store.group_decisions.of(rows)
    await store.group_decisions.decide({
        row: replace(before.get(row, Decided()), first=row == file_row) for row in rows
    })  # fmt: skip


async def undecide(store: Store, person_id: str, group_id: str) -> None:
    """Forget what was decided about the files of a group, and what was split off from it.

    Raises `NotFoundError` with code ``group_not_found`` if it is not there or is somebody else's.
    """
    group = await _group(store, person_id, group_id)
    units = await _units(store, group)
    await store.group_decisions.forget([row for unit in units for row in unit])


async def undecide_files(store: Store, person_id: str, file_rows: Collection[int]) -> None:
    """Forget what was decided about files that may be in no group, as `undecide` does.

    Raises `NotFoundError` with code ``file_not_found`` if one is not there or is somebody else's.
    """
    await store.group_decisions.forget(await _own_files(store, person_id, file_rows))


async def _group(store: Store, person_id: str, group_id: str) -> FileGroup:
    group = await store.file_groups.get(group_id)
    if group.owner_id != person_id:
        raise group_not_found(group_id)
    return group


async def _units(store: Store, group: FileGroup) -> list[frozenset[int]]:
    """Return what can be split off, the primary's first: files of a shot, shots of a burst."""
    shots = {
        shot.primary_row: shot.id
        for shot in (await store.file_groups.children(group.id) if group.level else ())
    }
    members = await store.file_groups.members([group.id, *shots.values()])
    rows = {id_: [member.file_row for member in found] for id_, found in members.items()}
    return [frozenset([row, *rows.get(shots.get(row, ""), ())]) for row in rows.get(group.id, ())]


async def _own_files(store: Store, person_id: str, file_rows: Collection[int]) -> set[int]:
    """Return the rows that files are grouped as, which all have to be one person's."""
    places = await store.group_decisions.places(file_rows)
    for row in file_rows:
        if row not in places or places[row].owner_id != person_id:
            raise NotFoundError(
                f"There is no file {row} in the index.",
                code="file_not_found",
                hint="A file that is missing now can be decided about when it is back.",
            )
    if len({place.source_id for place in places.values()}) > 1:
        raise InvalidError(
            "These files are not all in the same folder tree or connection.",
            code="other_source",
            hint="Files of one indexed folder, or assets of one connection, can be one shot.",
        )
    return {place.row for place in places.values()}


def _check_within(group: FileGroup, file_rows: Iterable[int], members: Collection[int]) -> None:
    for row in file_rows:
        if row not in members:
            raise InvalidError(
                f"The file {row} is not in the group {group.id}.",
                code="not_in_group",
                hint="Look at the group again: it may have changed.",
            )


def _no_files(hint: str) -> InvalidError:
    return InvalidError("There are too few files to decide about.", code="no_files", hint=hint)


def _label() -> str:
    return uuid.uuid4().hex
