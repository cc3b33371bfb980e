"""``/api/duplicates``: groups of shots that show the same picture, and what is done about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from pentaprism.api.belongings import connection_of, duplicates_of, source_of
from pentaprism.api.bodies import HIGHEST, Limit
from pentaprism.api.duplicate_bodies import (
    MEMBER_LIMIT,
    DuplicateCounts,
    DuplicateDecision,
    DuplicatesBody,
    DuplicatesId,
    DuplicatesPage,
)
from pentaprism.api.duplicate_plan_bodies import ResolutionPlanBody
from pentaprism.api.group_bodies import FileRow
from pentaprism.api.journal_bodies import DecisionDetail
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError
from pentaprism.fingerprints.labels import Label
from pentaprism.program import Program
from pentaprism.store.duplicate_records import DuplicateGroup, VerdictKind
from pentaprism.store.journal_records import DecisionKind, Resolution

routes = Routes(Side.API, prefix="/api/duplicates", tags=["duplicates"])

OfLabel = Annotated[Label | None, Query(description="Only groups with this label.")]
MinBytes = Annotated[
    int | None,
    Query(ge=0, le=HIGHEST, description="Only groups of which so many bytes can be gained."),
]
OfFolder = Annotated[
    str | None,
    Query(
        max_length=4000,
        description="Only groups with a file in this folder or below it: a path in an indexed "
        "folder, or what Immich calls it.",
    ),
]
OfRoot = Annotated[
    str | None, Query(max_length=100, description="Only groups with a file in this indexed folder.")
]
OfConnection = Annotated[
    str | None,
    Query(max_length=100, description="Only groups with an asset of this connection."),
]
OfBulk = Annotated[
    bool | None, Query(description="Only groups that can be resolved by rule, or only others.")
]
Keeper = Annotated[
    FileRow | None, Query(description="The shot to be kept; without it the proposed one.")
]
AtConnection = Annotated[
    str | None,
    Query(max_length=100, description="In whose Immich, where the assets are in several."),
]
Leaving = Annotated[
    bool,
    Query(description="Whether a picture may leave Immich because the keeper is not in it."),
]
After = Annotated[
    str | None,
    Query(max_length=200, description="The page after this one: `next` of the page before."),
]


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def list_duplicates(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    label: OfLabel = None,
    min_bytes: MinBytes = None,
    folder: OfFolder = None,
    root_id: OfRoot = None,
    connection_id: OfConnection = None,
    bulk: OfBulk = None,
    after: After = None,
    limit: Limit = 50,
) -> DuplicatesPage:
    """List your groups of duplicates, those with the most bytes to be gained first."""
    page = await program.app.store.duplicates.page(
        person.id,
        label=label,
        folder=folder or None,
        source_id=await source_of(program.app, person, root_id, connection_id),
        min_bytes=min_bytes,
        bulk=bulk,
        after=after,
        limit=limit,
    )
    return DuplicatesPage(
        groups=await bodies_of(program, page.groups, most=MEMBER_LIMIT), next=page.next
    )


@routes.get("/counts", allow=Allow.PERSON, responses=refusals())
async def count_duplicates(program: CurrentProgram, person: CurrentPerson) -> DuplicateCounts:
    """Tell how many groups of each label there are, and how many bytes would be gained."""
    store = program.app.store
    marked = await store.duplicate_marks.count(person.id)
    return DuplicateCounts.of(await store.duplicates.counts(person.id), marked)


@routes.get("/{duplicates_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_duplicates(
    program: CurrentProgram, person: CurrentPerson, duplicates_id: DuplicatesId
) -> DuplicatesBody:
    """Return a group of duplicates with all its files, what to keep, and why."""
    group = await duplicates_of(program.app, person, duplicates_id)
    (body,) = await bodies_of(program, [group])
    return body


@routes.get("/{duplicates_id}/plan", allow=Allow.PERSON, responses=refusals(404, 409))
async def plan_decision(
    program: CurrentProgram,
    person: CurrentPerson,
    duplicates_id: DuplicatesId,
    *,
    keeper: Keeper = None,
    connection_id: AtConnection = None,
    allow_leaving_immich: Leaving = False,
) -> ResolutionPlanBody:
    """Tell what keeping a shot would do, and why it may not be done; nothing is changed."""
    group = await duplicates_of(program.app, person, duplicates_id)
    if connection_id is not None:
        await connection_of(program.app, person, connection_id)
    planned = await program.resolutions.plan(
        group.id, keeper, connection_id=connection_id, allow_leaving_immich=allow_leaving_immich
    )
    return ResolutionPlanBody.of(planned)


@routes.post("/{duplicates_id}/decide", allow=Allow.PERSON, responses=refusals(404, 409))
async def decide_duplicates(
    program: CurrentProgram,
    person: CurrentPerson,
    duplicates_id: DuplicatesId,
    body: DuplicateDecision,
) -> DecisionDetail:
    """Keep one shot of a group, mark the others, or say for good that they are no duplicates."""
    group = await duplicates_of(program.app, person, duplicates_id)
    if body.connection_id is not None:
        await connection_of(program.app, person, body.connection_id)
    made = await _decide(program, group.id, body)
    return DecisionDetail.of_all(made, await program.app.store.journal.steps(made.id))


async def bodies_of(
    program: Program, groups: Sequence[DuplicateGroup], *, most: int | None = None
) -> list[DuplicatesBody]:
    """Return ``groups`` as answers tell them, with up to ``most`` files of each."""
    store = program.app.store
    found = await store.duplicates.members([group.id for group in groups])
    members = {id_: every[:most] for id_, every in found.items()}
    rows = [member.file_row for every in members.values() for member in every]
    assets = await store.file_details.assets_of(rows)
    marked = await store.duplicate_marks.of(rows)
    return [DuplicatesBody.of(group, members.get(group.id, ()), assets, marked) for group in groups]


async def _decide(program: Program, group_id: str, body: DuplicateDecision) -> Resolution:
    match body.verdict:
        case DecisionKind.KEEP if body.keeper is None:
            raise InvalidError(
                "It is not said which shot is kept.",
                code="no_keeper",
                hint="Give keeper: the number of a shot, as the group tells it.",
            )
        case DecisionKind.KEEP:
            return await program.resolutions.resolve(
                group_id,
                body.keeper,
                connection_id=body.connection_id,
                allow_leaving_immich=body.allow_leaving_immich,
            )
        case DecisionKind.MARK:
            return await program.resolutions.mark(group_id, body.keeper)
        case verdict:
            return await program.resolutions.give_verdict(group_id, VerdictKind(verdict))
