"""Groups as stacks in Immich: what a push would do, how far it is, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from pentaprism.definitions import own_connection
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import ConflictError, PentaprismError
from pentaprism.stacks.planning import StackPlan
from pentaprism.store.records import Connection
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.connection_form import keys_page
from pentaprism.web.live import live
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PLACE = "groups"
_PARTS = "stacks/parts.html"
_SHOWN = 100
"""Of so many steps and skipped stacks the names are shown."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a push would do, with the names of the assets; ``trouble`` is why that is not known."""

    plan: StackPlan | None
    names: Mapping[str, str]
    trouble: PentaprismError | None = None

    def named(self, asset_ids: Sequence[str]) -> str:
        """Return the names of assets, in their order."""
        return ", ".join(self.names.get(id_, id_) for id_ in asset_ids)


@routes.get("/stacks", allow=Allow.PERSON)
async def stacks(page: CurrentPage, connection: str = "", plan: bool = False) -> Response:
    """Show how the last push went; what the next one would do follows, or comes with ``plan``."""
    connections = await page.program.app.store.connections.list(page.person.id)
    chosen = next((one for one in connections if one.id == connection), None)
    if chosen is None and connections:
        default = await page.program.app.store.connections.default(page.person.id)
        chosen = default or connections[0]
    values = await _standing(page, chosen) if chosen else {"chosen": None}
    planned = await _planned(page, chosen) if chosen and plan else None
    return page.html("stacks.html", _PLACE, connections=connections, planned=planned, **values)


@routes.get("/stacks/{connection_id}/plan", allow=Allow.PERSON)
async def plan(page: CurrentPage, connection_id: str) -> Response:
    """Answer htmx with what a push would do."""
    own = await own_connection(page.program.app, page.person, connection_id)
    planned = await _planned(page, own)
    return page.part(_PARTS, "plan", planned=planned, **await _standing(page, own))


@routes.get("/stacks/{connection_id}/live", allow=Allow.PERSON)
async def stacks_live(page: CurrentPage, connection_id: str) -> Response:
    """Send how far a push is, until it has ended."""
    own = await own_connection(page.program.app, page.person, connection_id)
    over = False

    async def render() -> str | None:
        nonlocal over
        if over:
            return None
        values = await _standing(page, own)
        work = values["work"]
        over = work is None or work.ended_at is not None
        return page.fragment(_PARTS, "update", **values)

    return live(page.program.stack_pushes.changes, render)


@routes.post("/stacks/{connection_id}/push", allow=Allow.PERSON)
async def push(page: CurrentPage, connection_id: str) -> Response:
    """Begin to make stacks of the groups of a connection."""
    return await _begin(page, connection_id, undo=False)


@routes.post("/stacks/{connection_id}/undo", allow=Allow.PERSON)
async def undo(page: CurrentPage, connection_id: str) -> Response:
    """Begin to take the last push back."""
    return await _begin(page, connection_id, undo=True)


async def _begin(page: Page, connection_id: str, *, undo: bool) -> Response:
    own = await own_connection(page.program.app, page.person, connection_id)
    toast = _("The last push is being taken back.") if undo else _("The push has begun.")
    try:
        page.program.stack_pushes.begin(own, undo=undo)
    except ConflictError as error:
        toast = f"{error.message} {error.hint}"
    return page.go(f"/stacks?connection={own.id}", toast)


async def _standing(page: Page, connection: Connection) -> dict[str, Any]:
    """Return what is known without asking Immich."""
    return {
        "chosen": connection,
        "work": page.program.stack_pushes.last(connection.id),
        "last": await page.program.app.store.stacks.last(connection.id),
        "keys_page": keys_page(page, connection.url),
    }


async def _planned(page: Page, connection: Connection) -> Planned:
    try:
        found = await page.program.stack_pushes.plan(connection)
    except PentaprismError as error:
        return Planned(None, {}, error)
    listed = [step.asset_ids for step in found.steps[:_SHOWN]]
    listed += [skip.asset_ids for skip in found.skipped[:_SHOWN]]
    ids = dict.fromkeys(asset_id for asset_ids in listed for asset_id in asset_ids)
    return Planned(found, await page.program.app.store.stacks.names(connection.id, ids.keys()))
