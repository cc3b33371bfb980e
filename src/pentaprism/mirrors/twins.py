"""Twins: what is known of the contents that a page of shots is about to bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pentaprism.assets import Role
from pentaprism.mirrors.execution import Job
from pentaprism.mirrors.placing import PlacedPart
from pentaprism.mirrors.sweep import remote_item
from pentaprism.store import Store
from pentaprism.store.records import Mirror


async def with_twins(store: Store, mirror: Mirror, jobs: Sequence[Job]) -> list[Job]:
    """Return ``jobs``, each with the files of other mirrors of this kind that hold the same."""
    wanted = {
        content
        for job in jobs
        for role, part in job.placed.parts.items()
        if (content := _content(role, part)) is not None
    }
    twins = await store.items.twins(mirror.kind, mirror.id, list(wanted))
    return [
        replace(
            job,
            twins={
                role: twin
                for role, part in job.placed.parts.items()
                if (twin := twins.get(_content(role, part) or b"")) is not None
            },
        )
        for job in jobs
    ]


async def known_here(store: Store, mirror: Mirror, jobs: Sequence[Job]) -> list[Job]:
    """Return ``jobs``, each with another item of this mirror that holds the same, if there is one.

    So a picture that was renamed or imported anew in Immich is known again by its content.
    """
    contents = {
        job.placed.put.asset.id: content
        for job in jobs
        if (part := job.placed.parts.get(Role.PRIMARY)) is not None
        and (content := _content(Role.PRIMARY, part)) is not None
    }
    held = await store.items.holding(mirror.id, sha1s=set(contents.values()))
    known = {(item.sha1, item.shot_id): item for item in held}
    by_content = {item.sha1: item for item in held}
    found = []
    for job in jobs:
        asset_id = job.placed.put.asset.id
        content = contents.get(asset_id)
        other = None if (content, asset_id) in known else by_content.get(content)
        found.append(replace(job, here=remote_item(other)) if other is not None else job)
    return found


def _content(role: Role, part: PlacedPart) -> bytes | None:
    """Return the SHA-1 that a part will have, where Immich knows it."""
    checksum = part.asset.checksum
    return checksum.sha1 if role is not Role.SIDECAR and checksum.of_content else None
