"""Files of roots in the library index."""

from __future__ import annotations

from pentaprism.store.database import Database


class LibraryFiles:
    """Files of roots in the library index."""

    def __init__(self, database: Database) -> None:
        self._database = database
