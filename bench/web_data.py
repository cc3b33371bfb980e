"""A large database for `web.py`: 200 mirrors, 1,000,000 items and 5,000 runs.

Filling it takes half a minute, so it is kept for the next time, by the version of the schema; a
run of the benchmark works on a copy, whose times are moved to today.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
import typing
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pentaprism.access import Sessions
from pentaprism.app import App
from pentaprism.destinations.google_photos.quota import pacific_day
from pentaprism.immich import SignedIn, SignIn, User
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import Settings
from pentaprism.store.records import Account, AccountState
from pentaprism.store.schema import newest_revision

MIRRORS = 200
FRESH = 20
"""How many of the mirrors have never run: those that the second part runs."""

ITEMS = 1_000_000
LARGEST = 100_000
"""How many of the items are in the first mirror."""

RUNS = 5_000
EVENTS = 20
LONG_RUN = 1_000
"""How many events most runs have, and how many the last run of the first mirror."""

SECOND, DAY = 1_000_000, 86_400_000_000
_SEED = 1


class World(typing.NamedTuple):
    """What the benchmark needs to know of the database."""

    cookie: str
    largest: str
    long_run: str
    middle_row: int
    fresh: list[str]


def add_albums(sandbox: Sandbox) -> None:
    """Add an album for each mirror; the same ones with the same ids each time."""
    library = sandbox.library
    plain = list(library.album_named("Holiday").assets)
    for number in range(MIRRORS):
        names = ("Holiday in the mountains", "Birthdays", "Garden", "Grandmother's attic", "Berlin")
        name = f"{names[number % len(names)]} {2000 + number % 27} ({number})"
        first = number * 7 % len(plain)
        library.add_album(name, (plain + plain)[first : first + 60])


async def prepare(sandbox: Sandbox, settings: Settings, cache: Path) -> World:
    """Make the database that ``settings`` name, with a session of the owner of the library."""
    kept = cache / f"{newest_revision()}.db"
    if not kept.exists():
        await _fill(sandbox, settings, kept)
    for folder in range(MIRRORS):
        (cache / "places" / str(folder)).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, settings.database_path)
    await _connect(sandbox, settings)
    with closing(sqlite3.connect(settings.database_path)) as database:
        _move_to_today(database)
        _place_fresh(database, settings.database_path.parent / "fresh")
        return _look(database, await _sign_in(sandbox, settings))


async def _fill(sandbox: Sandbox, settings: Settings, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    making = kept.with_suffix(".making")
    making.unlink(missing_ok=True)
    at_work = settings.model_copy(update={"database_path": making})
    connections, accounts = await _connect(sandbox, at_work)
    began = time.monotonic()
    with closing(sqlite3.connect(making)) as database:
        database.execute("PRAGMA synchronous = OFF")
        maker = _Maker(sandbox, connections, accounts, kept.parent / "places")
        with database:
            maker.fill(database)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    making.rename(kept)
    print(f"filled a database in {time.monotonic() - began:.0f} s; it is kept in {kept.parent}")


async def _connect(sandbox: Sandbox, settings: Settings) -> tuple[list[str], list[str]]:
    """Save two connections and three accounts, or their new addresses."""
    library = sandbox.library
    second = list(library.users)[1]
    other = next((k for k in library.keys.values() if k.user_id == second), None)
    other = other or library.add_key(user_id=second)
    async with App.open(settings) as app:
        owner, _ = await app.connect(sandbox.url, sandbox.api_key, name="Home", home=True)
        also, _ = await app.connect(
            sandbox.url, other.secret, name="Parents", home=False, owner_id=owner.owner_id
        )
        accounts = await app.store.accounts.list(owner.owner_id)
        if not accounts:
            accounts = [
                await app.store.accounts.add(_account(number, owner.owner_id, app.clock()))
                for number in range(3)
            ]
    return [owner.id, also.id], [account.id for account in accounts]


def _account(number: int, owner_id: str, now: datetime) -> Account:
    return Account(
        id="",
        owner_id=owner_id,
        name=f"account-{number}",
        subject=f"subject-{number}",
        email=f"somebody-{number}@gmail.example",
        base_url=None,
        client_id=_client(number),
        client_secret="not a secret",
        refresh_token="not a token",
        scopes=frozenset({"photoslibrary.appendonly", "openid", "email"}),
        state=AccountState.RECONNECT if number == 2 else AccountState.CONNECTED,
        reason="Google no longer takes the sign-in of this account." if number == 2 else None,
        token_expires_at=None,
        connected_at=now,
        created_at=now,
    )


def _client(number: int) -> str:
    return f"client-{number}.apps.googleusercontent.com"


async def _sign_in(sandbox: Sandbox, settings: Settings) -> str:
    """Begin a session for the owner of the library, and return its token."""
    owner = sandbox.library.owner
    user = User(owner.id, owner.name, owner.email, owner.is_admin)
    async with App.open(settings) as app:
        sessions = Sessions(
            app.store, app.clock, 30, lambda url, ca_file: SignIn(url, ca_file=ca_file)
        )
        signed_in = SignedIn(user, "api_key", sandbox.api_key)
        token = await sessions.begin(signed_in, sandbox.url, "benchmark")
        await sessions.close()
    return token


def _move_to_today(database: sqlite3.Connection) -> None:
    """Let the last run have ended just now."""
    now = time.time_ns() // 1000
    (last,) = database.execute("SELECT max(finished_at) FROM runs").fetchone()
    by = {"by": now - last}
    with database:
        database.execute(
            "UPDATE runs SET started_at = started_at + :by, finished_at = finished_at + :by,"
            " waits_until = waits_until + :by",
            by,
        )
        database.execute("UPDATE run_events SET at = at + :by", by)
        database.execute("UPDATE mirrors SET next_run_at = next_run_at + :by", by)
        database.execute(
            "INSERT OR REPLACE INTO request_days VALUES (?, ?, 4321, 0)",
            [f"google {_client(0)}", pacific_day(datetime.now(UTC)).isoformat()],
        )


def _place_fresh(database: sqlite3.Connection, folder: Path) -> None:
    """Let the mirrors that have never run write into ``folder``."""
    with database:
        for (id_,) in database.execute(_NEVER_RUN).fetchall():
            place = folder / id_
            place.mkdir(parents=True)
            database.execute(
                "UPDATE mirrors SET place = ?, options = ?, paused = 0,"
                " connection_id = (SELECT id FROM connections WHERE home) WHERE id = ?",
                [str(place), json.dumps({"path": str(place)}), id_],
            )


_NEVER_RUN = "SELECT id FROM mirrors WHERE id NOT IN (SELECT mirror_id FROM runs)"


def _look(database: sqlite3.Connection, cookie: str) -> World:
    largest, _ = database.execute(
        "SELECT mirror_id, count(*) FROM items GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    ).fetchone()
    long_run, _ = database.execute(
        "SELECT run_id, count(*) FROM run_events GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    ).fetchone()
    (middle,) = database.execute(
        "SELECT row FROM items WHERE mirror_id = ? ORDER BY row LIMIT 1 OFFSET ?",
        [largest, LARGEST // 2],
    ).fetchone()
    fresh = [id_ for (id_,) in database.execute(_NEVER_RUN)]
    return World(cookie, largest, long_run, middle, fresh)


class _Maker:
    """Makes the rows; the seed decides everything but the ids of connections and accounts."""

    def __init__(
        self, sandbox: Sandbox, connections: list[str], accounts: list[str], places: Path
    ) -> None:
        self.albums = list(sandbox.library.albums.values())[-MIRRORS:]
        self.connections, self.accounts, self.places = connections, accounts, places
        self.rng = random.Random(_SEED)
        self.now = time.time_ns() // 1000
        self.mirrors = [self.id() for _ in range(MIRRORS)]

    def id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def fill(self, database: sqlite3.Connection) -> None:
        """Insert everything."""
        for table, rows in (
            ("mirrors", self.all_mirrors()),
            ("items", self.all_items()),
        ):
            _insert(database, table, rows)
        events: list[dict[str, typing.Any]] = []
        _insert(database, "runs", self.all_runs(events))
        _insert(database, "run_events", iter(events))

    def all_mirrors(self) -> Iterator[dict[str, typing.Any]]:
        for number, (id_, album) in enumerate(zip(self.mirrors, self.albums, strict=True)):
            to_google = number % 4 == 3 and number < MIRRORS - FRESH
            account = self.accounts[number // 4 % len(self.accounts)]
            place = account if to_google else str(self.places / str(number))
            scheduled = number % 5 and number < MIRRORS - FRESH
            yield {
                "id": id_,
                "connection_id": self.connections[number % 10 == 9],
                "album_id": album.id,
                "album_name": album.name,
                "kind": "google_photos" if to_google else "local_folder",
                "place": place,
                "options": json.dumps({"account" if to_google else "path": place}),
                "paused": number % 20 == 19,
                "remote_album_id": f"remote-{number}" if to_google else None,
                "remote_album_title": album.name if to_google else None,
                "created_at": self.now - 200 * DAY,
                "schedule": json.dumps({"every": 86_400}) if scheduled else None,
                "next_run_at": self.now + (6 + number) * 3600 * SECOND if scheduled else None,
            }

    def all_items(self) -> Iterator[dict[str, typing.Any]]:
        filled = MIRRORS - FRESH
        each, more = divmod(ITEMS - LARGEST, filled - 1)
        for number, mirror in enumerate(self.mirrors[:filled]):
            count = LARGEST if number == 0 else each + (number <= more)
            for position in range(count):
                yield self.item(mirror, position, to_google=number % 4 == 3)

    def item(self, mirror: str, position: int, *, to_google: bool) -> dict[str, typing.Any]:
        asset = self.id()
        chance = self.rng.random()
        state = next(
            word
            for share, word in (
                (0.01, "FAILED"), (0.013, "PENDING"), (0.014, "STAGED"), (0.02, "ORPHANED"),
                (1.0, "OK"),
            )
            if chance < share
        )  # fmt: skip
        there, failed = state in {"OK", "ORPHANED"}, state == "FAILED"
        companion = position % 20 == 7
        name = f"IMG_{position:06}.{'MOV' if companion else 'jpg'}"
        path = None if to_google else f"{2000 + position % 26}/{position % 12 + 1:02}/{name}"
        taken = self.now - (position % 9000) * DAY
        digest = self.rng.randbytes(20)
        return {
            "mirror_id": mirror,
            "asset_id": asset,
            "shot_id": asset,
            "role": "video" if companion else "primary",
            "state": state,
            "path": path,
            "path_key": path.casefold() if path else None,
            "remote_id": (path or f"item-{asset}") if there else None,
            "checksum": digest,
            "sha1": digest if there else None,
            "size": 3_000_000 + position if there else None,
            "mtime_ns": taken * 1000 if there else None,
            "verified": there,
            "filename": name,
            "taken_at": taken,
            "asset_updated_at": taken,
            "attempts": 2 if failed else 0,
            "error_code": "asset_gone" if failed else None,
            "error": "Immich no longer has this asset." if failed else None,
            "staged_at": None,
        }

    def all_runs(self, events: list[dict[str, typing.Any]]) -> Iterator[dict[str, typing.Any]]:
        filled = MIRRORS - FRESH
        each, more = divmod(RUNS, filled)
        for number, mirror in enumerate(self.mirrors[:filled]):
            count = each + (number < more)
            for age in range(count):
                last = age == 0
                long = last and number == 0
                run = self.run(mirror, number, age, last=last)
                yield run
                self.add_events(events, run, LONG_RUN if long else EVENTS)

    def run(self, mirror: str, number: int, age: int, *, last: bool) -> dict[str, typing.Any]:
        chance = self.rng.random()
        status = "FAILED" if chance < 0.04 else "CANCELLED" if chance < 0.06 else "OK"
        waits = last and number % 12 == 3
        if waits:
            status = "WAITING"
        began = self.now - age * 2 * DAY - number * 600 * SECOND
        failed = self.rng.randrange(20) if number % 6 == 0 else 0
        reasons = {
            "FAILED": "The folder of the mirror is gone.",
            "WAITING": "Google Photos takes no more requests today.",
            "CANCELLED": "The run was cancelled.",
        }
        return {
            "id": self.id(),
            "mirror_id": mirror,
            "status": status,
            "total": 5_000,
            "uploaded": self.rng.randrange(200),
            "skipped": 4_800 - failed,
            "failed": failed,
            "removed": 0,
            "bytes": self.rng.randrange(10**9),
            "reason": reasons.get(status),
            "waits_until": self.now + 20 * 3600 * SECOND if waits else None,
            "started_at": began - 900 * SECOND,
            "finished_at": began,
            "started_by": "schedule" if age % 3 else "person",
            "expected": 5_000,
            "code": {"FAILED": "place_gone", "WAITING": "quota"}.get(status),
        }

    def add_events(
        self, events: list[dict[str, typing.Any]], run: dict[str, typing.Any], count: int
    ) -> None:
        for number in range(count):
            failed = number % 10 == 9
            name = f"IMG_{number:06}.jpg"
            path = f"2026/{name}"
            error = "Immich no longer has this asset."
            events.append(
                {
                    "run_id": run["id"],
                    "code": "failed" if failed else "put",
                    "level": "error" if failed else "info",
                    "message": f"failed: {error}" if failed else f"put at {path}",
                    "at": run["started_at"] + number * SECOND // 2,
                    "asset_id": self.id(),
                    "filename": name,
                    "details": json.dumps(
                        {"error": error, "code": "asset_gone", "hint": ""}
                        if failed
                        else {"path": path}
                    ),
                }
            )


def _insert(
    database: sqlite3.Connection, table: str, rows: Iterator[dict[str, typing.Any]]
) -> None:
    first = next(rows)
    names = ", ".join(first)
    marks = ", ".join(f":{name}" for name in first)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    database.execute(statement, first)
    database.executemany(statement, rows)
