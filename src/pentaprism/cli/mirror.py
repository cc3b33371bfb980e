"""``mirror``: makes a destination equal to an album."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pentaprism.cli.events import run_events
from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.options import (
    CaOption,
    JsonOption,
    KeyOption,
    UrlOption,
    YesOption,
    opened,
    work,
)
from pentaprism.cli.output import bytes_in_words, console, notes, print_error, print_json, safe
from pentaprism.errors import ActionRequiredError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.mirrors.definition import Definition
    from pentaprism.mirrors.run import MirrorRun
    from pentaprism.store.records import Connection, Mirror, Run

_FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asked for."""

    album: str
    to: str
    options: dict[str, Any]
    dry_run: bool
    start_again: bool
    max_removals: int | None
    as_json: bool


def mirror(
    album: Annotated[
        str, typer.Argument(metavar="ALBUM", help="An album's name, or its id if names repeat.")
    ],
    to: Annotated[str, typer.Option("--to", help="The destination, such as folder:/photos/trip.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    removals: Annotated[
        Literal["keep", "trash"] | None,
        typer.Option(
            help="What happens to the file of an asset that left the album; keep at first.",
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            help="Where files go, such as {year}/{month}/{filename}; at first {filename}."
        ),
    ] = None,
    missing: Annotated[
        Literal["fetch", "leave"] | None,
        typer.Option(
            help="What happens when you deleted a mirrored file; fetch at first.",
        ),
    ] = None,
    sidecars: Annotated[
        bool | None, typer.Option(help="Write XMP sidecars from Immich's description and tags.")
    ] = None,
    hard_links: Annotated[
        bool | None, typer.Option(help="Share equal files with other mirrors on the same disk.")
    ] = None,
    edited: Annotated[
        bool | None, typer.Option(help="Take pictures edited inside Immich with their edits.")
    ] = None,
    min_free: Annotated[
        str | None,
        typer.Option(help="Space to leave free on the disk, such as 5GB; 100MiB at first."),
    ] = None,
    max_removals: Annotated[
        int | None, typer.Option(min=0, help="Allow so many removals in this one run.")
    ] = None,
    start_again: Annotated[
        bool, typer.Option(help="Forget what was mirrored here, and fill the folder anew.")
    ] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make a folder equal to an Immich album; the same command again does only what changed.

    Options are remembered: what is not given stays as it was.
    """
    if start_again and not (yes or as_json):
        typer.confirm(f"Forget what was mirrored to {to}? The files there stay.", abort=True)
    options = {
        "removals": removals,
        "template": template,
        "missing": missing,
        "sidecars": sidecars,
        "hard_links": hard_links,
        "edited": edited,
        "min_free": min_free,
    }
    wish = _Wish(album, to, options, dry_run, start_again, max_removals, as_json)
    return work(_mirror(wish, url, api_key, ca_file))


async def _mirror(wish: _Wish, url: str | None, api_key: str | None, ca_file: Path | None) -> int:
    from pentaprism.app import find_album

    async with opened(url, api_key, ca_file) as app:
        connection = await app.connection()
        async with app.immich(connection) as client:
            album = await find_album(client, wish.album)
        definition = app.definition(connection, album, wish.to, **wish.options)
        if wish.dry_run:
            from pentaprism.cli.preview import show_plan

            return await show_plan(app, definition, connection, as_json=wish.as_json)
        target = await _target(definition, start_again=wish.start_again)
        return await run_and_report(
            app, target, connection, max_removals=wish.max_removals, as_json=wish.as_json
        )


async def _target(definition: Definition, *, start_again: bool) -> Mirror:
    target = await (definition.start_again() if start_again else definition.save())
    if target.paused:
        raise ActionRequiredError(
            f"The mirror of “{target.album_name}” is paused.",
            code="paused",
            hint=f"Let it go on with `pentaprism mirrors resume {target.id[:8]}`.",
        )
    return target


async def run_and_report(
    app: App,
    target: Mirror,
    connection: Connection,
    *,
    thorough: bool = False,
    max_removals: int | None = None,
    as_json: bool = False,
) -> int:
    """Run ``target`` once with progress, print what it did, and return the exit code."""
    from pentaprism.app import RunOptions
    from pentaprism.cli.progress import execute

    options = RunOptions(thorough=thorough, max_removals=max_removals)
    began = time.monotonic()
    async with app.run(target, connection, options) as run:
        finished = await execute(run, target.album_name, quiet=as_json)
    seconds = time.monotonic() - began
    if as_json:
        print_json(_as_json(finished, seconds))
    else:
        await _report(app, target, finished, seconds)
    return _code(run, finished)


def _as_json(run: Run, seconds: float) -> dict[str, Any]:
    counters = run.counters
    return {
        "run": run.id,
        "status": run.status.value,
        "total": counters.total,
        "uploaded": counters.uploaded,
        "skipped": counters.skipped,
        "failed": counters.failed,
        "removed": counters.removed,
        "bytes": counters.bytes,
        "seconds": round(seconds, 3),
    }


def _code(run: MirrorRun, finished: Run) -> int:
    if run.stopped is not None:
        print_error(run.stopped, as_json=False)
        return exit_code(run.stopped)
    return Exit.SOME_FAILED if finished.counters.failed else Exit.DONE


async def _report(app: App, target: Mirror, run: Run, seconds: float) -> None:
    """Print what the run did, in words; the reasons are those of its events."""
    counters = run.counters
    reasons: Counter[str] = Counter()
    failures: list[str] = []
    remarks: list[str] = []
    async for event in run_events(app.store, run.id):
        about = safe(event.filename or "")
        match event.code:
            case "skipped":
                reasons[str(event.details.get("reason", ""))] += 1
            case "failed":
                failures.append(f"{about}: {safe(str(event.details.get('error', '')))}")
            case _ if event.level == "warning":
                remarks.append(f"{about} {safe(event.message)}".strip())
    console.print(
        f"[bold]{safe(target.album_name)}[/] → {safe(target.place)}: "
        f"{counters.uploaded:,} put ({bytes_in_words(counters.bytes)}), "
        f"{counters.skipped:,} skipped or unchanged, {counters.removed:,} removed, "
        f"{counters.failed:,} failed, in {seconds:.1f} s."
    )
    if counters.total and not (counters.uploaded or counters.failed or counters.removed):
        console.print("  Nothing had to be done: the folder equals the album.")
    for reason, count in reasons.most_common():
        console.print(f"  {count:,} skipped: {safe(reason)}")
    for remark in remarks[:_FAILURES_SHOWN]:
        console.print(f"  [yellow]![/] {remark}")
    for failure in failures[:_FAILURES_SHOWN]:
        console.print(f"  [red]✗[/] {failure}")
    if len(failures) > _FAILURES_SHOWN or len(remarks) > _FAILURES_SHOWN:
        notes.print(f"  All of it: pentaprism runs show {run.id[:8]}")
