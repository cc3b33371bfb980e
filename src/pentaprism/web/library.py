"""The folders that are indexed: how they stand, their scans, and files that could not be read."""

from __future__ import annotations

from starlette.responses import Response

from pentaprism.definitions import own_connection, own_root
from pentaprism.edge import Allow, Routes, Side
from pentaprism.overview.file_problems import told
from pentaprism.web.catalogue import gettext as _
from pentaprism.web.library_live import ImmichRow, RowWatch, immich_of, rows_of
from pentaprism.web.live import live
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PLACE = "library"
_PAGE = 100
_REFRESH = 10.0
"""Seconds after which everything is looked at again while no scan tells of a change."""

_SLOW = 5.0
"""Seconds between two looks at the connections while scans are at work."""


@routes.get("/library", allow=Allow.PERSON)
async def library(page: CurrentPage) -> Response:
    """List the indexed folders; how their scans go on follows by itself."""
    return page.html(
        "library.html",
        _PLACE,
        rows=await rows_of(page),
        immich=await immich_of(page),
        may_add=may_add(page),
    )


@routes.get("/library/live", allow=Allow.PERSON)
async def library_live(page: CurrentPage) -> Response:
    """Send the parts of the page that change."""
    clock = page.program.app.clock
    watch, looked = RowWatch(page), clock()
    known: list[ImmichRow] | None = None
    sent = ""

    async def render() -> str | None:
        nonlocal known, looked, sent
        html = watch.changed(await rows_of(page))
        if known is None or (clock() - looked).total_seconds() >= _SLOW:
            looked = clock()
            found = await immich_of(page, count=True)
            if found != known:
                known = found
                html += page.fragment("library/rows.html", "immich_update", rows=found)
        sent = html or sent
        return sent

    return live(page.program.scans.changes, render, refresh=_REFRESH)


@routes.post("/library/{root_id}/scan", allow=Allow.PERSON)
async def scan(page: CurrentPage, root_id: str) -> Response:
    """Begin a scan; one that is under way goes on."""
    root = await own_root(page.program.app, page.person, root_id)
    under_way = page.program.scans.progress(root.id) is not None
    await page.program.scans.start(root.id)
    toast = _("It is being scanned already.") if under_way else _("The scan has begun.")
    return page.go("/library", toast)


@routes.post("/library/{root_id}/cancel", allow=Allow.PERSON)
async def cancel(page: CurrentPage, root_id: str) -> Response:
    """End the scan that is under way."""
    root = await own_root(page.program.app, page.person, root_id)
    await page.program.scans.cancel(root.id)
    return page.go("/library", _("The scan is cancelled. What it has found is kept."))


@routes.post("/library/{root_id}/remove", allow=Allow.PERSON)
async def remove(page: CurrentPage, root_id: str) -> Response:
    """Forget an indexed folder and what is known of its files; the files stay as they are."""
    program = page.program
    root = await own_root(program.app, page.person, root_id)
    await program.scans.cancel(root.id)
    await program.app.store.roots.delete(root.id)
    program.scans.forget(root.id)
    program.watchers.wake()
    toast = _("“%(name)s” is forgotten. Its files are as they were.")
    return page.go("/library", toast % {"name": root.name})


@routes.get("/library/{root_id}/problems", allow=Allow.PERSON)
async def problems(page: CurrentPage, root_id: str, after: int = 0) -> Response:
    """List the files of a folder that are there and could not be read."""
    app = page.program.app
    root = await own_root(app, page.person, root_id)
    after = max(0, after)
    found = await app.store.library_files.problems(root.id, after=after, limit=_PAGE + 1)
    shown = found[:_PAGE]
    return page.html(
        "library/problems.html",
        _PLACE,
        root=root,
        problems=[(file, *told(file.problem or "", _)) for file in shown],
        first=not after,
        more=f"/library/{root.id}/problems?after={shown[-1].row}" if len(found) > _PAGE else None,
    )


@routes.post("/library/immich/{connection_id}/refresh", allow=Allow.PERSON)
async def refresh(page: CurrentPage, connection_id: str) -> Response:
    """Have Immich asked soon what has changed."""
    connection = await own_connection(page.program.app, page.person, connection_id)
    page.program.catalogues.wake(connection.id)
    toast = _("%(name)s is asked what has changed. New figures show up here by themselves.")
    return page.go("/library", toast % {"name": connection.name})


def may_add(page: Page) -> bool:
    """Tell whether the person may have any folder indexed; which ones is checked for each."""
    return page.person.is_admin or bool(page.program.app.settings.media_folders)
