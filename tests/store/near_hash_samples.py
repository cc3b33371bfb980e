"""A table of hashes to look others up in, and what must be found there."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    insert,
)

from pentaprism.fingerprints.hamming import bands, signed
from pentaprism.store.near_hashes import near_query, parameters, within

DISTANCES = (0, 1, 3, 6, 10, 13, 16)

metadata = MetaData()
hashes = Table(
    "hashes",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("phash", BigInteger),
    *(Column(f"band_{band}", SmallInteger) for band in range(4)),
    Column("hidden", Boolean, default=False),
    *(Index(f"ix_hashes_band_{band}", f"band_{band}", "phash", "row") for band in range(4)),
)


def near_ones(seed: int, count: int) -> Iterator[int]:
    """Yield a hash, then others that are further and further from it, from 0 to 20 bits."""
    chosen = random.Random(seed)
    hash_ = chosen.getrandbits(64)
    for number in range(count):
        changed = hash_
        for bit in chosen.sample(range(64), number % 21):
            changed ^= 1 << bit
        yield changed


def fill(connection: Connection) -> dict[int, int]:
    """Store hashes, and return them by their rows."""
    known = [*near_ones(1, 300), *near_ones(2, 300), 0, 2**64 - 1, 2**63, 2**63 - 1]
    known += [random.Random(3).getrandbits(64) for _ in range(2000)]
    rows = [
        {"row": row, "phash": signed(phash)}
        | {f"band_{number}": band for number, band in enumerate(bands(phash))}
        for row, phash in enumerate(known)
    ]
    flat = {"row": len(rows), "phash": 0} | {f"band_{number}": None for number in range(4)}
    connection.execute(insert(hashes), [*rows, flat])
    return dict(enumerate(known))


def assert_near_ones_are_found(connection: Connection, known: dict[int, int]) -> None:
    """Look hashes up at every distance, with conditions and without, against all hashes."""
    some = [known[row] for row in (0, 17, 300, 600, 601, 602, 603, 700)]
    for distance in DISTANCES:
        query = near_query(hashes, distance=distance)
        even = near_query(hashes, distance=distance, where=(hashes.c.row % 2 == 0,))
        for wanted in some:
            near = {
                row: bits
                for row, phash in known.items()
                if (bits := (phash ^ wanted).bit_count()) <= distance
            }
            values = parameters(wanted, distance)
            found = connection.execute(query, values).all()
            assert len({row for row, _ in found}) == len(found)
            assert dict(within(found, wanted, distance)) == near
            assert dict(within(found, signed(wanted), distance)) == near
            found = connection.execute(even, values).all()
            evens = {row: bits for row, bits in near.items() if row % 2 == 0}
            assert dict(within(found, wanted, distance)) == evens
