"""The calls of steps: what Immich is asked for, and what takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentaprism.errors import PermanentError
from pentaprism.immich import Outcome
from pentaprism.resolution.looking import ImmichAssets
from pentaprism.store.journal_records import ResolutionStep, StepKind

_BESIDE = frozenset({"description", "rating", "place"})
"""What Immich writes into a sidecar as well, and reads back from there."""

_FEWEST = 2


async def ask(client: ImmichAssets, step: ResolutionStep) -> str | None:
    """Ask for a step, and return the id of the stack that was made, if one was."""
    asset_id = step.asset_id or ""
    match step.kind:
        case StepKind.ALBUM:
            _check(await client.add_to_album(step.target or "", [asset_id]), step)
        case StepKind.COVER:
            await client.set_album_cover(step.target or "", step.after)
        case StepKind.METADATA:
            await change(client, asset_id, step.after)
        case StepKind.TAGS:
            since = (await client.asset_state(asset_id)).updated_at
            await client.tag_assets([id_ for id_, _ in step.after], [asset_id])
            await client.wait_for_metadata(asset_id, since)
        case StepKind.UNSTACK:
            await client.delete_stack(step.target or "")
        case StepKind.STACK:
            return (await client.create_stack(step.after)).id
        case StepKind.SHOW_FIRST:
            await client.show_first(step.target or "", step.after[0])
        case StepKind.TRASH:
            await client.trash(step.after)
    return None


async def change(client: ImmichAssets, asset_id: str, values: dict[str, Any]) -> None:
    """Change metadata, named as in the journal, in one call; return when Immich is done."""
    named: dict[str, Any] = {
        {"favourite": "is_favorite"}.get(name, name): value
        for name, value in values.items()
        if name != "place"
    }
    if "place" in values:
        named["latitude"], named["longitude"] = values["place"] or (None, None)
    since = await client.change_asset(asset_id, **named)
    if not _BESIDE.isdisjoint(values):
        await client.wait_for_metadata(asset_id, since)


async def untag(client: ImmichAssets, asset_id: str, tag_ids: Sequence[str]) -> None:
    """Take tags from an asset, one after the other."""
    for tag_id in tag_ids:
        since = (await client.asset_state(asset_id)).updated_at
        await client.untag_assets(tag_id, [asset_id])
        await client.wait_for_metadata(asset_id, since)


async def take_out(client: ImmichAssets, step: ResolutionStep) -> None:
    """Take an asset out of the album that a step has put it in."""
    _check(await client.remove_from_album(step.target or "", [step.asset_id or ""]), step)


async def stack_again(client: ImmichAssets, asset_ids: Sequence[str]) -> str | None:
    """Make a stack of what is left of one, and return its id; a single asset makes none."""
    if len(asset_ids) < _FEWEST:
        return None
    return (await client.create_stack(asset_ids)).id


def _check(outcomes: dict[str, Outcome], step: ResolutionStep) -> None:
    if Outcome.REFUSED in outcomes.values():
        raise PermanentError(
            f"Immich does not let this key change the album {step.name}.",
            code="album_refused",
            hint="Ask the owner of the album for the right to edit it.",
        )
