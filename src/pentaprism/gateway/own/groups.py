"""``/api/pentaprism/groups``: which assets are one shot, or one burst."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from pentaprism.gateway.own.asking import CurrentCaller, CurrentStore
from pentaprism.gateway.own.bodies import (
    ASSET_ID,
    GROUP_ID,
    NAMED,
    TAKEN_AT,
    After,
    Answer,
    Limit,
    NamedBody,
    Next,
    Taken,
    example,
)
from pentaprism.groups.files import GroupType

router = APIRouter()

_GROUP = {
    "id": GROUP_ID,
    "type": "raw_jpeg",
    "taken_at": TAKEN_AT,
    "primary": ASSET_ID,
    "members": [NAMED],
}

Type = Annotated[GroupType | None, Query(alias="type", description="Only groups of this type.")]
Search = Annotated[
    str | None,
    Query(max_length=200, description="A part of the path of one of the files, in either case."),
]


class GroupBody(Answer):
    """The assets of one shot, or of all shots of a burst."""

    model_config = example(**_GROUP)

    id: str = Field(description="Its id.")
    type: GroupType = Field(description="What makes the files one shot.")
    taken_at: Taken
    primary: str | None = Field(
        description="The asset that is shown first; null where that file is no asset."
    )
    members: list[NamedBody] = Field(description="All of its assets, the primary first.")


class GroupsPage(Answer):
    """A page of groups; one in the middle may have fewer than were asked for, even none."""

    model_config = example(groups=[_GROUP], next=None)

    groups: list[GroupBody] = Field(
        description="Those taken last first, then those without a time."
    )
    next: Next


@router.get("/groups")
async def list_groups(
    caller: CurrentCaller,
    store: CurrentStore,
    *,
    kind: Type = None,
    search: Search = None,
    after: After = None,
    limit: Limit = 100,
) -> GroupsPage:
    """List the groups that your assets are in, those taken last first."""
    page = await store.asset_groups.page(
        caller.user_id, type=kind, text=search or None, after=after, limit=limit
    )
    groups = [
        GroupBody(
            id=group.id,
            type=group.type,
            taken_at=group.taken_at,
            primary=group.primary,
            members=[NamedBody.of(one) for one in group.members],
        )
        for group in page.groups
    ]
    return GroupsPage(groups=groups, next=page.next)
