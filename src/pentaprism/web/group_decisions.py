"""What a person decides about groups on the pages: split, show first, join, back to the rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import InvalidError
from pentaprism.library import decisions
from pentaprism.store.library_records import FileGroup
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.catalogue import ngettext
from pentaprism.web.entered import entered
from pentaprism.web.groups import own_group, shown
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_MOST_UNDONE = 60
"""How many files an address that takes a decision back may name."""

_HIGHEST = 2**63 - 1
_DIGITS = 19


@routes.post("/groups/undecide", allow=Allow.PERSON)
async def undecide_files(page: CurrentPage, files: str = "") -> Response:
    """Take back what was decided about files, which may be in no group now."""
    rows = numbers(files.split(","))
    await decisions.undecide_files(page.program.app.store, page.person.id, rows)
    return await _after(page, rows, _("Taken back. The rules count again."))


@routes.post("/groups/join", allow=Allow.PERSON)
async def join(page: CurrentPage, files: str = "") -> Response:
    """Put files together again."""
    rows = numbers(files.split(","))
    await decisions.join(page.program.app.store, page.person.id, rows)
    return await _after(page, rows, _("They are together again."))


@routes.post("/groups/{group_id}/split", allow=Allow.PERSON)
async def split(page: CurrentPage, group_id: str) -> Response:
    """Keep the files that are ticked apart from the others."""
    own, members = await _own(page, group_id)
    chosen = numbers((await entered(page)).all("file"))
    undo = await _way_back(page, own, members)
    try:
        await decisions.split(page.program.app.store, page.person.id, own.id, chosen)
    except InvalidError as error:
        return await shown(page, own, error)
    toast = ngettext("%(num)s file is split off.", "%(num)s files are split off.", len(chosen))
    left = [row for row in members if row not in chosen] or members
    return await _after(page, left, toast % {"num": len(chosen)}, level=own.level, undo=undo)


@routes.post("/groups/{group_id}/first", allow=Allow.PERSON)
async def show_first(page: CurrentPage, group_id: str) -> Response:
    """Show another file of a group first."""
    own, members = await _own(page, group_id)
    chosen = numbers([(await entered(page)).text("first")])
    undo = await _way_back(page, own, members, joins=False)
    try:
        for row in chosen:
            await decisions.show_first(page.program.app.store, page.person.id, own.id, row)
    except InvalidError as error:
        return await shown(page, own, error)
    rows = list(chosen) or members
    return await _after(page, rows, _("It is shown first now."), level=own.level, undo=undo)


@routes.post("/groups/{group_id}/undecide", allow=Allow.PERSON)
async def undecide(page: CurrentPage, group_id: str) -> Response:
    """Forget what was decided about the files of a group."""
    own, members = await _own(page, group_id)
    await decisions.undecide(page.program.app.store, page.person.id, own.id)
    toast = _("The rules alone count for these files again.")
    return await _after(page, members, toast, level=own.level)


def numbers(texts: Collection[str]) -> set[int]:
    """Return the rows that ``texts`` name; what is no row is left out."""
    plain = (text for text in texts if text.isascii() and text.isdigit() and len(text) <= _DIGITS)
    return {row for text in plain if 0 < (row := int(text)) <= _HIGHEST}


async def _own(page: Page, group_id: str) -> tuple[FileGroup, list[int]]:
    """Return a group of the person, and the rows of its files, the primary's first."""
    own = await own_group(page, group_id)
    members = (await page.program.app.store.file_groups.members([own.id])).get(own.id, [])
    return own, [member.file_row for member in members]


async def _way_back(
    page: Page, group: FileGroup, members: Sequence[int], *, joins: bool = True
) -> str:
    """Return where a change of ``group`` is taken back with one click; empty without such a way."""
    if len(members) > _MOST_UNDONE:
        return ""
    query = urlencode({"files": ",".join(map(str, members))})
    if not await page.program.app.store.group_decisions.of(members):
        return f"/groups/undecide?{query}"
    # What was decided before is to stay: the files are only put together again.
    return f"/groups/join?{query}" if joins and not group.level else ""


async def _after(
    page: Page, rows: Collection[int], toast: str, *, level: int = 0, undo: str = ""
) -> Response:
    """Group what was decided about, and lead to the group of the first of ``rows`` that has one.

    Of its shot and its burst, the one of ``level`` is meant.
    """
    await page.program.scans.regroup()
    found = await page.program.app.store.file_groups.containing(rows)
    for row in rows:
        of_row = sorted(found.get(row, ()), key=lambda group: group.level != level)
        for group in of_row:
            if group.owner_id == page.person.id:
                return page.go(f"/groups/{group.id}", toast, undo=undo)
    return page.go("/groups", toast, undo=undo)
