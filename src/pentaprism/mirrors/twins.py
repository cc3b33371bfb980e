"""Twins: files of other mirrors that hold the content which a shot is about to download."""

from __future__ import annotations

from collections.abc import Sequence

from pentaprism.assets import Role
from pentaprism.mirrors.execution import Job
from pentaprism.mirrors.placing import PlacedPart, PlacedPut
from pentaprism.store import Store
from pentaprism.store.records import Mirror


async def with_twins(store: Store, mirror: Mirror, placed: Sequence[PlacedPut]) -> list[Job]:
    """Return jobs for ``placed``, each with what other mirrors of this kind hold already."""
    wanted = {
        content
        for put in placed
        for role, part in put.parts.items()
        if (content := _content(role, part)) is not None
    }
    twins = await store.items.twins(mirror.kind, mirror.id, list(wanted))
    return [
        Job(
            put,
            {
                role: twin
                for role, part in put.parts.items()
                if (twin := twins.get(_content(role, part) or b"")) is not None
            },
        )
        for put in placed
    ]


def _content(role: Role, part: PlacedPart) -> bytes | None:
    """Return the SHA-1 that a part will have, where Immich knows it."""
    checksum = part.asset.checksum
    return checksum.sha1 if role is not Role.SIDECAR and checksum.of_content else None
