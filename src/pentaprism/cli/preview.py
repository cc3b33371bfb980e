"""``mirror --dry-run``: the plan, shown and not executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pentaprism.cli.exits import Exit
from pentaprism.cli.forecast import say_forecast
from pentaprism.cli.output import print_json, safe, say

if TYPE_CHECKING:
    from pentaprism.app import App, RunOptions
    from pentaprism.mirrors.definition import Definition
    from pentaprism.mirrors.work import Planned
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
    target = await definition.draft(app.clock())
    stays = target.options.get("removals") == "keep"
    rows: list[_Row] = []
    kept = puts = 0
    held: str | None = None
    async with app.run(target, connection, options) as run:
        async for planned in run.plan():
            more, unchanged = _rows(planned, stays=stays)
            kept += unchanged
            puts += sum(row.action == "put" for row in more)
            held = planned.held or held
            if as_json:
                rows += more
                continue
            for row in more:
                say(f"{_SIGNS[row.action]} {safe(row.path)}  [dim]{safe(row.reason)}[/]")
    if as_json:
        print_json({"dry_run": True, "keep": kept, "held": held, **_by_action(rows)})
        return Exit.DONE
    if held:
        say(f"[yellow]![/] nothing would be removed: {safe(held)}")
    await say_forecast(app, target, puts)
    say(f"{kept:,} are as they should be. Nothing was changed: this was a dry run.")
    return Exit.DONE


_SIGNS = {"put": "[green]+[/]", "skip": "[dim]·[/]", "leave": "=", "remove": "[red]-[/]"}


@dataclass(frozen=True, slots=True)
class _Row:
    """What would be done about one shot: put, skip, leave (though out of the album), remove."""

    action: str
    asset_id: str
    path: str
    reason: str


def _rows(planned: Planned, *, stays: bool) -> tuple[list[_Row], int]:
    """Return a row for each action that does something, and how many do nothing.

    ``stays`` tells that the files of what left the album are kept.
    """
    from pentaprism.assets import Role
    from pentaprism.mirrors.outcomes import CAUSES, skip_reason
    from pentaprism.mirrors.plan import Keep, Put, Remove, Skip

    rows: list[_Row] = []
    kept = 0
    for action in planned.actions:
        match action:
            case Put(asset, reasons, recorded):
                path = planned.paths.get(asset.id, {}).get(Role.PRIMARY)
                known = recorded.get(Role.PRIMARY)
                where = str(path) if path else known.item.path if known else None
                reason = next(iter(reasons.values())).value
                rows.append(_Row("put", asset.id, where or asset.filename, reason))
            case Skip(asset):
                rows.append(_Row("skip", asset.id, asset.filename, skip_reason(action)))
            case Remove(items, cause) if any(item.remote_id is not None for item in items):
                verb, path_there = "leave" if stays else "remove", items[0].path
                rows.append(
                    _Row(verb, items[0].asset_id, path_there or items[0].filename, CAUSES[cause])
                )
            case Remove():
                pass  # it was never put, so there is nothing to see
            case Keep():
                kept += 1
    return rows, kept


def _by_action(rows: list[_Row]) -> dict[str, list[dict[str, Any]]]:
    named: dict[str, list[dict[str, Any]]] = {action: [] for action in _SIGNS}
    for row in rows:
        named[row.action].append({"asset": row.asset_id, "path": row.path, "reason": row.reason})
    return named
