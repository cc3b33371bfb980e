"""What the losers have and the keeper has not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pentaprism.resolution.seen import SeenAsset
from pentaprism.store.journal_records import PlannedStep, StepKind


def merge_steps(keeper: Sequence[SeenAsset], losers: Sequence[SeenAsset]) -> list[PlannedStep]:
    """Return the steps that give the first of the keeper's assets what the losers have.

    An album counts as the keeper's where any of its assets is in it. All metadata is one step:
    Immich may lose the second of two changes in a row.
    """
    return [
        *_albums(keeper, losers),
        *_covers(keeper, losers),
        *_metadata(keeper[0], losers),
        *_tags(keeper[0], losers),
    ]


def joined(text: str, losers: Iterable[SeenAsset]) -> str:
    """Return ``text`` and, on lines of their own, those descriptions that it does not contain."""
    for asset in losers:
        more = asset.description.strip()
        if more and not re.search(rf"(?<!\w){re.escape(more)}(?!\w)", text):
            text = f"{text}\n{more}" if text.strip() else more
    return text


def _albums(keeper: Sequence[SeenAsset], losers: Sequence[SeenAsset]) -> Iterator[PlannedStep]:
    there = {album.id for asset in keeper for album in asset.albums}
    missing = {album.id: album for asset in losers for album in asset.albums}
    for id_, album in missing.items():
        if id_ not in there:
            yield PlannedStep(StepKind.ALBUM, keeper[0].id, id_, album.name, False, True)


def _covers(keeper: Sequence[SeenAsset], losers: Sequence[SeenAsset]) -> Iterator[PlannedStep]:
    """Put the keeper where a loser is the cover: Immich would choose another one for good."""
    going = {asset.id for asset in losers}
    for album in {album.id: album for asset in losers for album in asset.albums}.values():
        if album.cover_id in going and album.editable:
            inside = (a.id for a in keeper if album.id in {one.id for one in a.albums})
            shown = next(inside, keeper[0].id)
            yield PlannedStep(StepKind.COVER, shown, album.id, album.name, album.cover_id, shown)


def _metadata(keeper: SeenAsset, losers: Sequence[SeenAsset]) -> Iterator[PlannedStep]:
    before, after = metadata(keeper), _merged(keeper, losers)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        yield PlannedStep(
            StepKind.METADATA,
            keeper.id,
            None,
            None,
            {name: before[name] for name in changed},
            {name: after[name] for name in changed},
        )


def metadata(asset: SeenAsset) -> dict[str, Any]:
    """Return the metadata that is merged, by name, as the journal has it."""
    return {
        "favourite": asset.favourite,
        "description": asset.description,
        "rating": asset.rating,
        "place": None if asset.place is None else list(asset.place),
    }


def _merged(keeper: SeenAsset, losers: Sequence[SeenAsset]) -> dict[str, Any]:
    # Immich does not keep -1, which says that a picture was rejected.
    ratings = [asset.rating for asset in losers if asset.rating and asset.rating > 0]
    places = [list(asset.place) for asset in losers if asset.place is not None]
    merged = metadata(keeper)
    merged["favourite"] |= any(asset.favourite for asset in losers)
    merged["description"] = joined(keeper.description, losers)
    if merged["rating"] is None and ratings:
        merged["rating"] = max(ratings)
    if merged["place"] is None and places:
        merged["place"] = places[0]
    return merged


def _tags(keeper: SeenAsset, losers: Sequence[SeenAsset]) -> Iterator[PlannedStep]:
    there = {tag.id for tag in keeper.tags}
    tags = {tag.id: tag.value for asset in losers for tag in asset.tags}
    missing = [[id_, value] for id_, value in tags.items() if id_ not in there]
    if missing:
        yield PlannedStep(StepKind.TAGS, keeper.id, None, None, [], missing)
