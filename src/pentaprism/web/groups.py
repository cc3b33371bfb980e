"""The groups of a person: the list, and the page of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.groups.files import GroupType
from pentaprism.store.file_groups import group_not_found
from pentaprism.store.library_records import FileGroup
from pentaprism.web.group_view import WORDS, group_rows, member_rows, sources_of
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

PLACE = "groups"
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of all groups is shown; ``seen`` is how many were on the pages before."""

    kind: GroupType | None = None
    q: str = ""
    source: str = ""
    seen: int = 0

    @property
    def plain(self) -> bool:
        """Whether it is narrowed by the type alone, whose numbers are known."""
        return not self.q and not self.source

    def href(self, **other: Any) -> str:
        """Return the path of the list with something else of it."""
        asked = {"type": self.kind, "q": self.q, "source": self.source} | other
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/groups?{query}" if query else "/groups"


@routes.get("/groups", allow=Allow.PERSON)
async def groups(
    page: CurrentPage,
    *,
    type: str = "",  # noqa: A002 - the word in the address
    q: str = "",
    source: str = "",
    after: str = "",
    seen: int = 0,
) -> Response:
    """List the groups, those taken last first."""
    store, owner_id = page.program.app.store, page.person.id
    sources = await sources_of(page)
    narrowed = Narrowed(
        GroupType(type) if type in set(GroupType) else None,
        q.strip(),
        source if source in sources else "",
        max(0, seen),
    )
    found = await store.file_groups.page(
        owner_id,
        type=narrowed.kind,
        source_id=narrowed.source or None,
        text=narrowed.q or None,
        after=after or None,
        limit=_PAGE,
    )
    counts = await store.file_groups.counts(owner_id)
    reached = narrowed.seen + len(found.groups)
    return page.html(
        "groups.html",
        PLACE,
        rows=await group_rows(page, found.groups, sources),
        narrowed=narrowed,
        sources=sources,
        counts=counts,
        total=sum(counts.values()),
        reached=reached,
        more=narrowed.href(after=found.next, seen=reached) if found.next else None,
        words=WORDS,
    )


@routes.get("/groups/{group_id}", allow=Allow.PERSON)
async def group(page: CurrentPage, group_id: str) -> Response:
    """Show the files of a group, and why each one is there."""
    return await shown(page, await own_group(page, group_id))


async def own_group(page: Page, group_id: str) -> FileGroup:
    """Return a group of the person; raises `NotFoundError` for one of somebody else as well."""
    found = await page.program.app.store.file_groups.get(group_id)
    if found.owner_id != page.person.id:
        raise group_not_found(group_id)
    return found


async def shown(page: Page, own: FileGroup, trouble: PentaprismError | None = None) -> Response:
    """Answer with the page of a group; ``trouble`` is what kept a change from being made."""
    store = page.program.app.store
    members = (await store.file_groups.members([own.id])).get(own.id, [])
    sources = await sources_of(page)
    burst = await store.file_groups.get(own.within) if own.within else None
    rows = await member_rows(page, own, members)
    return page.html(
        "group.html",
        PLACE,
        status=422 if trouble else 200,
        group=own,
        rows=rows,
        burst=burst,
        source=sources.get(own.source_id, ""),
        decided=bool(await store.group_decisions.of([one.file_row for one in members])),
        trouble=trouble,
        words=WORDS,
    )
