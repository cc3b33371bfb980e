"""The files of a mirror, a hundred at a time of however many."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from pentaprism.definitions import own_mirror
from pentaprism.edge import Allow, Routes, Side
from pentaprism.overview.states import Tone
from pentaprism.store.records import Item, ItemState, Mirror
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PAGE = 100

TONES: dict[ItemState, Tone] = {
    ItemState.OK: "ok",
    ItemState.STAGED: "running",
    ItemState.PENDING: "idle",
    ItemState.FAILED: "failed",
    ItemState.ORPHANED: "idle",
}
"""The colour of each state."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the list: of one state or all, by a part of the name, between rows."""

    mirror_id: str
    state: ItemState | None = None
    q: str = ""
    after: int = 0
    before: int | None = None

    def href(self, *, after: int | None = None, before: int | None = None) -> str:
        """Return the path of another part of the same list."""
        asked = {"state": self.state, "q": self.q, "after": after, "before": before}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/mirrors/{self.mirror_id}/items" + (f"?{query}" if query else "")


@routes.get("/mirrors/{mirror_id}/items", allow=Allow.PERSON)
async def items(
    page: CurrentPage,
    *,
    mirror_id: str,
    state: str = "",
    q: str = "",
    after: int = 0,
    before: int | None = None,
) -> Response:
    """List the files of a mirror in the order in which they came."""
    mirror = await own_mirror(page.program.app, page.person, mirror_id)
    known = ItemState(state) if state in ItemState else None
    part = Slice(mirror.id, known, q.strip(), max(0, after), before)
    found, earlier, later = await _read(page, mirror, part)
    return page.html(
        "items.html",
        "mirrors",
        mirror=mirror,
        part=part,
        items=found,
        counts=await page.program.app.store.items.count_all(mirror.id),
        tones=TONES,
        earlier=part.href(before=found[0].row) if earlier else None,
        later=part.href(after=found[-1].row) if later else None,
        first=part.href(),
    )


async def _read(page: Page, mirror: Mirror, part: Slice) -> tuple[list[Item], bool, bool]:
    """Return the items of ``part``, and whether there are some before and after them."""
    found = await page.program.app.store.items.page(
        mirror.id,
        states=None if part.state is None else {part.state},
        after=part.after if part.before is None else 0,
        before=part.before,
        search=part.q or None,
        limit=_PAGE + 1,
    )
    more = len(found) > _PAGE
    if part.before is not None:
        return (found[1:] if more else found), more, bool(found)
    return found[:_PAGE], bool(part.after and found), more
