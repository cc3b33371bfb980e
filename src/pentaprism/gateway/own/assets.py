"""``/api/pentaprism/assets``: the grid of photos, one row for each shot."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, NaiveDatetime, WithJsonSchema

from pentaprism.errors import InvalidError
from pentaprism.gateway.own.asking import CurrentCaller, CurrentStore
from pentaprism.gateway.own.bodies import (
    ASSET_ID,
    DUPLICATE,
    GROUP,
    MIRROR,
    TAKEN_AT,
    WALL_TIME,
    Answer,
    AssetType,
    FactsBody,
    Name,
    Next,
    Taken,
    example,
    shown_type,
    told,
)
from pentaprism.groups.files import GroupType
from pentaprism.store import ItemState
from pentaprism.store.grid import GridRow, GridWanted

router = APIRouter()

_ROW = {
    "id": ASSET_ID,
    "name": "IMG_1.JPG",
    "type": "IMAGE",
    "taken_at": TAKEN_AT,
    "width": 6000,
    "height": 4000,
    "thumbhash": "3PcNNYSFeXh/h3eGeHd3Z3eIeJVxCI8H",
    "duration": None,
    "favourite": False,
    "group": GROUP,
    "duplicates": [DUPLICATE],
    "mirrors": [MIRROR],
}


WallTime = Annotated[NaiveDatetime, WithJsonSchema(WALL_TIME)]


class Bursts(StrEnum):
    """How bursts are shown: as one row each, or each of their shots as one."""

    TOGETHER = "together"
    APART = "apart"


class RowBody(FactsBody):
    """The asset that a shot is shown by."""

    model_config = example(**_ROW)

    id: str = Field(description="Its id in Immich.")
    name: Name = Field(description="The name of its file.")
    type: AssetType = Field(description="IMAGE or VIDEO.")
    taken_at: Taken
    width: int | None = Field(description="In pixels, as it is shown upright.")
    height: int | None = Field(description="In pixels, as it is shown upright.")
    thumbhash: str | None = Field(description="Immich's; null until it has made one.")
    duration: int | None = Field(description="In milliseconds; null for what does not move.")
    favourite: bool = Field(description="Whether it has a heart in Immich.")

    @classmethod
    def of(cls, row: GridRow) -> Self:
        """Return what is told of ``row``."""
        return cls(
            id=row.asset_id,
            name=row.name,
            type=shown_type(row.type),
            taken_at=row.taken_at,
            width=row.width,
            height=row.height,
            thumbhash=row.thumbhash,
            duration=row.duration,
            favourite=row.favourite,
            **told(row.facts),
        )


class RowsPage(Answer):
    """A page of the grid."""

    model_config = example(assets=[_ROW], next="WzE3ODAzMTUyMDAwMDAwMDAsIDQ3MTFd")

    assets: list[RowBody] = Field(description="Those taken last first, then those without a time.")
    next: Next


class Filters(BaseModel):
    """Which rows are asked for, as parameters of the query; they are true of the asset shown."""

    bursts: Bursts = Field(
        Bursts.TOGETHER, description="Whether a burst is one row, or each of its shots."
    )
    type: AssetType | None = Field(None, description="Only IMAGE, or only VIDEO.")
    group_type: GroupType | None = Field(None, description="Only what is in a group of this type.")
    grouped: bool | None = Field(None, description="Only what is in a group, or what is not.")
    duplicates: bool | None = Field(None, description="Only what has duplicates, or has none.")
    favourite: bool | None = Field(None, description="Only what has a heart, or has none.")
    mirror_id: str | None = Field(
        None, max_length=100, description="Only what is in this mirror of yours."
    )
    status: ItemState | None = Field(None, description="Only what stands so in that mirror.")
    taken_after: WallTime | None = Field(
        None, description="Only what was taken then or later, by the clock on the wall."
    )
    taken_before: WallTime | None = Field(
        None, description="Only what was taken earlier, by the clock on the wall."
    )
    search: str | None = Field(
        None, max_length=200, description="A part of the name, in either case."
    )
    after: str | None = Field(
        None, max_length=200, description="The page after this one: `next` of the page before."
    )
    limit: int = Field(100, ge=1, le=1000, description="The most to return.")

    def wanted(self) -> GridWanted:
        """Return what the grid is asked for; raises `InvalidError`."""
        if self.status is not None and self.mirror_id is None:
            raise InvalidError(
                "A status is that of an asset in a mirror.",
                code="status_without_mirror",
                hint="Give mirror_id as well.",
            )
        return GridWanted(
            bursts=self.bursts is Bursts.TOGETHER,
            type=self.type,
            group_type=self.group_type,
            grouped=self.grouped,
            duplicates=self.duplicates,
            favourite=self.favourite,
            mirror_id=self.mirror_id,
            status=self.status,
            taken_after=self.taken_after,
            taken_before=self.taken_before,
            text=self.search or None,
        )


@router.get("/assets")
async def list_assets(
    caller: CurrentCaller, store: CurrentStore, filters: Annotated[Filters, Query()]
) -> RowsPage:
    """List your assets, one for each shot, those taken last first."""
    page = await store.grid.page(
        caller.user_id, filters.wanted(), after=filters.after, limit=filters.limit
    )
    return RowsPage(assets=[RowBody.of(row) for row in page.rows], next=page.next)
