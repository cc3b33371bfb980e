"""Whose a file is: that of its root, or of its connection."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select, union

from pentaprism.store.library_tables import library_files, roots
from pentaprism.store.tables import connections


def source_of(files: Any = library_files) -> ColumnElement[str | None]:
    """Return an expression for the id of a file's root or connection.

    As an expression, so that the database goes by the index of something rarer.
    """
    return func.coalesce(files.c.root_id, files.c.connection_id)


def of_owner(owner_id: str, files: Any = library_files) -> ColumnElement[bool]:
    """Say that a row of the table of files is somebody's."""
    sources = union(
        select(roots.c.id).where(roots.c.owner_id == owner_id),
        select(connections.c.id).where(connections.c.owner_id == owner_id),
    )
    return source_of(files).in_(sources)
