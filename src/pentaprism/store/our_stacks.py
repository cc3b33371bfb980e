"""Which stacks in Immich are ours, as the journal of pushes leaves them.

All of it happens within the transaction of the line of the journal that it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import batched
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.store.library_records import StackChange, StackStep
from pentaprism.store.library_tables import pushed_stacks, stack_changes, stack_pushes

ASKED_AT_ONCE = 1000
"""Ids in one statement."""


async def connection_of(connection: AsyncConnection, change: StackChange) -> str:
    """Return the connection that a change is about."""
    query = select(stack_pushes.c.connection_id).where(stack_pushes.c.id == change.push_id)
    return (await connection.execute(query)).scalar_one()


async def keep(
    connection: AsyncConnection,
    change: StackChange,
    stack_id: str,
    asset_ids: Sequence[str],
    *,
    push_id: str | None = None,
) -> None:
    """Record a stack of ours as we left it; the push that made it stays the same."""
    owner = await connection_of(connection, change)
    same = (pushed_stacks.c.connection_id == owner) & (pushed_stacks.c.stack_id == stack_id)
    values: dict[str, Any] = {"asset_ids": list(asset_ids)}
    known = await connection.execute(update(pushed_stacks).where(same).values(values))
    if not known.rowcount:
        values |= {"connection_id": owner, "stack_id": stack_id}
        values["push_id"] = push_id or change.push_id
        await connection.execute(insert(pushed_stacks).values(values))


async def remove(
    connection: AsyncConnection, connection_id: str, stack_ids: Collection[str]
) -> None:
    """Let go of stacks, which are then ours no longer."""
    for some in batched(stack_ids, ASKED_AT_ONCE):
        await connection.execute(
            delete(pushed_stacks).where(
                pushed_stacks.c.connection_id == connection_id,
                pushed_stacks.c.stack_id.in_(some),
            )
        )


async def maker_of(connection: AsyncConnection, connection_id: str, change: StackChange) -> str:
    """Return the push that made the stack which ``change`` has deleted."""
    query = (
        select(stack_changes.c.push_id)
        .where(
            stack_changes.c.push_id.in_(_pushes_of(connection_id)),
            stack_changes.c.step == StackStep.CREATE,
            stack_changes.c.stack_id == change.stack_id,
        )
        .order_by(stack_changes.c.row)
    )
    found = (await connection.execute(query.limit(1))).scalar()
    return change.push_id if found is None else found


async def rename(
    connection: AsyncConnection, connection_id: str, old: str | None, new: str
) -> None:
    """Put a new id of a stack in the place of the old one, in the whole journal."""
    await connection.execute(
        update(stack_changes)
        .where(
            stack_changes.c.push_id.in_(_pushes_of(connection_id)),
            stack_changes.c.stack_id == old,
        )
        .values(stack_id=new)
    )


def _pushes_of(connection_id: str) -> Select[*tuple[Any, ...]]:
    return select(stack_pushes.c.id).where(stack_pushes.c.connection_id == connection_id)
