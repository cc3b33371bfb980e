"""Media folders that are indexed."""

from __future__ import annotations

import builtins
import posixpath
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from pentaprism.errors import ConflictError, NotFoundError
from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id
from pentaprism.store.library_records import Root, RootState, Watching
from pentaprism.store.library_tables import roots
from pentaprism.store.tables import columns_of

_ROOT = columns_of(Root, roots)


def _now() -> datetime:
    return datetime.now(UTC)


class Roots:
    """Media folders that are indexed; no folder is in two of them."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock

    @whole
    async def add(
        self,
        owner_id: str,
        path: str,
        name: str,
        *,
        connection_id: str | None = None,
        immich_path: str | None = None,
        watching: Watching = Watching.AUTO,
    ) -> Root:
        """Add the folder at ``path`` (absolute) and return its root, which was never looked at.

        Raises `ConflictError` with code ``root_exists``, or ``roots_overlap`` where it lies in
        another root or another in it.
        """
        path = posixpath.normpath(path)
        root = Root(
            id=new_id(),
            owner_id=owner_id,
            name=name,
            path=path,
            connection_id=connection_id,
            immich_path=immich_path,
            watching=watching,
            state=RootState.NEW,
            reason=None,
            scanned_at=None,
            created_at=self._clock(),
        )
        values = {column.name: getattr(root, column.name) for column in _ROOT}
        async with self._database.write() as connection:
            for (other,) in await connection.execute(select(roots.c.path)):
                _check_apart(path, other)
            await connection.execute(insert(roots).values(values))
        return root

    async def list(self, owner_id: str | None = None) -> list[Root]:
        """Return the roots of a person, or all of them, by name."""
        query = select(*_ROOT).order_by(roots.c.name, roots.c.id)
        if owner_id is not None:
            query = query.where(roots.c.owner_id == owner_id)
        async with self._database.read() as connection:
            return [Root(*row) for row in await connection.execute(query)]

    async def get(self, id_: str) -> Root:
        """Return the root ``id_``; raises `NotFoundError` with code ``root_not_found``."""
        found = await self._fetch(id_)
        if not found:
            raise root_not_found(id_)
        return found[0]

    @whole
    async def update(self, id_: str, **values: Any) -> Root:
        """Give fields of the root ``id_`` other values and return it; raises `NotFoundError`.

        Its path is changed by whoever knows that the same files are at the new one.
        """
        async with self._database.write() as connection:
            if "path" in values:
                values["path"] = posixpath.normpath(values["path"])
                query = select(roots.c.path).where(roots.c.id != id_)
                for (other,) in await connection.execute(query):
                    _check_apart(values["path"], other)
            if values:
                await connection.execute(update(roots).where(roots.c.id == id_).values(values))
        return await self.get(id_)

    @whole
    async def delete(self, id_: str) -> None:
        """Forget the root ``id_`` and what is known of its files; raises `NotFoundError`."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(roots).where(roots.c.id == id_))
        if not done.rowcount:
            raise root_not_found(id_)

    async def _fetch(self, id_: str) -> builtins.list[Root]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(*_ROOT).where(roots.c.id == id_))
            return [Root(*row) for row in rows]


def _check_apart(path: str, other: str) -> None:
    if path == other:
        raise ConflictError(
            f"The folder {path} is indexed already.",
            code="root_exists",
            hint="Each folder is indexed once; another name for it needs no second one.",
        )
    if _lies_in(path, other) or _lies_in(other, path):
        raise ConflictError(
            f"The folder {path} lies in another one that is indexed, or one lies in it.",
            code="roots_overlap",
            hint="A folder is indexed with all that is below it: add the upper one alone.",
        )


def _lies_in(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith("/") else f"{folder}/")


def root_not_found(id_: str) -> NotFoundError:
    """Return the error for a root that is not in the database."""
    return NotFoundError(
        f"There is no folder {id_}.",
        code="root_not_found",
        hint="The page of the folders lists yours.",
    )
