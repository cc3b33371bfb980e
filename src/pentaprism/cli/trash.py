"""``trash``: what mirrors took out of their folders, and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.options import (
    JsonOption,
    MirrorArgument,
    YesOption,
    confirm,
    find_mirror,
    opened,
    show_help,
    work,
)
from pentaprism.cli.output import bytes_in_words, print_json, print_table, safe, say, table
from pentaprism.errors import InvalidError

if TYPE_CHECKING:
    from pentaprism.destinations.local_folder.trash import Trash

app = typer.Typer(help="List, restore and empty a mirror's trash.")


@app.callback(invoke_without_command=True)
def _help(context: typer.Context) -> None:
    """List, restore and empty a mirror's trash."""
    show_help(context)


@asynccontextmanager
async def _trash(text: str) -> AsyncIterator[Trash]:
    """Open the trash of the mirror that ``text`` means; nobody else uses the folder meanwhile."""
    from pentaprism.destinations.local_folder.destination import LocalFolder

    async with opened() as app_:
        mirror = await find_mirror(app_, text)
        destination = await app_.open_destination(mirror)
        try:
            if not isinstance(destination, LocalFolder):
                raise InvalidError(
                    f"{await app_.place_of(mirror)} has no trash.",
                    code="no_trash",
                    hint="Only folders have one.",
                )
            await destination.check()
            yield destination.trash
        finally:
            await destination.close()


@app.command("list")
def list_trash(mirror: MirrorArgument, as_json: JsonOption = False) -> None:
    """List what is in the trash, oldest first."""
    work(_list(mirror, as_json=as_json))


async def _list(text: str, *, as_json: bool) -> None:
    async with _trash(text) as trash:
        entries = list(trash.entries())
    if as_json:
        print_json(
            [
                {"id": e.id, "path": e.path, "size": e.size, "trashed": e.trashed.isoformat()}
                for e in entries
            ]
        )
        return
    if not entries:
        say("The trash is empty.")
        return
    shown = table("Id", "Size", "Trashed", right=["Size"])
    for entry in entries:
        shown.add_row(safe(entry.id), bytes_in_words(entry.size), str(entry.trashed))
    print_table(shown)


@app.command()
def restore(
    mirror: MirrorArgument,
    entries: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]…", help="What to restore, from `list`.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Restore all of it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring files back to where they were; nothing is ever overwritten."""
    work(_restore(mirror, entries or [], everything=everything, as_json=as_json))


async def _restore(text: str, ids: list[str], *, everything: bool, as_json: bool) -> None:
    if not ids and not everything:
        raise InvalidError(
            "Nothing was named to be restored.",
            code="usage",
            hint="Give ids from `pentaprism trash list`, or --all.",
        )
    async with _trash(text) as trash:
        chosen = [entry.id for entry in trash.entries()] if everything else ids
        restored = []
        for entry_id in chosen:
            restored.append(path := trash.restore(entry_id))
            if not as_json:
                say(f"Restored {safe(path)}")
    if as_json:
        print_json({"restored": restored})


@app.command()
def empty(
    mirror: MirrorArgument,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Only what is older than this.")
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete what is in the trash for good: the only command that deletes a file."""
    confirm(f"Delete the files in the trash of {mirror} for good?", yes=yes)
    work(_empty(mirror, older_than, as_json=as_json))


async def _empty(text: str, older_than: int | None, *, as_json: bool) -> None:
    from pentaprism.destinations.local_folder.destination import local_today

    before = None if older_than is None else local_today() - timedelta(days=older_than)
    async with _trash(text) as trash:
        gone = trash.empty(before)
    size = sum(entry.size for entry in gone)
    if as_json:
        print_json({"deleted": len(gone), "bytes": size})
        return
    say(f"Deleted {len(gone):,} files, {bytes_in_words(size)}.")
