"""What each `Change` does to the row of an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Delete, Update, bindparam, delete, null, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from pentaprism.errors import ConflictError
from pentaprism.store.records import (
    Change,
    Failed,
    Forgotten,
    ItemState,
    Moved,
    Put,
    Restated,
    Staged,
)
from pentaprism.store.tables import items

_ROW: BindParameter[int] = bindparam("b_row")
_NOT_STAGED: dict[str, Any] = {"staged_at": null()}
_NO_ERROR: dict[str, Any] = {"error_code": null(), "error": null()}
NOTHING_THERE: dict[str, Any] = {
    "state": ItemState.PENDING,
    "verified": False,
    **{name: null() for name in ("remote_id", "checksum", "sha1", "size", "mtime_ns")},
    **_NO_ERROR,
    **_NOT_STAGED,
}
"""What is recorded of an item of which nothing is at the destination."""


def _given(*names: str) -> dict[str, Any]:
    return {name: bindparam(f"b_{name}") for name in names}


def _set(**values: Any) -> Update:
    return update(items).where(items.c.row == _ROW).values(**values)


# The time is there exactly while the state is STAGED.
_STATEMENTS: dict[type[Change], Update | Delete] = {
    Put: _set(
        state=ItemState.OK,
        attempts=0,
        **_given(
            "asset_id",
            "remote_id",
            "checksum",
            "sha1",
            "size",
            "mtime_ns",
            "verified",
            "asset_updated_at",
        ),
        **_NO_ERROR,
        **_NOT_STAGED,
    ),
    Staged: _set(state=ItemState.STAGED, **_given("staged_at")),
    Failed: _set(
        state=ItemState.FAILED,
        attempts=items.c.attempts + 1,
        error_code=bindparam("b_code"),
        error=bindparam("b_message"),
        **_NOT_STAGED,
    ),
    # What lies at the old path is no longer this item's, so nothing of it may be compared with,
    # or taken for, what will be put at the new one.
    Moved: _set(**_given("path", "path_key"), **NOTHING_THERE),
    Restated: _set(
        state=bindparam("b_state"),
        error_code=bindparam("b_code"),
        error=bindparam("b_message"),
        **_NOT_STAGED,
    ),
    Forgotten: delete(items).where(items.c.row == _ROW),
}

_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in _STATEMENTS}


async def apply_changes(connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Apply ``changes`` in their order; a row that is gone meanwhile is passed over.

    Raises `ConflictError` with code ``path_taken`` if a `Moved` wants a path of another item.
    """
    try:
        for kind, group in groupby(changes, key=type):
            names = _FIELDS[kind]
            rows = [{f"b_{name}": getattr(change, name) for name in names} for change in group]
            await connection.execute(_STATEMENTS[kind], rows)
    except IntegrityError as error:
        raise path_taken() from error


def path_taken() -> ConflictError:
    """Return the error for a path that another item of the mirror has claimed."""
    return ConflictError(
        "Another file of this mirror has claimed the same path.",
        code="path_taken",
        hint="Run the mirror again; it then sees that claim. If this comes back, another run of "
        "the same mirror is still going on.",
    )
