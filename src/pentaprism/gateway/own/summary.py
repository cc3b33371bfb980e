"""``/api/pentaprism/summary``: what somebody has, in figures."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from pentaprism.fingerprints.labels import Label
from pentaprism.gateway.own.asking import CurrentCaller, CurrentStore
from pentaprism.gateway.own.bodies import MIRROR_ID, WHEN, Answer, Name, example
from pentaprism.groups.files import GroupType
from pentaprism.store import ItemState, Mirror, Run, RunStatus, Store

router = APIRouter()

_ASSETS = {"total": 1200, "images": 1150, "videos": 50, "favourites": 40, "shots": 900}
_OF_LABEL = {"groups": 12, "bytes": 60_000_000}
_RUN = {
    "status": "OK",
    "reason": None,
    "started_at": WHEN,
    "finished_at": "2026-06-01T03:12:30Z",
    "uploaded": 12,
    "failed": 0,
}
_MIRROR = {
    "id": MIRROR_ID,
    "name": "Summer",
    "kind": "google_photos",
    "paused": False,
    "items": {"OK": 340, "FAILED": 2},
    "next_run_at": None,
    "last_run": _RUN,
}


class AssetsBody(Answer):
    """How many assets there are in Immich, as the index knows it."""

    model_config = example(**_ASSETS)

    total: int = Field(description="All that Immich shows: not the trash, nor what is hidden.")
    images: int = Field(description="Pictures, RAW files too.")
    videos: int = Field(description="Videos that are no part of a live photo.")
    favourites: int = Field(description="Those with a heart.")
    shots: int = Field(description="What is left when a group, and a burst, counts as one.")


class OfLabelBody(Answer):
    """The duplicates with one label."""

    model_config = example(**_OF_LABEL)

    groups: int = Field(description="How many groups there are.")
    bytes: int = Field(description="The bytes of all in them but what is proposed to be kept.")


class LastRunBody(Answer):
    """The newest run of a mirror."""

    model_config = example(**_RUN)

    status: RunStatus = Field(description="How it stands.")
    reason: str | None = Field(description="Why it did not end well, or waits.")
    started_at: datetime = Field(description="When it began.")
    finished_at: datetime | None = Field(description="When it ended; null while it has not.")
    uploaded: int = Field(description="How many files it has brought there.")
    failed: int = Field(description="How many it could not.")


class MirrorBody(Answer):
    """A mirror."""

    model_config = example(**_MIRROR)

    id: str = Field(description="Its id.")
    name: Name = Field(description="The name of its album.")
    kind: str = Field(description="The kind of its destination.")
    paused: bool = Field(description="Whether it rests.")
    items: dict[ItemState, int] = Field(description="How many shots stand how.")
    next_run_at: datetime | None = Field(description="When it runs next by itself.")
    last_run: LastRunBody | None = Field(description="Its newest run; null before the first.")


class SummaryBody(Answer):
    """What somebody has, in figures."""

    model_config = example(
        assets=_ASSETS,
        groups={"raw_jpeg": 300, "burst": 8},
        duplicates={"identical": _OF_LABEL},
        mirrors=[_MIRROR],
    )

    assets: AssetsBody = Field(description="What is in Immich.")
    groups: dict[GroupType, int] = Field(
        description="How many groups of each type there are, those of files in folders too."
    )
    duplicates: dict[Label, OfLabelBody] = Field(
        description="The groups of duplicates with each label, those of files in folders too."
    )
    mirrors: list[MirrorBody] = Field(description="The mirrors, the oldest first.")


@router.get("/summary")
async def get_summary(caller: CurrentCaller, store: CurrentStore) -> SummaryBody:
    """Return how many assets, shots, groups and duplicates you have, and how your mirrors stand."""
    owner_id = caller.user_id
    duplicates = await store.duplicates.counts(owner_id)
    return SummaryBody(
        assets=await _assets(store, owner_id),
        groups=dict(await store.file_groups.counts(owner_id)),
        duplicates={
            label: OfLabelBody(groups=count.groups, bytes=count.bytes)
            for label, count in duplicates.items()
        },
        mirrors=await _mirrors(store, owner_id),
    )


async def _assets(store: Store, owner_id: str) -> AssetsBody:
    counts = await store.asset_counts.of(owner_id)
    return AssetsBody(
        total=counts.images + counts.videos,
        images=counts.images,
        videos=counts.videos,
        favourites=counts.favourites,
        shots=counts.shots,
    )


async def _mirrors(store: Store, owner_id: str) -> list[MirrorBody]:
    runs = await store.runs.last_of(owner_id=owner_id)
    return [
        _mirror(mirror, await store.items.count(mirror.id), runs.get(mirror.id))
        for mirror in await store.mirrors.list(owner_id)
    ]


def _mirror(mirror: Mirror, items: dict[ItemState, int], run: Run | None) -> MirrorBody:
    return MirrorBody(
        id=mirror.id,
        name=mirror.album_name,
        kind=mirror.kind,
        paused=mirror.paused,
        items=items,
        next_run_at=mirror.next_run_at,
        last_run=None
        if run is None
        else LastRunBody(
            status=run.status,
            reason=run.reason,
            started_at=run.started_at,
            finished_at=run.finished_at,
            uploaded=run.counters.uploaded,
            failed=run.counters.failed,
        ),
    )
