"""The door to the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pentaprism.store.accounts import Accounts
from pentaprism.store.api_tokens import ApiTokens
from pentaprism.store.asset_counts import AssetCountsOfPeople
from pentaprism.store.asset_facts import AssetFactsOfPeople
from pentaprism.store.asset_groups import AssetGroups
from pentaprism.store.changes import apply_changes
from pentaprism.store.connections import Connections
from pentaprism.store.consents import Consents
from pentaprism.store.contents import Contents
from pentaprism.store.database import Database, whole
from pentaprism.store.digests import Digests
from pentaprism.store.duplicate_marks import DuplicateMarks
from pentaprism.store.duplicates import Duplicates
from pentaprism.store.file_details import FileDetails
from pentaprism.store.file_groups import FileGroups
from pentaprism.store.fingerprints import Fingerprints
from pentaprism.store.grid import Grid
from pentaprism.store.group_decisions import GroupDecisions
from pentaprism.store.items import Items
from pentaprism.store.journal import Journal
from pentaprism.store.library_assets import LibraryAssets
from pentaprism.store.library_files import LibraryFiles
from pentaprism.store.locks import Locks
from pentaprism.store.mirrors import Mirrors
from pentaprism.store.neighbours import Neighbours
from pentaprism.store.notices import Notices
from pentaprism.store.people import People
from pentaprism.store.program_settings import ProgramSettings
from pentaprism.store.records import Change, Counters, RunEvent
from pentaprism.store.request_days import RequestDays
from pentaprism.store.roots import Roots
from pentaprism.store.rotation import Key, Rotation
from pentaprism.store.runs import Runs, add_events, set_counters
from pentaprism.store.secrets import Secrets
from pentaprism.store.sessions import Sessions
from pentaprism.store.stacks import Stacks
from pentaprism.store.verdicts import Verdicts


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Everything that is remembered, in one SQLite file; made by `open`.

    Each method that writes is one transaction, and on the disk when it returns. Several processes
    may have the same file open.
    """

    def __init__(
        self, database: Database, secrets: Secrets, clock: Callable[[], datetime], locks: Locks
    ) -> None:
        self._database = database
        self.connections = Connections(database, secrets, clock)
        self.mirrors = Mirrors(database, clock)
        self.items = Items(database)
        self.runs = Runs(database, clock)
        self.accounts = Accounts(database, secrets, clock)
        self.consents = Consents(database, secrets)
        self.contents = Contents(database)
        self.request_days = RequestDays(database)
        self.people = People(database, secrets, clock)
        self.sessions = Sessions(database, secrets, clock)
        self.api_tokens = ApiTokens(database, secrets, clock)
        self.notices = Notices(database, clock)
        self.program_settings = ProgramSettings(database)
        self.roots = Roots(database, clock)
        self.library_files = LibraryFiles(database)
        self.library_assets = LibraryAssets(database)
        self.file_details = FileDetails(database)
        self.neighbours = Neighbours(database)
        self.file_groups = FileGroups(database)
        self.group_decisions = GroupDecisions(database, clock)
        self.stacks = Stacks(database)
        self.fingerprints = Fingerprints(database)
        self.digests = Digests(database)
        self.duplicates = Duplicates(database)
        self.verdicts = Verdicts(database, clock)
        self.duplicate_marks = DuplicateMarks(database, clock)
        self.journal = Journal(database, clock)
        self.asset_facts = AssetFactsOfPeople(database)
        self.asset_groups = AssetGroups(database)
        self.asset_counts = AssetCountsOfPeople(database)
        self.grid = Grid(database)
        self.locks = locks
        self._key = Key(database, secrets, locks)

    @classmethod
    async def open(
        cls,
        path: Path,
        secrets: Secrets,
        *,
        clock: Callable[[], datetime] = _now,
        patience: float = 30.0,
    ) -> Store:
        """Open the database at ``path``, made or brought to the newest schema if need be.

        ``patience`` is how many seconds to wait for another process that is writing. Raises
        `ActionRequiredError` with one of the codes ``not_a_database``, ``newer_schema``,
        ``database_unwritable``, ``database_locked``, ``database_damaged``, ``disk_full``,
        ``database_failed``; so does every method later on.
        """
        return cls(await Database.open(path, patience=patience), secrets, clock, Locks(path))

    @whole
    async def write(
        self,
        changes: Sequence[Change],
        run_id: str | None = None,
        counters: Counters | None = None,
        events: Sequence[RunEvent] = (),
    ) -> None:
        """Apply changes of items, and record a run's counters and events, in one transaction."""
        async with self._database.write() as connection:
            await apply_changes(connection, changes)
            if run_id is not None:
                if counters is not None:
                    await set_counters(connection, run_id, counters)
                await add_events(connection, run_id, events)

    async def rotate(self) -> int:
        """Encrypt all stored credentials with the first key and return how many; see `Key`."""
        return await self._key.rotate()

    async def change_key(self) -> Rotation:
        """Encrypt all stored credentials with a new key; see `Key.change`."""
        return await self._key.change()

    async def version(self) -> int:
        """Return a number that is another one after each change, in whichever process."""
        return await self._database.version()

    async def close(self) -> None:
        """Close the file; may be repeated."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        """Return the store itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        await self.close()
