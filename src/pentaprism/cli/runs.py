"""``runs``: what was done, and what happened in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from pentaprism.cli.events import run_events
from pentaprism.cli.options import JsonOption, find_mirror, opened, work
from pentaprism.cli.output import (
    bytes_in_words,
    local_time,
    print_json,
    print_table,
    safe,
    say,
    short,
    table,
)

app = typer.Typer(help="List runs, and show the events of one.")


@app.callback(invoke_without_command=True)
def _runs(context: typer.Context, as_json: JsonOption = False) -> None:
    """List runs, and show the events of one; lists them if not told what to do."""
    if context.invoked_subcommand is None:
        work(_list(None, 20, as_json=as_json))


@app.command("list")
def list_runs(
    mirror: Annotated[
        str | None, typer.Option(help="Only this mirror's: its id or its album.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the newest runs."""
    work(_list(mirror, limit, as_json=as_json))


async def _list(text: str | None, limit: int, *, as_json: bool) -> None:
    async with opened() as app_:
        mirror = await find_mirror(app_, text) if text else None
        runs = await app_.store.runs.recent(limit, mirror.id if mirror else None)
        names = {one.id: one.album_name for one in await app_.store.mirrors.list()}
    if as_json:
        print_json([_as_json(run) for run in runs])
        return
    if not runs:
        say("No runs yet. Begin with: pentaprism mirror ALBUM --to folder:PATH")
        return
    numbers = ["Put", "Skipped", "Failed", "Removed", "Bytes"]
    shown = table(
        "Id", "Album", "Began", "Status", *numbers, right=numbers, whole=["Id", "Began", "Bytes"]
    )
    for run in runs:
        done = run.counters
        shown.add_row(
            short(run.id),
            safe(names.get(run.mirror_id, "?")),
            local_time(run.started_at),
            run.status.value,
            *(f"{n:,}" for n in (done.uploaded, done.skipped, done.failed, done.removed)),
            bytes_in_words(done.bytes),
        )
    print_table(shown)


def _as_json(run: Any) -> dict[str, Any]:
    done = run.counters
    return {
        "run": run.id,
        "mirror": run.mirror_id,
        "status": run.status.value,
        "reason": run.reason,
        "total": done.total,
        "uploaded": done.uploaded,
        "skipped": done.skipped,
        "failed": done.failed,
        "removed": done.removed,
        "bytes": done.bytes,
        "started": run.started_at,
        "finished": run.finished_at,
    }


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.")],
    level: Annotated[
        Literal["info", "warning", "error"] | None,
        typer.Option(help="Only events of this level."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what happened in a run."""
    work(_show(run, level, as_json=as_json))


async def _show(text: str, level: str | None, *, as_json: bool) -> None:
    async with opened() as app_:
        run = await app_.store.runs.resolve(text)
        if as_json:
            events = [
                {
                    "code": event.code,
                    "level": event.level,
                    "at": event.at,
                    "asset": event.asset_id,
                    "filename": event.filename,
                    "message": event.message,
                    "details": event.details,
                }
                async for event in run_events(app_.store, run.id, level=level)
            ]
            print_json({**_as_json(run), "events": events})
            return
        say(f"Run {run.id}: {run.status.value}" + (f", {safe(run.reason)}" if run.reason else ""))
        signs = {"warning": "[yellow]![/]", "error": "[red]✗[/]"}
        async for event in run_events(app_.store, run.id, level=level):
            about = f"{safe(event.filename)}: " if event.filename else ""
            say(f"{signs.get(event.level, ' ')} {about}{safe(event.message)}")
            if hint := event.details.get("hint"):
                say(f"[dim]{safe(str(hint))}[/]", indent=4)
