"""Bulk: groups in which nothing can be lost, resolved by rule after a preview."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from pentaprism.fingerprints.labels import Label
from pentaprism.resolution.decision import Decision
from pentaprism.resolution.grouped import decide_all
from pentaprism.store import Store
from pentaprism.store.duplicate_records import DuplicateGroup

_PAGE = 100
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class BulkChoice:
    """Which groups a bulk is about: those of a label, and with a file in or below a folder."""

    label: Label = Label.IDENTICAL
    folder: str | None = None
    source_id: str | None = None


class LeftOut(StrEnum):
    """Why a group is not resolved in bulk."""

    NOT_COVERED = "not_covered"
    KEEPER_NOT_IN_IMMICH = "keeper_not_in_immich"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _LEFT_OUT[self]


_LEFT_OUT = {
    LeftOut.NOT_COVERED: "Not every file of the others is in the keeper, byte for byte.",
    LeftOut.KEEPER_NOT_IN_IMMICH: (
        "What is to be kept is not in Immich, so the picture would vanish there."
    ),
}


@dataclass(slots=True)
class BulkPreview:
    """What a bulk would do, by what the index knows.

    ``assets`` go to Immich's trash, which are of ``bytes``; ``marked`` files in folders are noted.
    ``left_out`` counts groups by the reason, and ``examples`` are the ids of some.
    """

    groups: int = 0
    assets: int = 0
    bytes: int = 0
    marked: int = 0
    left_out: dict[LeftOut, int] = field(default_factory=dict)
    examples: dict[LeftOut, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: LeftOut, group_id: str) -> None:
        """Count a group that is left out."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        some = self.examples.setdefault(reason, [])
        if len(some) < _EXAMPLES:
            some.append(group_id)


async def preview_bulk(store: Store, owner_id: str, choice: BulkChoice) -> BulkPreview:
    """Return what `chosen` would be resolved; Immich is not asked, and nothing is changed."""
    preview = BulkPreview()
    async for page in _pages(store, owner_id, choice, bulk=False):
        for group in page:
            preview.leave_out(LeftOut.NOT_COVERED, group.id)
    async for page in _pages(store, owner_id, choice, bulk=True):
        for decision in await decide_all(store, page):
            _count(preview, decision)
    return preview


async def chosen(store: Store, owner_id: str, choice: BulkChoice) -> list[str]:
    """Return the ids of the groups that a bulk resolves."""
    ids: list[str] = []
    async for page in _pages(store, owner_id, choice, bulk=True):
        decisions = await decide_all(store, page)
        ids += [one.group_id for one in decisions if not leaves_immich(one)]
    return ids


def leaves_immich(decision: Decision) -> bool:
    """Tell whether losers are in Immich, and the keeper is not there."""
    ids = decision.connection_ids()
    return bool(ids) and not decision.keeper.assets(ids[0])


def _count(preview: BulkPreview, decision: Decision) -> None:
    if leaves_immich(decision):
        preview.leave_out(LeftOut.KEEPER_NOT_IN_IMMICH, decision.group_id)
        return
    preview.groups += 1
    ids = decision.connection_ids()
    for shot in decision.losers:
        assets = shot.assets(ids[0]) if ids else ()
        preview.assets += len(assets)
        preview.bytes += sum(file.size or 0 for file in assets)
        preview.marked += len(shot.in_roots)


async def _pages(
    store: Store, owner_id: str, choice: BulkChoice, *, bulk: bool
) -> AsyncIterator[list[DuplicateGroup]]:
    after: str | None = None
    while True:
        page = await store.duplicates.page(
            owner_id,
            label=choice.label,
            folder=choice.folder,
            source_id=choice.source_id,
            bulk=bulk,
            after=after,
            limit=_PAGE,
        )
        yield list(page.groups)
        after = page.next
        if after is None:
            return
