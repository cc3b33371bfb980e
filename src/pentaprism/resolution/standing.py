"""How far a step is, told by what stands in Immich."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pentaprism.resolution.merging import metadata
from pentaprism.resolution.seen import SeenAsset, SeenStack
from pentaprism.store.journal_records import ResolutionStep, StepKind

_NEAR = 2e-6
"""Degrees: Immich keeps six decimals of a place."""


class Stand(StrEnum):
    """What stands in Immich: as before the step, as after it, some of both, or something else."""

    BEFORE = "before"
    AFTER = "after"
    MIXED = "mixed"
    OTHER = "other"


def assets_of(step: ResolutionStep) -> list[str]:
    """Return the assets that tell how far a step is."""
    if step.asset_id is not None:
        covered = [step.before] if step.kind is StepKind.COVER else []
        return [step.asset_id, *covered]
    return list(dict.fromkeys([*step.before, *step.after]))


def stand_of(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> Stand:
    """Return how far ``step`` is; ``seen`` are its assets as they are now, but those gone."""
    if step.kind is StepKind.TRASH:
        return _trashed(step, seen)
    if step.kind in {StepKind.STACK, StepKind.UNSTACK, StepKind.SHOW_FIRST}:
        return _stacked(step, seen)
    if step.kind is StepKind.COVER:
        return _covered(step, seen)
    asset = seen.get(step.asset_id or "")
    return Stand.OTHER if asset is None else _merged(step, asset)


def fields_as_left(step: ResolutionStep, asset: SeenAsset) -> list[str]:
    """Return the names of the metadata that is as a step has left it."""
    now = metadata(asset)
    return [name for name, value in step.after.items() if _same(now[name], value)]


def _merged(step: ResolutionStep, asset: SeenAsset) -> Stand:
    if step.kind is StepKind.ALBUM:
        there = any(album.id == step.target for album in asset.albums)
        return Stand.AFTER if there else Stand.BEFORE
    if step.kind is StepKind.TAGS:
        return _all_or_none([id_ in {tag.id for tag in asset.tags} for id_, _ in step.after])
    return _changed(step, asset)


def _changed(step: ResolutionStep, asset: SeenAsset) -> Stand:
    now, left = metadata(asset), fields_as_left(step, asset)
    if len(left) == len(step.after):
        return Stand.AFTER
    if all(_same(now[name], value) for name, value in step.before.items()):
        return Stand.BEFORE
    return Stand.MIXED if left else Stand.OTHER


def _covered(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> Stand:
    albums = (album for id_ in assets_of(step) if id_ in seen for album in seen[id_].albums)
    cover = next((album.cover_id for album in albums if album.id == step.target), None)
    if cover == step.after:
        return Stand.AFTER
    return Stand.BEFORE if cover == step.before else Stand.OTHER


def _trashed(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> Stand:
    """Tell by those that are left: what is gone was emptied from the trash."""
    return _all_or_none([id_ not in seen or seen[id_].trashed for id_ in step.after])


def _stacked(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> Stand:
    shown = [id_ for id_ in assets_of(step) if id_ in seen and _is_shown(seen[id_])]
    stacks = {stack.id: stack for id_ in shown if (stack := seen[id_].stack) is not None}
    if step.kind is StepKind.STACK:
        if any(_looks_like(stack, step.after, shown) for stack in stacks.values()):
            return Stand.AFTER
        return Stand.OTHER if stacks else Stand.BEFORE
    stack = stacks.get(step.target or "")
    if step.kind is StepKind.UNSTACK and stack is None:
        return Stand.OTHER if stacks else Stand.AFTER
    if stack is None:
        # Of a stack that shows a single asset Immich tells nothing.
        return Stand.AFTER if shown == step.after[:1] and not stacks else Stand.OTHER
    if step.after and _looks_like(stack, step.after, shown):
        return Stand.AFTER
    return Stand.BEFORE if _looks_like(stack, step.before, shown) else Stand.OTHER


def stack_like(step: ResolutionStep, seen: Mapping[str, SeenAsset]) -> str | None:
    """Return the id of the stack that a step has made, if it stands."""
    shown = [id_ for id_ in step.after if id_ in seen and _is_shown(seen[id_])]
    stacks = (seen[id_].stack for id_ in shown)
    found = (s.id for s in stacks if s is not None and _looks_like(s, step.after, shown))
    return next(found, None)


def _looks_like(stack: SeenStack, asset_ids: Sequence[str], shown: Sequence[str]) -> bool:
    here = [id_ for id_ in asset_ids if id_ in shown]
    in_front = asset_ids[0] not in shown or stack.asset_ids[0] == asset_ids[0]
    return set(stack.asset_ids) == set(here) and in_front


def _is_shown(asset: SeenAsset) -> bool:
    return not (asset.trashed or asset.hidden or asset.locked)


def _all_or_none(done: Sequence[bool]) -> Stand:
    if all(done):
        return Stand.AFTER
    return Stand.MIXED if any(done) else Stand.BEFORE


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        # Immich drops blanks around a description.
        return one.strip() == other.strip()
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))
    return bool(one == other)
