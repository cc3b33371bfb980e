"""What ``stacks`` prints: the plan of a push, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pentaprism.cli.output import error_as_json, print_table, safe, say, table

if TYPE_CHECKING:
    from pentaprism.stacks.planning import StackPlan
    from pentaprism.stacks.standing import Skip
    from pentaprism.stacks.work import Outcome
    from pentaprism.store import Connection, Store

_STEPS = {
    "create": "[green]+[/] make",
    "delete": "[red]-[/] delete",
    "show_first": "[yellow]~[/] show another first",
}
_REASONS = {
    "changed_in_immich": "somebody changed it in Immich since it was pushed",
    "stacked_by_somebody": "somebody stacked some of it in Immich",
    "unstacked_in_immich": "somebody unstacked it in Immich; stack it there to have it again",
    "in_two_groups": "one of its assets is in another group",
}


async def show_plan(store: Store, connection: Connection, plan: StackPlan) -> None:
    """Print the steps as a table, and what is left alone."""
    listed = [step.asset_ids for step in plan.steps]
    names = await _names(store, connection, [*listed, *(one.asset_ids for one in plan.skipped)])
    if plan.steps:
        shown = table("Step", "Stack, the first in front")
        for step in plan.steps:
            shown.add_row(_STEPS[step.kind], _joined(step.asset_ids, names))
        print_table(shown)
    _show_skipped(plan.skipped, names)
    say(
        f"Stacks as they should be: {plan.kept:,}. Steps to take: {len(plan.steps):,}. "
        "Nothing was changed: this was a dry run."
    )


async def show_work(store: Store, connection: Connection, outcome: Outcome) -> None:
    """Print what was done, what was left alone, and what was refused."""
    skipped = [skip.asset_ids for skip in outcome.skipped]
    refused = [one.asset_ids for one in outcome.failed]
    names = await _names(store, connection, [*skipped, *refused])
    _show_skipped(outcome.skipped, names)
    for one in outcome.failed:
        say(f"[red]✗[/] {_joined(one.asset_ids, names)}: {safe(one.reason)}")
    say(
        f"Stacks: {outcome.created:,} made, {outcome.changed:,} changed, "
        f"{outcome.deleted:,} deleted, {outcome.kept:,} as they should be, "
        f"{len(outcome.skipped):,} left alone, {len(outcome.failed):,} failed."
    )


def as_json_of_plan(plan: StackPlan) -> dict[str, Any]:
    """Return what scripts get of a dry run."""
    from pentaprism.store.library_records import StackStep

    return {
        "dry_run": True,
        "created": plan.count(StackStep.CREATE),
        "changed": plan.count(StackStep.SHOW_FIRST),
        "deleted": plan.count(StackStep.DELETE),
        "kept": plan.kept,
        "skipped": _skipped_as_json(plan.skipped),
        "steps": [
            {
                "step": step.kind,
                "stack": step.stack_id,
                "before": step.before,
                "after": step.after,
            }
            for step in plan.steps
        ],
    }


def as_json_of_work(outcome: Outcome) -> dict[str, Any]:
    """Return what scripts get of a push or an undo."""
    told: dict[str, Any] = {
        "dry_run": False,
        "push": outcome.push_id,
        "created": outcome.created,
        "changed": outcome.changed,
        "deleted": outcome.deleted,
        "kept": outcome.kept,
        "skipped": _skipped_as_json(outcome.skipped),
        "failed": [{"assets": one.asset_ids, "reason": one.reason} for one in outcome.failed],
    }
    if outcome.stopped is not None:
        told["error"] = error_as_json(outcome.stopped)
    return told


def _skipped_as_json(skipped: Iterable[Skip]) -> list[dict[str, Any]]:
    return [
        {"assets": skip.asset_ids, "reason": skip.reason, "stack": skip.stack_id}
        for skip in skipped
    ]


def _show_skipped(skipped: Iterable[Skip], names: dict[str, str]) -> None:
    for skip in skipped:
        which = f" (stack {skip.stack_id})" if skip.stack_id else ""
        say(f"[dim]·[/] {_joined(skip.asset_ids, names)}: {_REASONS[skip.reason]}{which}")


async def _names(
    store: Store, connection: Connection, listed: Iterable[Sequence[str]]
) -> dict[str, str]:
    ids = dict.fromkeys(asset_id for asset_ids in listed for asset_id in asset_ids)
    return await store.stacks.names(connection.id, ids.keys())


def _joined(asset_ids: Sequence[str], names: dict[str, str]) -> str:
    return safe(", ".join(names.get(asset_id, asset_id) for asset_id in asset_ids))
