"""``stacks``: groups as Immich's stacks, and the way back."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.options import (
    CaOption,
    JsonOption,
    KeyOption,
    UrlOption,
    YesOption,
    confirm,
    opened,
    show_help,
    work,
)
from pentaprism.cli.output import notes, print_error, print_json, say
from pentaprism.cli.stack_report import as_json_of_plan, as_json_of_work, show_plan, show_work

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.immich import ImmichClient
    from pentaprism.stacks.planning import StackPlan
    from pentaprism.stacks.work import Outcome
    from pentaprism.store import Connection

app = typer.Typer(help="Push groups to Immich as stacks, and undo it.")

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
]


@app.callback(invoke_without_command=True)
def _help(context: typer.Context) -> None:
    """Push groups to Immich as stacks, and undo it."""
    show_help(context)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asked for."""

    url: str | None
    api_key: str | None
    ca_file: Path | None
    dry_run: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the commands work with."""

    app: App
    connection: Connection
    client: ImmichClient


@app.command()
def push(
    dry_run: DryRunOption = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make a stack in Immich of each group of your assets; the same again changes nothing.

    Stacks that somebody else made, or changed, stay as they are.
    """
    return work(_push(_Wish(url, api_key, ca_file, dry_run, yes, as_json)))


@app.command()
def undo(
    dry_run: DryRunOption = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Take the last push back; the same again takes back the one before."""
    return work(_undo(_Wish(url, api_key, ca_file, dry_run, yes, as_json)))


async def _push(wish: _Wish) -> int:
    from pentaprism.stacks.pushing import preview_push, push

    async with _opened(wish) as bench:
        await _read_library(bench, quiet=wish.as_json)
        store, client, connection = bench.app.store, bench.client, bench.connection
        asks = not wish.yes and sys.stdin.isatty()
        if wish.dry_run or asks:
            plan = await preview_push(
                store, client, connection, store.file_groups.wanted_stacks(connection.id)
            )
            if wish.dry_run:
                return await _show(bench, plan, as_json=wish.as_json)
            if plan.steps:
                confirm(f"Make or change {len(plan.steps):,} stacks in Immich?", yes=False)
        with _progress(quiet=wish.as_json) as tell:
            outcome = await push(
                store,
                client,
                connection,
                bench.app.clock,
                store.file_groups.wanted_stacks(connection.id),
                tell=tell,
            )
        return await _report(bench, outcome, as_json=wish.as_json)


async def _undo(wish: _Wish) -> int:
    from pentaprism.stacks.planning import StackPlan
    from pentaprism.stacks.pushing import preview_undo, undo
    from pentaprism.stacks.work import Outcome

    async with _opened(wish) as bench:
        store, client, connection = bench.app.store, bench.client, bench.connection
        asks = not wish.yes and sys.stdin.isatty()
        if wish.dry_run or asks:
            found = await preview_undo(store, client, connection)
            plan = StackPlan()
            if found is not None:
                plan = StackPlan(found.reversal.steps, skipped=found.reversal.skipped)
            if wish.dry_run:
                return await _show(bench, plan, as_json=wish.as_json)
            if found is not None and plan.steps:
                began = f"{found.push.started_at.astimezone():%Y-%m-%d %H:%M}"
                confirm(f"Undo the push of {began}, {len(plan.steps):,} stacks?", yes=False)
        with _progress(quiet=wish.as_json) as tell:
            outcome = await undo(store, client, connection, bench.app.clock, tell=tell)
        if outcome is None and not wish.as_json:
            say("There is no push that could be undone.")
            return Exit.DONE
        return await _report(bench, outcome or Outcome(), as_json=wish.as_json)


@asynccontextmanager
async def _opened(wish: _Wish) -> AsyncIterator[_Bench]:
    from pentaprism.immich import STACKS

    async with opened(wish.url, wish.api_key, wish.ca_file) as app_:
        connection = await app_.connection()
        async with app_.immich(connection) as client:
            # Before a long look at the library, which would be for nothing.
            needed = frozenset({"stack.read"}) if wish.dry_run else STACKS
            (await client.preflight(needed)).require()
            yield _Bench(app_, connection, client)


async def _read_library(bench: _Bench, *, quiet: bool) -> None:
    """Bring the index of the connection's assets, and their groups, up to date."""
    if not quiet:
        say("Reading the library…", to=notes)
    await bench.app.indexing.catalogue(bench.connection, bench.client)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    """Show on a terminal how far it is."""
    if quiet or not notes.is_terminal:
        yield lambda _: None
        return
    with notes.status("Looking at the stacks…") as status:
        yield lambda told: status.update(f"{told.done:,} of {told.expected:,} stacks")


async def _show(bench: _Bench, plan: StackPlan, *, as_json: bool) -> int:
    if as_json:
        print_json(as_json_of_plan(plan))
    else:
        await show_plan(bench.app.store, bench.connection, plan)
    return Exit.DONE


async def _report(bench: _Bench, outcome: Outcome, *, as_json: bool) -> int:
    if as_json:
        print_json(as_json_of_work(outcome))
    else:
        await show_work(bench.app.store, bench.connection, outcome)
        if outcome.stopped is not None:
            print_error(outcome.stopped, as_json=False)
    if outcome.stopped is not None:
        return exit_code(outcome.stopped)
    return Exit.SOME_FAILED if outcome.failed else Exit.DONE
