"""Stacks that were pushed to Immich, and the journal of it."""

from __future__ import annotations

from pentaprism.store.database import Database


class Stacks:
    """Stacks that were pushed to Immich, and the journal of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
