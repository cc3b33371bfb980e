"""What is known of assets beside what Immich knows: their groups, duplicates and mirrors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentaprism.store.alikeness import AlikeGroups
from pentaprism.store.asset_facts_queries import ALIKE, ASKED, MEMBERS, MIRRORED, PAIRS
from pentaprism.store.asset_facts_records import (
    AssetFacts,
    DuplicateFact,
    GroupFact,
    MirrorFact,
)
from pentaprism.store.database import Database
from pentaprism.store.given import given_ids
from pentaprism.store.reading import Reader


class AssetFactsOfPeople:
    """What is known of assets, as the person sees it whose they are.

    A person is told of by the id of the Immich user. Groups and duplicates are those of the
    person's own assets, and only assets are told of them that are in Immich as far as the index
    knows; mirrors are the person's own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, owner_id: str, asset_ids: Sequence[str], *, bursts: bool = True
    ) -> Mapping[str, AssetFacts]:
        """Return what is known of those of ``asset_ids`` of which anything is.

        Five statements at most, however many assets there are. Without ``bursts`` the group of an
        asset is its shot even where that is part of a burst.
        """
        if not asset_ids:
            return {}
        values = {"owner": owner_id, **given_ids(asset_ids)}
        async with self._database.read() as reader:
            asked, mirrored = await asyncio.gather(
                _rows(reader, ASKED, values), _rows(reader, MIRRORED, values)
            )
            outer = {row[0]: row[2 if bursts else 3] for row in asked}
            alike = {row[4] for row in asked if row[4] is not None}
            groups, duplicates = await asyncio.gather(
                _groups(reader, owner_id, {group for group in outer.values() if group}),
                _duplicates(reader, owner_id, alike),
            )
        mirrors = _mirrors(mirrored)
        found = {
            asset_id: AssetFacts(
                groups.get(outer[asset_id]),
                duplicates.of(group_id, asset_id, row) if group_id else (),
                mirrors.pop(asset_id, ()),
            )
            for asset_id, row, _, _, group_id in asked
        }
        found |= {asset_id: AssetFacts(mirrors=facts) for asset_id, facts in mirrors.items()}
        nothing = AssetFacts()
        return {asset_id: facts for asset_id, facts in found.items() if facts != nothing}


async def _rows(reader: Reader, query: Any, values: dict[str, Any]) -> Sequence[Any]:
    return (await reader.execute(query, values)).all()


async def _groups(
    reader: Reader, owner_id: str, group_ids: Iterable[str]
) -> Mapping[str | None, GroupFact]:
    """Return groups with their assets, the first one's first."""
    values = {"owner": owner_id, **given_ids(group_ids)}
    types: dict[str, Any] = {}
    primaries: dict[str, str] = {}
    members: dict[str, dict[str, None]] = {}
    for group_id, type_, first, _, asset_id, _ in (
        await _rows(reader, MEMBERS, values) if group_ids else ()
    ):
        types[group_id] = type_
        if first:
            primaries.setdefault(group_id, asset_id)
        members.setdefault(group_id, {})[asset_id] = None
    return {
        group_id: GroupFact(group_id, type_, primaries.get(group_id), tuple(members[group_id]))
        for group_id, type_ in types.items()
    }


async def _duplicates(reader: Reader, owner_id: str, group_ids: Iterable[str]) -> AlikeGroups:
    if not group_ids:
        return AlikeGroups((), ())
    values = {"owner": owner_id, **given_ids(group_ids)}
    alike, pairs = await asyncio.gather(
        _rows(reader, ALIKE, values), _rows(reader, PAIRS, given_ids(group_ids))
    )
    return AlikeGroups(alike, pairs)


def _mirrors(rows: Iterable[Any]) -> dict[str, tuple[MirrorFact, ...]]:
    found: dict[str, dict[str, MirrorFact]] = {}
    for asset_id, mirror_id, state in rows:
        found.setdefault(asset_id, {}).setdefault(mirror_id, MirrorFact(mirror_id, state))
    return {asset_id: tuple(facts.values()) for asset_id, facts in found.items()}


__all__ = ["AssetFacts", "AssetFactsOfPeople", "DuplicateFact", "GroupFact", "MirrorFact"]
