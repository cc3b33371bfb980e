"""Which files have to be grouped, and beside which others."""

from __future__ import annotations

from pentaprism.store.database import Database


class Neighbours:
    """Which files have to be grouped, and beside which others."""

    def __init__(self, database: Database) -> None:
        self._database = database
