"""``mirrors``: what mirrors there are, and their pause, resume and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from pentaprism.cli.options import (
    JsonOption,
    MirrorArgument,
    YesOption,
    confirm,
    find_mirror,
    opened,
    work,
)
from pentaprism.cli.output import local_time, print_json, print_table, safe, say, short, table

if TYPE_CHECKING:
    from pentaprism.store.records import Mirror, Run

app = typer.Typer(help="List, pause, resume and delete mirrors.")


@app.callback(invoke_without_command=True)
def _mirrors(context: typer.Context, as_json: JsonOption = False) -> None:
    """List, pause, resume and delete mirrors; lists them if not told what to do."""
    if context.invoked_subcommand is None:
        work(_list(as_json=as_json))


@app.command("list")
def list_mirrors(as_json: JsonOption = False) -> None:
    """List all mirrors with their last run."""
    work(_list(as_json=as_json))


async def _list(*, as_json: bool) -> None:
    async with opened() as app_:
        mirrors = await app_.store.mirrors.list()
        rows = [(one, await app_.store.runs.last(one.id)) for one in mirrors]
        places = [await app_.place_of(one) for one in mirrors]
    if as_json:
        print_json([_as_json(one, last) for one, last in rows])
        return
    if not rows:
        say("No mirrors yet. Begin with: pentaprism mirror ALBUM --to folder:PATH")
        return
    shown = table(
        "Id", "Album", "Destination", "Last run", "State", whole=["Id", "Last run", "State"]
    )
    for (one, last), where in zip(rows, places, strict=True):
        state = "paused" if one.paused else last.status.value if last else "never run"
        shown.add_row(
            short(one.id),
            safe(one.album_name),
            safe(where),
            local_time(last.started_at if last else None),
            state,
        )
    print_table(shown)


def _as_json(mirror: Mirror, last: Run | None) -> dict[str, Any]:
    return {
        "id": mirror.id,
        "album": {"id": mirror.album_id, "name": mirror.album_name},
        "kind": mirror.kind,
        "place": mirror.place,
        "options": mirror.options,
        "paused": mirror.paused,
        "last_run": {"id": last.id, "status": last.status.value, "started": last.started_at}
        if last
        else None,
    }


@app.command()
def pause(mirror: MirrorArgument, as_json: JsonOption = False) -> None:
    """Pause a mirror: its runs are refused until it is resumed."""
    work(_set_paused(mirror, paused=True, as_json=as_json))


@app.command()
def resume(mirror: MirrorArgument, as_json: JsonOption = False) -> None:
    """Let a paused mirror go on."""
    work(_set_paused(mirror, paused=False, as_json=as_json))


async def _set_paused(text: str, *, paused: bool, as_json: bool) -> None:
    async with opened() as app_:
        mirror = await find_mirror(app_, text)
        await app_.store.mirrors.update(mirror.id, paused=paused)
        where = await app_.place_of(mirror)
    if as_json:
        print_json({"mirror": mirror.id, "paused": paused})
        return
    state = "paused" if paused else "active again"
    say(f"The mirror of {safe(mirror.album_name)} to {safe(where)} is {state}.")


@app.command()
def delete(mirror: MirrorArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    """End a mirror: its records and runs are forgotten, its files stay."""
    work(_delete(mirror, yes=yes, as_json=as_json))


async def _delete(text: str, *, yes: bool, as_json: bool) -> None:
    async with opened() as app_:
        mirror = await find_mirror(app_, text)
        where = await app_.place_of(mirror)
        confirm(
            f"End the mirror of {mirror.album_name} to {where}? What it has put there stays.",
            yes=yes,
        )
        await app_.store.mirrors.delete(mirror.id)
    if as_json:
        print_json({"mirror": mirror.id, "deleted": True})
        return
    say(
        f"The mirror of {safe(mirror.album_name)} has ended. What it has put in "
        f"{safe(where)} stays, and is known again by the same `mirror` command."
    )
