"""Inspection of the library index: are its folders there, how are they watched, who reads them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pentaprism.cli.inspection import Finding
from pentaprism.cli.output import local_time, short

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.library_records import Root


async def look_at_library(app: App) -> AsyncIterator[Finding]:
    """Yield findings about the indexed folders; none where there are none."""
    roots = await app.store.roots.list()
    for root in roots:
        yield await _root(app, root)
    if roots:
        yield _exiftool()


async def _root(app: App, root: Root) -> Finding:
    from pentaprism.library.away import find_absence

    what = f"folder {short(root.id)}"
    known = await app.store.library_files.present(root.id)
    absence = await asyncio.to_thread(find_absence, root.path, known=known)
    if absence is not None:
        return Finding(
            what,
            False,
            f"{root.name} at {root.path} is away: {absence} Nothing is forgotten.",
            "Mount the disk, or see to it that this user may list the folder; or forget it with: "
            f"pentaprism roots remove {short(root.id)}",
        )
    scanned = f"scanned {local_time(root.scanned_at)}" if root.scanned_at else "not scanned yet"
    watched = await asyncio.to_thread(_watched, root)
    return Finding(what, True, f"{root.name} at {root.path}, {scanned}, {watched}")


def _watched(root: Root) -> str:
    """Return how the server notices changes in a root that is there."""
    from pentaprism.library.mounts import needs_polling
    from pentaprism.store.library_records import Watching

    if root.watching is Watching.OFF:
        return "not watched"
    if root.watching is Watching.POLLING:
        return "polled, as was asked"
    if root.watching is Watching.AUTO and needs_polling(root.path):
        return "polled, because it is on a network mount"
    if root.reason:
        return f"polled: {root.reason}"
    return "watched by events"


def _exiftool() -> Finding:
    program = shutil.which("exiftool")
    if program is not None:
        return Finding(
            "exiftool", True, f"{program}, asked about formats that the libraries do not know"
        )
    return Finding(
        "exiftool",
        True,
        "not installed; a file of a rare format is grouped by its name alone",
    )
