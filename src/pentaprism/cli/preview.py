"""``mirror --dry-run``: the plan, shown and not executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pentaprism.cli.exits import Exit
from pentaprism.cli.forecast import say_forecast
from pentaprism.cli.output import print_json, safe, say

if TYPE_CHECKING:
    from pentaprism.app import App, RunOptions
    from pentaprism.mirrors.definition import Definition
    from pentaprism.mirrors.preview import Row
    from pentaprism.store.records import Connection


async def show_plan(
    app: App,
    definition: Definition,
    connection: Connection,
    options: RunOptions,
    *,
    as_json: bool,
) -> int:
    """Print what a run would do; nothing is changed anywhere, not even our own records."""
    from pentaprism.mirrors.preview import Verb, rows

    target = await definition.draft(app.clock())
    stays = target.options.get("removals") == "keep"
    shown: list[Row] = []
    kept = puts = 0
    held: str | None = None
    async with app.run(target, connection, options) as run:
        async for planned in run.plan():
            held = planned.held or held
            for row in rows(planned, stays=stays, held=held is not None):
                kept += row.verb is Verb.KEEP
                puts += row.verb is Verb.PUT
                if row.verb in {Verb.KEEP, Verb.HELD}:
                    continue
                if as_json:
                    shown.append(row)
                else:
                    say(f"{_SIGNS[row.verb]} {safe(row.path)}  [dim]{safe(_reason(row))}[/]")
    if as_json:
        print_json({"dry_run": True, "keep": kept, "held": held, **_by_action(shown)})
        return Exit.DONE
    if held:
        say(f"[yellow]![/] nothing would be removed: {safe(held)}")
    await say_forecast(app, target, puts)
    say(f"{kept:,} are as they should be. Nothing was changed: this was a dry run.")
    return Exit.DONE


_SIGNS = {"put": "[green]+[/]", "skip": "[dim]·[/]", "leave": "=", "remove": "[red]-[/]"}


def _reason(row: Row) -> str:
    """Return a put's reason as one word, as scripts know it, and others in words."""
    return row.code if row.verb.value == "put" else row.reason


def _by_action(rows: list[Row]) -> dict[str, list[dict[str, Any]]]:
    named: dict[str, list[dict[str, Any]]] = {action: [] for action in _SIGNS}
    for row in rows:
        named[row.verb].append({"asset": row.asset_id, "path": row.path, "reason": _reason(row)})
    return named
