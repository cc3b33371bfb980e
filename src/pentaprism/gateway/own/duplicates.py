"""``/api/pentaprism/duplicates``: which assets show the same picture."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field

from pentaprism.fingerprints.labels import Label
from pentaprism.gateway.own.asking import CurrentCaller, CurrentStore
from pentaprism.gateway.own.bodies import (
    COPY_ID,
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
    shown_type,
)
from pentaprism.store.asset_groups_records import AlikeAsset, AssetDuplicates

router = APIRouter()

_MOST_BYTES = 2**63 - 1
_KEPT = {**NAMED, "shot": 1, "keep": True, "score": 1.0}
_COPY = {**NAMED, "id": COPY_ID, "name": "IMG_1 (1).JPG", "shot": 2, "keep": False, "score": 0.998}
_GROUP = {
    "id": GROUP_ID,
    "label": "same_picture",
    "score": 0.998,
    "bytes": 5_000_000,
    "taken_at": TAKEN_AT,
    "members": [_KEPT, _COPY],
}

OfLabel = Annotated[Label | None, Query(description="Only groups with this label.")]
MinBytes = Annotated[
    int | None,
    Query(ge=0, le=_MOST_BYTES, description="Only groups that would win at least so many bytes."),
]


class AlikeBody(NamedBody):
    """An asset in a group of duplicates."""

    model_config = example(**_KEPT)

    shot: int = Field(description="What has the same number in a group is one shot.")
    keep: bool = Field(description="Whether its shot is proposed to be kept.")
    score: float = Field(description="How much its shot is like that one, from 0 to 1.")

    @classmethod
    def of_group(cls, member: AlikeAsset, shot: int) -> Self:
        """Return what is told of ``member``, whose shot has a number in its group."""
        asset = member.asset
        return cls(
            id=asset.id,
            name=asset.name,
            type=shown_type(asset.type),
            size=asset.size,
            shot=shot,
            keep=member.keep,
            score=member.score,
        )


class DuplicatesBody(Answer):
    """Shots that show the same picture."""

    model_config = example(**_GROUP)

    id: str = Field(description="Its id.")
    label: Label = Field(description="What the least alike two of them have in common.")
    score: float = Field(description="How much alike those two are, from 0 to 1.")
    bytes: int = Field(description="The bytes of all but what is proposed to be kept.")
    taken_at: Taken
    members: list[AlikeBody] = Field(description="All of its assets, those of the keeper first.")

    @classmethod
    def of(cls, group: AssetDuplicates) -> Self:
        """Return what is told of ``group``."""
        shots = {shot: n for n, shot in enumerate(dict.fromkeys(m.shot for m in group.members), 1)}
        return cls(
            id=group.id,
            label=group.label,
            score=group.score,
            bytes=group.bytes,
            taken_at=group.taken_at,
            members=[AlikeBody.of_group(one, shots[one.shot]) for one in group.members],
        )


class DuplicatesPage(Answer):
    """A page of duplicates; one in the middle may have fewer than were asked for, even none."""

    model_config = example(duplicates=[_GROUP], next=None)

    duplicates: list[DuplicatesBody] = Field(description="Those with the most bytes first.")
    next: Next


@router.get("/duplicates")
async def list_duplicates(
    caller: CurrentCaller,
    store: CurrentStore,
    *,
    label: OfLabel = None,
    min_bytes: MinBytes = None,
    after: After = None,
    limit: Limit = 100,
) -> DuplicatesPage:
    """List your assets that show the same picture, those that would win the most bytes first."""
    page = await store.asset_groups.duplicates_page(
        caller.user_id, label=label, min_bytes=min_bytes, after=after, limit=limit
    )
    groups = [DuplicatesBody.of(group) for group in page.groups]
    return DuplicatesPage(duplicates=groups, next=page.next)
