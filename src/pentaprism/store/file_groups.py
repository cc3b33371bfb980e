"""Groups of files, and the decisions about them."""

from __future__ import annotations

from pentaprism.store.database import Database


class FileGroups:
    """Groups of files, and the decisions about them."""

    def __init__(self, database: Database) -> None:
        self._database = database
