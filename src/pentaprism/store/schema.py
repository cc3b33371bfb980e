"""Brings a database file to the schema of this program, or says why that cannot be.

Each migration runs inside one transaction (SQLite's DDL is transactional), so that a file has
either the old schema or the new one, whatever happens in between.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection as SqlConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from pentaprism.errors import ActionRequiredError
from pentaprism.store.faults import explain, is_busy, not_a_database

_APPLICATION_ID = (
    0x50656E74  # "Pent", in the file's header: https://www.sqlite.org/fileformat2.html
)
_MIGRATION = re.compile(r"(\d{4})_\w+\.py")
_PAUSE = 0.02  # seconds between two tries for a lock that SQLite does not wait for by itself


@cache
def newest_revision() -> str:
    """Return the revision of this program's schema: the highest number of a migration's file."""
    names = (entry.name for entry in (files(__package__) / "migrations" / "versions").iterdir())
    return max(found[1] for name in names if (found := _MIGRATION.fullmatch(name)))


def prepare(path: Path, *, patience: float) -> None:
    """Make the file at ``path`` a database with the newest schema, in WAL mode; blocks.

    Waits up to ``patience`` seconds for locks of other processes. Raises `ActionRequiredError`.
    """
    try:
        _make_file(path)
        with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as connection:
            if _read_revision(connection, path) != newest_revision():
                _migrate(path, patience)
            _enter_wal(connection, path, patience)
    except OSError as error:
        raise ActionRequiredError(
            f"The database {path} cannot be made: {error.strerror}.",
            code="database_unwritable",
            hint="Give this user write permission for the folder, or set DATABASE_PATH to another "
            "place.",
        ) from error
    except DBAPIError as error:
        raise explain(error.orig or error, path) from error
    except sqlite3.Error as error:
        raise explain(error, path) from error


def _make_file(path: Path) -> None:
    """Make an empty file that only its owner reads; SQLite gives its -wal and -shm the same mode.

    A file that exists is not opened: closing it again would drop the locks that another connection
    of this process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _read_revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """Return the revision of the file, None for an empty one; raise if it is not one of ours."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id == _APPLICATION_ID:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if revision > newest_revision():
            raise ActionRequiredError(
                f"The database {path} was written by a newer Pentaprism (schema {revision}; this "
                f"program knows {newest_revision()}).",
                code="newer_schema",
                hint="Install the newer version again, or set DATABASE_PATH to another file.",
            )
        return str(revision)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application_id or tables:
        raise not_a_database(path)
    return None


def _migrate(path: Path, patience: float) -> None:
    # Alembic costs 100 ms to import, which only the first start of a new version pays.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
        # Making a table anew drops the old one, which would delete or be refused what refers to it
        # (https://www.sqlite.org/lang_altertable.html#otheralter).
        connection.execute("PRAGMA foreign_keys = OFF")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: SqlConnection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", f"{__package__}:migrations")
        config.attributes["connection"] = connection
        # Another process may have been here while this one waited for its lock; Alembic reads the
        # revision inside this transaction and then has nothing to do.
        command.upgrade(config, "head")
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            raise RuntimeError(f"a migration broke {len(broken)} references between tables")
        connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")


def _enter_wal(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Turn write-ahead logging on; the file remembers it."""
    deadline = time.monotonic() + patience
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # The change of mode does not wait for a lock, unlike all else.
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
            continue
        if mode != "wal":
            raise ActionRequiredError(
                f"The database {path} is on a filesystem that cannot share memory between "
                "processes.",
                code="database_unwritable",
                hint="Set DATABASE_PATH to a file on a local disk, not on a network share.",
            )
        return
