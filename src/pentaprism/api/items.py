"""``/api/mirrors/{mirror_id}/items``: what is recorded of each file of a mirror."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from pentaprism.api.belongings import mirror_of
from pentaprism.api.bodies import ASSET_ID, WHEN, AfterRow, Answer, Limit, MirrorId, Search, example
from pentaprism.api.problems import refusals
from pentaprism.assets import Role
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.program import Program
from pentaprism.store import Item, ItemState, Mirror

routes = Routes(Side.API, prefix="/api/mirrors", tags=["mirrors"])

_ITEM = {
    "row": 17,
    "asset_id": ASSET_ID,
    "shot_id": ASSET_ID,
    "role": "primary",
    "state": "OK",
    "filename": "IMG_1.jpg",
    "path": "2026/IMG_1.jpg",
    "remote_id": "2026/IMG_1.jpg",
    "size": 300_000,
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "verified": True,
    "taken_at": WHEN,
    "attempts": 0,
    "error_code": None,
    "error": None,
}

States = Annotated[
    list[ItemState] | None, Query(alias="state", description="Only items in these states.")
]


class ItemBody(Answer):
    """One file of a shot in a mirror."""

    model_config = Answer.model_config | example(**_ITEM)

    row: int = Field(description="Its number, ascending with time.")
    asset_id: str = Field(description="The asset in Immich whose bytes it holds.")
    shot_id: str = Field(description="The asset in the album that it belongs to.")
    role: Role = Field(description="What it is within its shot.")
    state: ItemState = Field(description="Where it stands.")
    filename: str = Field(description="Its name in Immich.")
    path: str | None = Field(description="Its path; null where the destination has none.")
    remote_id: str | None = Field(description="The destination's name for it; null until there.")
    size: int | None = Field(description="Its bytes at the destination.")
    sha1: str | None = Field(description="SHA-1 of what was written, in hexadecimal.")
    verified: bool = Field(description="Whether that was compared with Immich's checksum.")
    taken_at: datetime = Field(description="When it was taken.")
    attempts: int = Field(description="How often putting it failed.")
    error_code: str | None = Field(description="Why, for programs.")
    error: str | None = Field(description="Why, in a sentence.")

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return what is told of ``item``."""
        values = {name: getattr(item, name) for name in cls.model_fields}
        return cls(**values | {"sha1": item.sha1.hex() if item.sha1 else None})


class ItemPage(Answer):
    """Items by their row."""

    model_config = Answer.model_config | example(items=[_ITEM], next=None)

    items: list[ItemBody] = Field(description="The items of this page.")
    next: int | None = Field(description="Give it as `after` for the next page; null at the end.")


async def page_of_items(
    program: Program,
    mirror: Mirror,
    *,
    states: list[ItemState] | None,
    search: str | None,
    after: int,
    limit: int,
) -> ItemPage:
    """Return a page of the items of ``mirror``."""
    items = await program.app.store.items.page(
        mirror.id, states=states, search=search, after=after, limit=limit + 1
    )
    page = items[:limit]
    more = page[-1].row if len(items) > limit else None
    return ItemPage(items=[ItemBody.of(item) for item in page], next=more)


@routes.get("/{mirror_id}/items", allow=Allow.PERSON, responses=refusals(404))
async def list_items(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    mirror_id: MirrorId,
    states: States = None,
    search: Search = None,
    after: AfterRow = 0,
    limit: Limit = 100,
) -> ItemPage:
    """List the items of a mirror, in the order in which they came to be."""
    mirror = await mirror_of(program.app, person, mirror_id)
    return await page_of_items(
        program, mirror, states=states, search=search, after=after, limit=limit
    )
