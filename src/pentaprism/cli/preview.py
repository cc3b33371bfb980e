"""``mirror --dry-run``: the plan, shown and not executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pentaprism.cli.exits import Exit
from pentaprism.cli.output import console, print_json, safe

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.mirrors.definition import Definition
    from pentaprism.mirrors.run import Planned
    from pentaprism.store.records import Connection


async def show_plan(
    app: App, definition: Definition, connection: Connection, *, as_json: bool
) -> int:
    """Print what a run would do; nothing is changed anywhere, not even our own records."""
    target = await definition.draft(app.clock())
    rows: list[dict[str, Any]] = []
    kept = 0
    held: str | None = None
    async with app.run(target, connection) as run:
        async for planned in run.plan():
            more, unchanged = _rows(planned)
            kept += unchanged
            held = planned.held or held
            if as_json:
                rows += more
                continue
            for row in more:
                _print_row(row)
    if as_json:
        named = {
            action: [_without_action(row) for row in rows if row["action"] == action]
            for action in ("put", "skip", "remove")
        }
        print_json({"dry_run": True, "keep": kept, "held": held, **named})
        return Exit.DONE
    console.print(f"{kept:,} are as they should be. Nothing was changed: this was a dry run.")
    if held:
        console.print(f"[yellow]![/] nothing would be removed: {safe(held)}")
    return Exit.DONE


def _rows(planned: Planned) -> tuple[list[dict[str, Any]], int]:
    """Return a row for each action that does something, and how many do nothing."""
    from pentaprism.assets import Role
    from pentaprism.mirrors.outcomes import CAUSES, SKIP_REASONS
    from pentaprism.mirrors.plan import Keep, Put, Remove, Skip

    rows: list[dict[str, Any]] = []
    kept = 0
    for action in planned.actions:
        match action:
            case Put(asset, reasons, recorded):
                path = planned.paths.get(asset.id, {}).get(Role.PRIMARY)
                known = recorded.get(Role.PRIMARY)
                where = str(path) if path else known.item.path if known else asset.filename
                reason = next(iter(reasons.values())).value
                rows.append(_row("put", asset.id, where, reason))
            case Skip(asset, why):
                rows.append(_row("skip", asset.id, asset.filename, SKIP_REASONS[why]))
            case Remove(items, cause):
                rows.append(_row("remove", items[0].asset_id, items[0].path, CAUSES[cause]))
            case Keep():
                kept += 1
    return rows, kept


def _row(action: str, asset_id: str, path: str | None, reason: str) -> dict[str, Any]:
    return {"action": action, "asset": asset_id, "path": path, "reason": reason}


def _without_action(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "action"}


def _print_row(row: dict[str, Any]) -> None:
    sign = {"put": "[green]+[/]", "skip": "[dim]·[/]", "remove": "[red]-[/]"}[row["action"]]
    console.print(f"{sign} {safe(str(row['path']))}  [dim]{safe(row['reason'])}[/]")
