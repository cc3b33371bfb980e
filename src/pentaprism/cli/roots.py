"""``roots``: the media folders that are indexed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pentaprism.cli.options import JsonOption, YesOption, confirm, opened, work
from pentaprism.cli.output import local_time, print_json, print_table, safe, say, short, table
from pentaprism.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.library_records import IndexedFile, Root

app = typer.Typer(help="List, add and remove the media folders that are indexed.")

RootArgument = Annotated[
    str,
    typer.Argument(metavar="ROOT", help="An indexed folder's id, its beginning, name or path."),
]

_AT_ONCE = 1000


@app.callback(invoke_without_command=True)
def _roots(context: typer.Context, as_json: JsonOption = False) -> None:
    """List, add and remove the media folders that are indexed; lists them if not told more."""
    if context.invoked_subcommand is None:
        work(_list(as_json=as_json))


@app.command("list")
def list_roots(as_json: JsonOption = False) -> None:
    """List the folders, and whether they were there when they were looked at last."""
    work(_list(as_json=as_json))


async def _list(*, as_json: bool) -> None:
    async with opened() as app_:
        roots = await app_.store.roots.list()
    if as_json:
        print_json([_as_json(root) for root in roots])
        return
    if not roots:
        say("No folders yet. Begin with: pentaprism scan DIR")
        return
    shown = table(
        "Id", "Name", "Folder", "State", "Watching", "Scanned", whole=["Id", "State", "Scanned"]
    )
    for root in roots:
        shown.add_row(
            short(root.id),
            safe(root.name),
            safe(root.path),
            root.state.value,
            root.watching.value,
            local_time(root.scanned_at),
        )
    print_table(shown)
    for root in roots:
        if root.reason:
            say(f"{safe(root.name)}: {safe(root.reason)}", indent=2)


def _as_json(root: Root) -> dict[str, Any]:
    return {
        "id": root.id,
        "name": root.name,
        "path": root.path,
        "state": root.state.value,
        "reason": root.reason,
        "watching": root.watching.value,
        "connection": root.connection_id,
        "immich_path": root.immich_path,
        "scanned": root.scanned_at,
    }


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A media folder.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it; else as the folder is called.")
    ] = None,
    immich_path: Annotated[
        str | None,
        typer.Option(help="Where Immich sees the same folder, such as /mnt/photos."),
    ] = None,
    watching: Annotated[
        Literal["auto", "events", "polling", "off"],
        typer.Option(help="How the server notices changes in it."),
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Add a folder to the index, without looking at it yet; its files are only ever read."""
    work(_add(folder, name, immich_path, watching, as_json=as_json))


async def _add(
    folder: Path, name: str | None, immich_path: str | None, watching: str, *, as_json: bool
) -> None:
    from pentaprism.adoption import root_owner
    from pentaprism.cli.folders import choose, name_of
    from pentaprism.store.library_records import Watching

    async with opened() as app_:
        chosen = await choose(app_, [folder])
        for root in chosen.known:
            raise _is_known(root, part=bool(chosen.within))
        (path,) = chosen.new
        root = await app_.store.roots.add(
            await root_owner(app_.store),
            path,
            name or name_of(path),
            connection_id=await _seen_by(app_, immich_path) if immich_path else None,
            immich_path=immich_path,
            watching=Watching(watching),
        )
    if as_json:
        print_json(_as_json(root))
        return
    say(f"Added {safe(root.name)} ({safe(root.path)}). Next: pentaprism scan")


def _is_known(root: Root, *, part: bool) -> ConflictError:
    if part:
        return ConflictError(
            f"The folder lies in {root.path}, which is indexed with all that is below it.",
            code="roots_overlap",
            hint=f"Scan it with: pentaprism scan {root.path}",
        )
    return ConflictError(
        f"The folder {root.path} is indexed already, as “{root.name}”.",
        code="root_exists",
        hint="`pentaprism roots remove` forgets it; the files stay.",
    )


async def _seen_by(app_: App, immich_path: str) -> str:
    """Return the id of the connection whose Immich sees a folder at ``immich_path``."""
    from pentaprism.adoption import home

    if not immich_path.startswith("/"):
        raise InvalidError(
            f"The path in Immich, {immich_path}, is not a whole one.",
            code="immich_path",
            hint="Give it as Immich sees it, beginning with a slash.",
        )
    connection = await home(app_.store)
    if connection is None:
        raise InvalidError(
            "There is no connection to the Immich that sees the folder.",
            code="no_connection",
            hint="Save one first with `pentaprism connect`.",
        )
    return connection.id


@app.command()
def remove(root: RootArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """Forget a folder and what is known of its files; the files stay as they are."""
    work(_remove(root, yes=yes, as_json=as_json))


async def _remove(text: str, *, yes: bool, as_json: bool) -> None:
    from pentaprism.cli.folders import find_root

    async with opened() as app_:
        root = await find_root(app_.store, text)
        confirm(
            f"Forget {root.name} ({root.path}), with what was decided about its groups? "
            "The files stay.",
            yes=yes,
        )
        await app_.store.roots.delete(root.id)
        # Assets of Immich that were the same files are grouped by themselves from now on.
        await app_.indexing.regroup()
    if as_json:
        print_json({"root": root.id, "removed": True})
        return
    say(f"{safe(root.name)} is forgotten. Its files are as they were.")


@app.command()
def problems(
    root: Annotated[
        str | None,
        typer.Argument(metavar="[ROOT]", help="Only this folder's: its id, name or path."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List files that are there and could not be read, and what to do about each."""
    work(_problems(root, as_json=as_json))


async def _problems(text: str | None, *, as_json: bool) -> None:
    from pentaprism.cli.folders import find_root

    async with opened() as app_:
        store = app_.store
        roots = [await find_root(store, text)] if text else await store.roots.list()
        found = [(root, file) for root in roots for file in await _files(app_, root)]
    if as_json:
        print_json([_problem_as_json(root, file) for root, file in found])
        return
    from pentaprism.overview.file_problems import told

    for root, file in found:
        what, then = told(file.problem or "")
        say(f"[yellow]![/] {safe(f'{root.path}/{file.path}')}: {what}")
        say(f"[dim]{then}[/]", indent=4)
    if found:
        say(f"{len(found):,} {'files' if len(found) > 1 else 'file'} could not be read.")
    else:
        say("All files could be read.")


async def _files(app_: App, root: Root) -> list[IndexedFile]:
    found: list[IndexedFile] = []
    after = 0
    while some := await app_.store.library_files.problems(root.id, after=after, limit=_AT_ONCE):
        found += some
        after = some[-1].row
    return found


def _problem_as_json(root: Root, file: IndexedFile) -> dict[str, Any]:
    from pentaprism.overview.file_problems import told

    what, then = told(file.problem or "")
    return {
        "root": root.id,
        "path": f"{root.path}/{file.path}",
        "code": file.problem,
        "message": what,
        "hint": then,
    }
