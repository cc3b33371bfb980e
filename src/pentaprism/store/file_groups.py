"""Groups of files: lists of them, what is in them, and what that means for assets of Immich."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import starmap

from sqlalchemy import func, select

from pentaprism.errors import NotFoundError
from pentaprism.groups.files import GroupType
from pentaprism.store.asset_shots import AssetShots
from pentaprism.store.database import Database
from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.group_pages import (
    FEW,
    Cursor,
    Wanted,
    group_counts,
    groups_named,
    timed_groups,
    timeless_groups,
)
from pentaprism.store.group_records import AssetShot, GroupPage, WantedStack
from pentaprism.store.library_records import FileGroup, GroupMember
from pentaprism.store.library_tables import file_groups, group_members
from pentaprism.store.stack_wishes import StackWishes
from pentaprism.store.tables import columns_of

__all__ = ["AssetShot", "FileGroups", "GroupPage", "WantedStack"]

_GROUP = columns_of(FileGroup, file_groups)
_MEMBER = columns_of(GroupMember, group_members)
_BY_ID = select(*_GROUP).where(file_groups.c.id.in_(OF_IDS))
_MEMBERS = (
    select(*_MEMBER)
    .where(group_members.c.group_id.in_(OF_IDS))
    .order_by(group_members.c.primary.desc(), group_members.c.path, group_members.c.file_row)
)
_CONTAINING = (
    select(group_members.c.file_row, *_GROUP)
    .join_from(group_members, file_groups, group_members.c.group_id == file_groups.c.id)
    .where(group_members.c.file_row.in_(OF_ROWS))
    .order_by(group_members.c.file_row, file_groups.c.level)
)


class FileGroups:
    """The groups of all files; `pentaprism.store.neighbours` makes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asset_shots = AssetShots(database)
        self._stack_wishes = StackWishes(database)

    async def get(self, group_id: str) -> FileGroup:
        """Return a group; raises `NotFoundError` with code ``group_not_found``."""
        async with self._database.read() as reader:
            rows = await reader.execute(_BY_ID, given_ids([group_id]))
        found = list(starmap(FileGroup, rows))
        if not found:
            raise group_not_found(group_id)
        return found[0]

    async def members(self, group_ids: Collection[str]) -> Mapping[str, list[GroupMember]]:
        """Return the members of each group, its primary first, the others by path."""
        found: dict[str, list[GroupMember]] = {}
        async with self._database.read() as reader:
            rows = await reader.execute(_MEMBERS, given_ids(group_ids))
        for member in starmap(GroupMember, rows):
            found.setdefault(member.group_id, []).append(member)
        return found

    async def children(self, group_id: str) -> list[FileGroup]:
        """Return the shots of a burst that are groups themselves, in the order of their times."""
        query = (
            select(*_GROUP)
            .where(file_groups.c.within == group_id)
            .order_by(file_groups.c.taken_at, file_groups.c.primary_row)
        )
        async with self._database.read() as reader:
            return list(starmap(FileGroup, await reader.execute(query)))

    async def page(
        self,
        owner_id: str,
        *,
        type: GroupType | None = None,  # noqa: A002 - the word of the column
        source_id: str | None = None,
        text: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> GroupPage:
        """Return up to ``limit`` groups of a person, those taken last first, then those untimed.

        A shot within a burst is not in the list; see `children`. ``text`` is a part of the path of
        one of the files; its ASCII letters match in either case. ``after`` is `GroupPage.next` of
        the page before; `InvalidError` with code ``invalid_page`` if it is anything else.
        """
        wanted = Wanted(owner_id, type, source_id, text)
        cursor = None if after is None else Cursor.parse(after)
        found: list[FileGroup] = []
        async with self._database.read() as reader:
            if text:
                named = (await reader.execute(groups_named(wanted))).scalars().all()
                wanted = wanted if len(named) > FEW else replace(wanted, ids=tuple(named))
            if cursor is None or cursor.taken_at is not None:
                query = timed_groups(wanted, cursor, limit + 1)
                found += starmap(FileGroup, await reader.execute(query))
            if len(found) <= limit:
                query = timeless_groups(wanted, cursor, limit + 1 - len(found))
                found += starmap(FileGroup, await reader.execute(query))
        if len(found) <= limit:
            return GroupPage(found, None)
        last = found[limit - 1]
        return GroupPage(found[:limit], str(Cursor(last.taken_at, last.id)))

    async def counts(self, owner_id: str) -> Mapping[GroupType, int]:
        """Return how many groups of each type `page` would list, of the types that occur."""
        async with self._database.read() as reader:
            rows = await reader.execute(group_counts(owner_id))
        return {GroupType(type_): count for type_, count in rows}

    async def containing(self, file_rows: Collection[int]) -> Mapping[int, list[FileGroup]]:
        """Return the groups of each file that is in any: its shot, then its burst."""
        found: dict[int, list[FileGroup]] = {}
        async with self._database.read() as reader:
            rows = await reader.execute(_CONTAINING, given_rows(file_rows))
        for row, *group in rows:
            found.setdefault(row, []).append(FileGroup(*group))
        return found

    async def of_assets(
        self, connection_id: str, asset_ids: Sequence[str]
    ) -> Mapping[str, AssetShot]:
        """Return the shot of each asset that is in one, by itself or as a file in a root.

        Assets that are missing are in no shot.
        """
        return await self._asset_shots.of(connection_id, asset_ids)

    async def wanted_stacks(
        self, connection_id: str, *, size: int = 1000
    ) -> AsyncIterator[Sequence[WantedStack]]:
        """Yield what would be stacks in Immich, ``size`` groups at a time.

        A burst is one stack of the assets of all its shots. A file that is several assets counts
        once. Groups of which fewer than two files are assets of the connection are left out.
        """
        async for page in self._stack_wishes.of(connection_id, size=size):
            yield page

    async def count(self) -> int:
        """Return how many groups there are, of both levels."""
        async with self._database.read() as reader:
            return await reader.scalar(select(func.count()).select_from(file_groups)) or 0


def group_not_found(group_id: str) -> NotFoundError:
    """Return the error for a group that is not there, or is somebody else's."""
    return NotFoundError(
        f"There is no group {group_id}.",
        code="group_not_found",
        hint="A group that has changed may have another id: look at the list again.",
    )
