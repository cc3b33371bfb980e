"""Stacks that were pushed to Immich, and the journal of it.

A change is written down as intended before Immich is asked for it, and as done afterwards, so that
a push that ends in the middle leaves a line which tells what to look for. While a push is being
undone its lines are intended again, one after the other; the push is finished then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Row, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.store.database import Database, whole
from pentaprism.store.ids import new_id
from pentaprism.store.library_records import (
    PushedStack,
    StackChange,
    StackPush,
    StackStep,
    StepState,
)
from pentaprism.store.library_tables import (
    library_files,
    pushed_stacks,
    stack_changes,
    stack_pushes,
)
from pentaprism.store.our_stacks import (
    ASKED_AT_ONCE,
    connection_of,
    keep,
    maker_of,
    remove,
    rename,
)
from pentaprism.store.tables import columns_of

_PUSH = columns_of(StackPush, stack_pushes)
_CHANGE = columns_of(StackChange, stack_changes)
_PUSHED = columns_of(PushedStack, pushed_stacks)
_CHANGE_FIELDS = [column.name for column in _CHANGE]


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that was intended and of which nobody knows whether it was done.

    With ``undoing`` it had been done, and the intention was to take it back.
    """

    change: StackChange
    undoing: bool


class Stacks:
    """Stacks that were pushed to Immich, and the journal of it.

    Whoever writes here holds the lock of the connection's stacks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # What is there

    async def ours(self, connection_id: str) -> dict[str, PushedStack]:
        """Return the stacks that we made and that nobody has changed since, by their ids."""
        query = select(*_PUSHED).where(pushed_stacks.c.connection_id == connection_id)
        async with self._database.read() as connection:
            found = [_pushed(row) for row in await connection.execute(query)]
        return {stack.stack_id: stack for stack in found}

    async def names(self, connection_id: str, asset_ids: Collection[str]) -> dict[str, str]:
        """Return the file names of those of ``asset_ids`` that are in the index."""
        names: dict[str, str] = {}
        async with self._database.read() as connection:
            for some in batched(asset_ids, ASKED_AT_ONCE):
                query = select(library_files.c.asset_id, library_files.c.name).where(
                    library_files.c.connection_id == connection_id,
                    library_files.c.asset_id.in_(some),
                )
                names |= {id_: name for id_, name in await connection.execute(query) if id_}
        return names

    async def pending(self, connection_id: str) -> list[Pending]:
        """Return what an earlier push or undo has left in the middle, in its order."""
        query = select(*_CHANGE, stack_pushes.c.finished_at).join(
            stack_pushes, stack_changes.c.push_id == stack_pushes.c.id
        )
        query = query.where(
            stack_pushes.c.connection_id == connection_id,
            stack_changes.c.state == StepState.INTENDED,
        ).order_by(stack_changes.c.row)
        async with self._database.read() as connection:
            return [
                Pending(_change(row), undoing=row.finished_at is not None)
                for row in await connection.execute(query)
            ]

    async def last(self, connection_id: str) -> StackPush | None:
        """Return the newest push that did something and was not undone, None without one.

        What is pending counts as done, and a push all of whose changes were taken back is still
        the newest until `end_undo`.
        """
        did = stack_changes.c.state != StepState.FAILED
        began = (
            select(func.min(stack_changes.c.row))
            .where(stack_changes.c.push_id == stack_pushes.c.id)
            .scalar_subquery()
        )
        query = select(*_PUSH).where(
            stack_pushes.c.connection_id == connection_id,
            stack_pushes.c.undone_at.is_(None),
            exists().where(did, stack_changes.c.push_id == stack_pushes.c.id),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query.order_by(began.desc()).limit(1))).first()
        return None if row is None else StackPush(*row)

    async def changes(self, push_id: str) -> list[StackChange]:
        """Return the journal of one push, in its order."""
        query = select(*_CHANGE).where(stack_changes.c.push_id == push_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(stack_changes.c.row))
            return [_change(row) for row in rows]

    # Pushing

    @whole
    async def begin(self, connection_id: str, at: datetime) -> StackPush:
        """Record that a push begins."""
        push = StackPush(new_id(), connection_id, at, None, None)
        values = {"id": push.id, "connection_id": connection_id, "started_at": at}
        async with self._database.write() as connection:
            await connection.execute(insert(stack_pushes).values(values))
        return push

    @whole
    async def intend(
        self,
        push_id: str,
        step: StackStep,
        *,
        stack_id: str | None,
        before: Sequence[str],
        after: Sequence[str],
    ) -> StackChange:
        """Record what Immich is about to be asked for."""
        values = {
            "push_id": push_id,
            "step": step,
            "state": StepState.INTENDED,
            "stack_id": stack_id,
            "before": list(before),
            "after": list(after),
        }
        async with self._database.write() as connection:
            made = insert(stack_changes).values(values).returning(stack_changes.c.row)
            row = (await connection.execute(made)).scalar_one()
        return StackChange(
            row, push_id, step, StepState.INTENDED, stack_id, tuple(before), tuple(after), None
        )

    @whole
    async def done(self, change: StackChange, stack_id: str) -> None:
        """Record that Immich did what was intended, with the stack that it is about."""
        values = {"state": StepState.DONE, "stack_id": stack_id}
        async with self._database.write() as connection:
            await _set(connection, change, **values)
            if change.step is StackStep.DELETE:
                await remove(connection, await connection_of(connection, change), [stack_id])
            else:
                await keep(connection, change, stack_id, change.after)

    @whole
    async def failed(self, change: StackChange, error: str) -> None:
        """Record that a change was not done, and why."""
        async with self._database.write() as connection:
            await _set(connection, change, state=StepState.FAILED, error=error)

    @whole
    async def finish(self, connection_id: str, at: datetime) -> None:
        """Record that no push of this connection is under way any more."""
        mine = stack_pushes.c.connection_id == connection_id
        async with self._database.write() as connection:
            await connection.execute(
                update(stack_pushes)
                .where(mine, stack_pushes.c.finished_at.is_(None))
                .values(finished_at=at)
            )

    @whole
    async def forget(self, connection_id: str, stack_ids: Collection[str]) -> None:
        """Let go of stacks that are ours no longer.

        What somebody else says with a stack counts when files are grouped, so its assets, and the
        files that they are, will be grouped again.
        """
        async with self._database.write() as connection:
            await remove(connection, connection_id, stack_ids)
            for some in batched(stack_ids, ASKED_AT_ONCE):
                in_them = (library_files.c.connection_id == connection_id) & (
                    library_files.c.stack_id.in_(some)
                )
                twins = select(library_files.c.twin_row).where(
                    in_them, library_files.c.twin_row.is_not(None)
                )
                await connection.execute(
                    update(library_files)
                    .where(or_(in_them, library_files.c.row.in_(twins)))
                    .values(grouped=False)
                )

    # Undoing

    @whole
    async def intend_undo(self, change: StackChange, before: Sequence[str]) -> None:
        """Record that Immich is about to be asked to take a change back, to ``before``."""
        async with self._database.write() as connection:
            await _set(connection, change, state=StepState.INTENDED, before=list(before))

    @whole
    async def undone(self, change: StackChange, stack_id: str | None = None) -> None:
        """Record that a change was taken back.

        ``stack_id`` is the new id of a stack that had been deleted: it takes the place of the old
        one in the whole journal, so that earlier pushes can be undone as well.
        """
        async with self._database.write() as connection:
            await _set(connection, change, state=StepState.UNDONE, error=None)
            owner = await connection_of(connection, change)
            if change.step is StackStep.CREATE:
                await remove(connection, owner, [change.stack_id or ""])
            elif change.step is StackStep.SHOW_FIRST:
                await keep(connection, change, change.stack_id or "", change.before)
            elif stack_id is not None:
                maker = await maker_of(connection, owner, change)
                await keep(connection, change, stack_id, change.before, push_id=maker)
                await rename(connection, owner, change.stack_id, stack_id)

    @whole
    async def not_undone(self, change: StackChange, error: str | None = None) -> None:
        """Record that a change stands as it was done, and why it could not be taken back."""
        async with self._database.write() as connection:
            await _set(connection, change, state=StepState.DONE, error=error)

    @whole
    async def end_undo(self, push_id: str, at: datetime) -> None:
        """Record that a push was undone, as far as it could be."""
        mine = stack_pushes.c.id == push_id
        async with self._database.write() as connection:
            await connection.execute(update(stack_pushes).where(mine).values(undone_at=at))


def _pushed(row: Row[*tuple[Any, ...]]) -> PushedStack:
    stack_id, connection_id, push_id, asset_ids = row
    return PushedStack(stack_id, connection_id, push_id, tuple(asset_ids))


def _change(row: Row[*tuple[Any, ...]]) -> StackChange:
    values = dict(zip(_CHANGE_FIELDS, row, strict=False))
    return StackChange(
        **values | {"before": tuple(values["before"]), "after": tuple(values["after"])}
    )


async def _set(connection: AsyncConnection, change: StackChange, **values: Any) -> None:
    mine = stack_changes.c.row == change.row
    await connection.execute(update(stack_changes).where(mine).values(**values))
