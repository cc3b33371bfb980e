"""Groups and duplicates of a person's assets, without the files that are none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from pentaprism.assets import MediaType
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType, Kind
from pentaprism.store.asset_facts_queries import ALIKE, CONNECTION, MEMBERS
from pentaprism.store.asset_groups_records import (
    AlikeAsset,
    AssetDuplicates,
    AssetDuplicatesPage,
    AssetGroup,
    AssetGroupPage,
    Named,
    NamedAsset,
)
from pentaprism.store.database import Database
from pentaprism.store.duplicate_pages import Cursor as DuplicatesCursor
from pentaprism.store.duplicate_records import DuplicateGroup
from pentaprism.store.duplicates import Duplicates
from pentaprism.store.file_groups import FileGroups
from pentaprism.store.given import OF_IDS, given_ids
from pentaprism.store.group_pages import Cursor as GroupsCursor
from pentaprism.store.library_records import FileGroup
from pentaprism.store.library_tables import library_files

AT_ONCE = 500
"""Groups that are looked at in one go: those of files that are no assets are left out."""

_MOST_LOOKS = 10
"""How often that is done for one page, which may then be shorter than was asked for."""

_NAMES = select(
    library_files.c.asset_id, library_files.c.name, library_files.c.kind, library_files.c.size
).where(library_files.c.connection_id == CONNECTION, library_files.c.asset_id.in_(OF_IDS))


class AssetGroups:
    """The groups of all people, each told by the id of the Immich user."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups = FileGroups(database)
        self._duplicates = Duplicates(database)

    async def page(
        self,
        owner_id: str,
        *,
        type: GroupType | None = None,  # noqa: A002 - the word of the column
        text: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> AssetGroupPage:
        """Return up to ``limit`` groups with assets; see `FileGroups.page`."""

        async def look(after: str | None) -> tuple[Sequence[AssetGroup], str | None]:
            page = await self._groups.page(
                owner_id, type=type, text=text, after=after, limit=max(limit, AT_ONCE)
            )
            return await self._of_assets(owner_id, page.groups), page.next

        found, rest = await _gather(
            look, after, limit, lambda last: str(GroupsCursor(last.taken_at, last.id))
        )
        return AssetGroupPage(found, rest)

    async def duplicates_page(
        self,
        owner_id: str,
        *,
        label: Label | None = None,
        min_bytes: int | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> AssetDuplicatesPage:
        """Return up to ``limit`` groups of duplicates with assets; see `Duplicates.page`."""

        async def look(after: str | None) -> tuple[Sequence[AssetDuplicates], str | None]:
            page = await self._duplicates.page(
                owner_id, label=label, min_bytes=min_bytes, after=after, limit=max(limit, AT_ONCE)
            )
            return await self._alike(owner_id, page.groups), page.next

        found, rest = await _gather(
            look, after, limit, lambda last: str(DuplicatesCursor(last.bytes, last.id))
        )
        return AssetDuplicatesPage(found, rest)

    async def _of_assets(self, owner_id: str, groups: Sequence[FileGroup]) -> list[AssetGroup]:
        ids = [group.id for group in groups]
        rows = await self._rows(MEMBERS, owner_id, ids)
        names = await self._names(owner_id, {row[4] for row in rows})
        members: dict[str, dict[str, NamedAsset]] = {}
        primaries: dict[str, str] = {}
        for group_id, _, first, _, asset_id, _ in rows:
            if first:
                primaries.setdefault(group_id, asset_id)
            if asset_id in names:
                members.setdefault(group_id, {})[asset_id] = names[asset_id]
        return [
            AssetGroup(
                id=group.id,
                type=group.type,
                taken_at=group.taken_at,
                primary=primaries.get(group.id),
                members=tuple(members[group.id].values()),
            )
            for group in groups
            if group.id in members
        ]

    async def _alike(
        self, owner_id: str, groups: Sequence[DuplicateGroup]
    ) -> list[AssetDuplicates]:
        rows = await self._rows(ALIKE, owner_id, [group.id for group in groups])
        names = await self._names(owner_id, {row[8] for row in rows})
        members: dict[str, dict[str, AlikeAsset]] = {}
        for group_id, _, _, kept, score, shot, _, _, asset_id, _ in rows:
            if asset_id in names:
                one = AlikeAsset(names[asset_id], shot, bool(kept), score)
                members.setdefault(group_id, {}).setdefault(asset_id, one)
        return [
            AssetDuplicates(
                id=group.id,
                label=group.label,
                score=group.score,
                bytes=group.bytes,
                taken_at=group.taken_at,
                members=tuple(members[group.id].values()),
            )
            for group in groups
            if len({one.shot for one in members.get(group.id, {}).values()}) > 1
        ]

    async def _names(self, owner_id: str, asset_ids: Iterable[str]) -> Named:
        return {
            id_: NamedAsset(
                id_, name, MediaType.VIDEO if kind is Kind.VIDEO else MediaType.IMAGE, size
            )
            for id_, name, kind, size in await self._rows(_NAMES, owner_id, asset_ids)
        }

    async def _rows(self, query: Any, owner_id: str, ids: Iterable[str]) -> Sequence[Any]:
        async with self._database.read() as reader:
            return (await reader.execute(query, {"owner": owner_id, **given_ids(ids)})).all()


async def _gather[T](
    look: Callable[[str | None], Awaitable[tuple[Sequence[T], str | None]]],
    after: str | None,
    limit: int,
    cursor: Callable[[T], str],
) -> tuple[list[T], str | None]:
    """Return up to ``limit`` of what some looks find, and where the next page begins.

    ``look`` returns what comes after a place, and where it has ended, None at the very end.
    """
    found: list[T] = []
    for _ in range(_MOST_LOOKS):
        more, after = await look(after)
        found += more
        if len(found) > limit:
            del found[limit:]
            return found, cursor(found[-1])
        if after is None:
            break
    return found, after
