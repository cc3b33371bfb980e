"""Decisions about groups of duplicates as the index has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pentaprism.errors import InvalidError
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.store import Store
from pentaprism.store.duplicate_records import DuplicateGroup, DuplicateMember
from pentaprism.store.library_records import IndexedFile


async def shots_of(store: Store, group_id: str) -> tuple[DuplicateGroup, list[DecidedShot]]:
    """Return a group and its shots as they are now; raises `NotFoundError`."""
    group = await store.duplicates.get(group_id)
    members = (await store.duplicates.members([group_id])).get(group_id, [])
    files = await store.journal.files([member.file_row for member in members])
    return group, _shots(members, files)


async def pictures_of(store: Store, group_id: str) -> list[list[int]]:
    """Return the rows of the pictures of each shot of a group."""
    shots: dict[int, list[int]] = {}
    for member in (await store.duplicates.members([group_id])).get(group_id, []):
        if member.picture:
            shots.setdefault(member.shot, []).append(member.file_row)
    return list(shots.values())


async def decide(
    store: Store,
    group_id: str,
    keeper: int | None = None,
    *,
    allow_leaving_immich: bool = False,
) -> Decision:
    """Return the decision to keep the shot ``keeper`` of a group, or the one that is proposed.

    Raises `NotFoundError` where there is no such group, and `InvalidError` with code ``no_shot``
    where the shot is not in it.
    """
    group, shots = await shots_of(store, group_id)
    return _decision(group, shots, keeper, allow_leaving_immich=allow_leaving_immich)


async def decide_all(store: Store, groups: Sequence[DuplicateGroup]) -> list[Decision]:
    """Return the decisions to keep what is proposed, of several groups at once."""
    members = await store.duplicates.members([group.id for group in groups])
    rows = [member.file_row for some in members.values() for member in some]
    files = await store.journal.files(rows)
    return [
        _decision(group, _shots(members[group.id], files), None)
        for group in groups
        if group.id in members
    ]


def _decision(
    group: DuplicateGroup,
    shots: Sequence[DecidedShot],
    keeper: int | None,
    *,
    allow_leaving_immich: bool = False,
) -> Decision:
    wanted = group.keeper if keeper is None else keeper
    kept = next((shot for shot in shots if shot.shot == wanted), None)
    if kept is None:
        raise InvalidError(
            f"There is no shot {wanted} in this group of duplicates.",
            code="no_shot",
            hint="Name one of the shots that the group has now.",
        )
    losers = tuple(shot for shot in shots if shot is not kept)
    return Decision(
        group.owner_id,
        group.id,
        group.label,
        group.score,
        kept,
        losers,
        allow_leaving_immich,
    )


def _shots(
    members: Sequence[DuplicateMember], files: Mapping[int, Sequence[IndexedFile]]
) -> list[DecidedShot]:
    shots: dict[int, list[DecidedFile]] = {}
    for member in members:
        found = shots.setdefault(member.shot, [])
        found += [_decided(file) for file in files.get(member.file_row, ())]
    # The primary file of a shot, and what that is in Immich, comes first.
    return [DecidedShot(shot, tuple(found)) for shot, found in shots.items()]


def _decided(file: IndexedFile) -> DecidedFile:
    return DecidedFile(
        file.row, file.path, file.size, file.sha1, file.root_id, file.connection_id, file.asset_id
    )
