"""A library index for tests: files and assets put straight into its tables, as scans would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from databases import place_database
from sqlalchemy import bindparam, insert, select, update

from pentaprism.groups.files import Precision
from pentaprism.groups.keys import keys_of
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.rules import RULES, Rules
from pentaprism.library.regrouping import Regrouped, Regrouping
from pentaprism.store import Connection, Secrets, Store
from pentaprism.store.file_groups import FileGroups
from pentaprism.store.library_records import FileGroup, RootState, Watching
from pentaprism.store.library_tables import library_files, pushed_stacks, roots, stack_pushes

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
NOW = datetime(2024, 6, 1, 8, tzinfo=UTC)
NOON = datetime(2024, 5, 1, 12)  # noqa: DTZ001 - wall-clock time


def noon(milliseconds: float = 0) -> datetime:
    """A wall-clock time shortly after noon."""
    return NOON + timedelta(milliseconds=milliseconds)


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as a test looks at it: names of files, without ids."""

    type: str
    primary: str
    members: tuple[str, ...]
    level: int = 0


class Library:
    """An index of a person's files; writes what scanning and the catalogue would write."""

    def __init__(self, store: Store, rules: Rules = RULES) -> None:
        self.store = store
        self.rules = rules
        self.now = NOW

    @property
    def groups(self) -> FileGroups:
        return self.store.file_groups

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    async def root(self, name: str = "photos", owner_id: str = "user") -> str:
        values = {
            "id": f"root-{name}",
            "owner_id": owner_id,
            "name": name,
            "path": f"/media/{name}",
            "watching": Watching.OFF,
            "state": RootState.PRESENT,
            "created_at": NOW,
        }
        await self.write(insert(roots), [values])
        return f"root-{name}"

    async def connection(self, user_id: str = "user") -> Connection:
        return await self.store.connections.save(
            url="http://immich.test",
            api_key="key",
            user_id=user_id,
            user_name="Ada",
            user_email="ada@example.test",
            server_version="3.0.0",
            name="Home",
            ca_file=None,
        )

    async def files(
        self, root_id: str, paths: Sequence[str] | Mapping[str, datetime | None], **fields: Any
    ) -> dict[str, int]:
        """Add files, at noon or at the given times, and return their rows."""
        times = paths if isinstance(paths, Mapping) else dict.fromkeys(paths, NOON)
        await self.write(
            insert(library_files),
            [
                {"root_id": root_id, **self._row(root_id, path, time), **fields}
                for path, time in times.items()
            ],
        )
        return {path: await self.row_of(root_id, path) for path in times}

    async def assets(
        self, connection_id: str, names: Mapping[str, str], **fields: Any
    ) -> dict[str, int]:
        """Add assets, whose ids lead to their names (or paths), and return the row of each id."""
        time = fields.pop("taken_at", NOON)
        await self.write(
            insert(library_files),
            [
                {
                    "connection_id": connection_id,
                    "asset_id": asset_id,
                    **self._row(connection_id, name, time),
                    **fields,
                }
                for asset_id, name in names.items()
            ],
        )
        query = select(library_files.c.asset_id, library_files.c.row).where(
            library_files.c.connection_id == connection_id,
            library_files.c.asset_id.in_(list(names)),
        )
        async with self.store._database.read() as reader:
            return {str(asset_id): row for asset_id, row in await reader.execute(query)}

    async def change(self, row: int, **values: Any) -> None:
        """Change a row, as something that noticed a change does."""
        statement = update(library_files).where(library_files.c.row == bindparam("b_row"))
        changed: dict[str, Any] = {name: bindparam(f"b_{name}") for name in (*values, "grouped")}
        await self.write(
            statement.values(changed),
            [{"b_row": row, "b_grouped": False, **{f"b_{k}": v for k, v in values.items()}}],
        )

    async def rename(self, row: int, source_id: str, path: str) -> None:
        """Give a row another path, as after a rename."""
        await self.change(row, **self._names(source_id, path))

    async def push_stack(
        self, connection_id: str, stack_id: str, asset_ids: Sequence[str], push: str = "push"
    ) -> None:
        """Note that a stack is ours."""
        made = {"id": push, "connection_id": connection_id, "started_at": NOW}
        await self.write(insert(stack_pushes), [made])
        stack = {
            "stack_id": stack_id,
            "connection_id": connection_id,
            "push_id": push,
            "asset_ids": list(asset_ids),
        }
        await self.write(insert(pushed_stacks), [stack])

    async def regroup(self) -> Regrouped:
        return await Regrouping(self.store, self.rules, self.clock).regroup()

    async def shown(self, owner_id: str = "user", **narrowed: Any) -> list[Shown]:
        """The listed groups and the shots of bursts among them, by level and primary."""
        page = await self.groups.page(owner_id, limit=1000, **narrowed)
        every = list(page.groups)
        for group in page.groups:
            every += await self.groups.children(group.id)
        members = await self.groups.members([group.id for group in every])
        found = []
        for group in every:
            paths = {member.file_row: member.path for member in members[group.id]}
            first = next(member for member in members[group.id] if member.primary)
            assert first.file_row == group.primary_row
            shown = Shown(group.type.value, first.path, tuple(sorted(paths.values())), group.level)
            found.append(shown)
        return sorted(found, key=lambda one: (one.level, one.primary, one.members))

    async def group_with(self, row: int, level: int = 0) -> FileGroup:
        found = (await self.groups.containing([row]))[row]
        return next(group for group in found if group.level == level)

    async def row_of(self, source_id: str, path: str) -> int:
        folder, _, name = path.rpartition("/")
        query = select(library_files.c.row).where(
            library_files.c.folder == folder,
            library_files.c.name == name,
            (library_files.c.root_id == source_id) | (library_files.c.connection_id == source_id),
        )
        async with self.store._database.read() as reader:
            return (await reader.scalars(query)).one()

    async def write(self, statement: Any, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        async with self.store._database.write() as connection:
            await connection.execute(statement, list(rows) or None)

    async def rows(self, query: Any) -> list[Any]:
        async with self.store._database.read() as reader:
            return list(await reader.execute(query))

    def _names(self, source_id: str, path: str) -> dict[str, Any]:
        folder, _, name = path.rpartition("/")
        keys = keys_of(path, self.rules)
        return {
            "folder": folder,
            "name": name,
            "folder_key": f"{source_id}/{keys.folder}",
            "name_key": keys.name,
            "burst_key": keys.burst,
        }

    def _row(self, source_id: str, path: str, time: datetime | None) -> dict[str, Any]:
        return {
            **self._names(source_id, path),
            "kind": kind_of(path),
            "size": 1000,
            "taken_at": time,
            "precision": Precision.NONE if time is None else Precision.SUBSECOND,
            "in_utc": False,
            "read_version": 1,
            "stack_first": False,
            "grouped": False,
        }


@asynccontextmanager
async def open_library(
    folder: Path, rules: Rules = RULES, clock: Callable[[], datetime] = lambda: NOW
) -> AsyncIterator[Library]:
    """An empty index."""
    path = place_database(folder / "data" / "pentaprism.db")
    store = await Store.open(path, Secrets.load(KEY, path), clock=clock)
    async with store:
        yield Library(store, rules)
