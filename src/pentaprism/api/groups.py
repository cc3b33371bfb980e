"""``/api/groups``: which files belong to one shot, and what a person decides about that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from pentaprism.api.belongings import connection_of, group_of, root_of
from pentaprism.api.bodies import GroupId, Limit, Search
from pentaprism.api.group_bodies import (
    Files,
    GroupBody,
    GroupDetail,
    GroupsNow,
    GroupsPage,
    MemberBody,
    PrimaryFile,
    RuleBody,
)
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError
from pentaprism.groups.explaining import STACKED, describe, sentences
from pentaprism.groups.files import GroupType
from pentaprism.library import decisions
from pentaprism.program import Program
from pentaprism.store import Person
from pentaprism.store.library_records import FileGroup, GroupOrigin

routes = Routes(Side.API, prefix="/api/groups", tags=["groups"])

Type = Annotated[GroupType | None, Query(alias="type", description="Only groups of this type.")]
After = Annotated[
    str | None,
    Query(max_length=200, description="The page after this one: `next` of the page before."),
]
OfRoot = Annotated[
    str | None, Query(max_length=100, description="Only groups in this indexed folder.")
]
OfConnection = Annotated[
    str | None, Query(max_length=100, description="Only groups of assets of this connection.")
]


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def list_groups(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    kind: Type = None,
    root_id: OfRoot = None,
    connection_id: OfConnection = None,
    search: Search = None,
    after: After = None,
    limit: Limit = 100,
) -> GroupsPage:
    """List your groups, those taken last first; the shots of a burst are found through it."""
    page = await program.app.store.file_groups.page(
        person.id,
        type=kind,
        source_id=await _source(program, person, root_id, connection_id),
        text=search or None,
        after=after,
        limit=limit,
    )
    return GroupsPage(groups=await bodies_of(program, page.groups), next=page.next)


@routes.get("/rules", allow=Allow.PERSON, responses=refusals())
async def list_rules(program: CurrentProgram) -> list[RuleBody]:
    """List the rules in force, built in or of the settings, in their order."""
    return [
        RuleBody(name=row.name, example=row.example, meaning=row.says)
        for row in describe(program.app.indexing.rules)
    ]


@routes.post("/join", allow=Allow.PERSON, responses=refusals(404))
async def join_files(program: CurrentProgram, person: CurrentPerson, body: Files) -> GroupsNow:
    """Make one group of files, with all files of the groups that they are in."""
    files = set(body.files)
    await decisions.join(program.app.store, person.id, files)
    return await _now(program, files)


@routes.post("/undecide", allow=Allow.PERSON, responses=refusals(404))
async def undecide_files(program: CurrentProgram, person: CurrentPerson, body: Files) -> GroupsNow:
    """Forget what was decided about files, also of those that are in no group."""
    files = set(body.files)
    await decisions.undecide_files(program.app.store, person.id, files)
    return await _now(program, files)


@routes.get("/{group_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_group(
    program: CurrentProgram, person: CurrentPerson, group_id: GroupId
) -> GroupDetail:
    """Return a group, its members, and by which rule each one is there."""
    return await detail_of(program, await group_of(program.app, person, group_id))


@routes.post("/{group_id}/split", allow=Allow.PERSON, responses=refusals(404))
async def split_group(
    program: CurrentProgram, person: CurrentPerson, group_id: GroupId, body: Files
) -> GroupsNow:
    """Keep files of a group apart from its others, from now on; of a burst, whole shots."""
    group = await group_of(program.app, person, group_id)
    files = await _files_of(program, group)
    await decisions.split(program.app.store, person.id, group.id, set(body.files))
    return await _now(program, files)


@routes.put("/{group_id}/primary", allow=Allow.PERSON, responses=refusals(404))
async def set_primary(
    program: CurrentProgram, person: CurrentPerson, group_id: GroupId, body: PrimaryFile
) -> GroupsNow:
    """Show another file of a group first, from now on."""
    group = await group_of(program.app, person, group_id)
    await decisions.show_first(program.app.store, person.id, group.id, body.file)
    return await _now(program, {body.file})


@routes.delete("/{group_id}/decisions", allow=Allow.PERSON, responses=refusals(404))
async def undo_decisions(
    program: CurrentProgram, person: CurrentPerson, group_id: GroupId
) -> GroupsNow:
    """Forget what was decided about the files of a group, so that the rules alone count."""
    group = await group_of(program.app, person, group_id)
    files = await _files_of(program, group)
    await decisions.undecide(program.app.store, person.id, group.id)
    return await _now(program, files)


async def bodies_of(program: Program, groups: Sequence[FileGroup]) -> list[GroupBody]:
    """Return ``groups`` as answers tell them."""
    members = await program.app.store.file_groups.members([group.id for group in groups])
    return [GroupBody.of(group, members.get(group.id, ())) for group in groups]


async def detail_of(program: Program, group: FileGroup) -> GroupDetail:
    """Return ``group`` with its members as answers tell it."""
    store = program.app.store
    members = (await store.file_groups.members([group.id])).get(group.id, [])
    assets = await store.file_details.assets_of([member.file_row for member in members])
    why = dict(sentences(program.app.indexing.rules))
    if group.origin is GroupOrigin.IMMICH:
        why["together"] = STACKED
    told = [MemberBody.of(one, why, assets.get(one.file_row, ())) for one in members]
    shots = await store.file_groups.children(group.id) if group.level else []
    return GroupDetail.of_all(group, members, told, await bodies_of(program, shots))


async def _now(program: Program, files: set[int]) -> GroupsNow:
    """Group what was decided about, and return the groups that ``files`` are in now."""
    await program.scans.regroup()
    found = await program.app.store.file_groups.containing(files)
    groups = {group.id: group for ones in found.values() for group in ones}
    return GroupsNow(groups=await bodies_of(program, list(groups.values())))


async def _files_of(program: Program, group: FileGroup) -> set[int]:
    members = (await program.app.store.file_groups.members([group.id])).get(group.id, [])
    return {member.file_row for member in members}


async def _source(
    program: Program, person: Person, root_id: str | None, connection_id: str | None
) -> str | None:
    """Return the id of what is meant, checked to be the person's."""
    if root_id is not None and connection_id is not None:
        raise InvalidError(
            "Groups are of a folder or of a connection.",
            code="two_sources",
            hint="Give root_id or connection_id, not both.",
        )
    if root_id is not None:
        return (await root_of(program.app, person, root_id)).id
    if connection_id is not None:
        return (await connection_of(program.app, person, connection_id)).id
    return None
