"""Measures the search over hashes; `bench/README.md` tells how to read it.

    .venv/bin/python bench/search.py              # all parts
    .venv/bin/python bench/search.py memory       # all pairs in memory, against faiss BinaryFlat
    .venv/bin/python bench/search.py stored       # lookups in PostgreSQL and SQLite, against a scan

Each set of hashes is searched in a process of its own, so that its memory is its own. Ratios are
of CPU time where both sides are in one process, as other work on the machine does not count in it.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import faiss
import numpy as np

from hash_sets import KINDS, Hashes, HashSet
from hash_tables import stored_lookups
from pentaprism.duplicates.search import DistinctPairs, distinct_pairs

SIZES = (100_000, 1_000_000)
DISTANCES = (6, 10)
AIMS = {100_000: 30.0, 1_000_000: 200.0}
"""How many times faster than faiss the search is to be, at distance 6."""

MEMORY_AIM = 150.0
"""MB above the hashes, at distance 6."""

ROUNDS = 3
QUERIES = 2_000
"""So many hashes are looked for by faiss, and by comparing with all, where all are too many."""


_TOO_LONG = ("uniform", SIZES[1])
"""What is not searched at the greater distance, in which the other kind takes longer."""


class Searched(NamedTuple):
    """What a search took, in CPU and wall seconds and MB beyond the hashes, and what it found.

    ``held`` are the MB of the pairs of different hashes, which are among the others.
    """

    kind: str
    hashes: int
    distance: int
    cpu: float
    wall: float
    memory: float
    distinct: int
    pairs: int
    held: float
    recall: float
    extra: int
    planted: str
    ratios: tuple[float, ...]


def _search(kind: str, size: int, distance: int, against_faiss: bool) -> Searched:
    given = KINDS[kind](size)
    distinct_pairs(given.hashes[:1000], distance)
    gc.collect()
    _forget_peak()
    before = _peak()
    start, start_cpu = time.perf_counter(), time.process_time()
    found = distinct_pairs(given.hashes, distance)
    cpu, wall = time.process_time() - start_cpu, time.perf_counter() - start
    memory = _peak() - before
    recall, extra = _check(given.hashes, found, distance)
    ratios = _against_faiss(given.hashes, distance) if against_faiss else ()
    planted = f"{_planted(given, found, distance)} of {int((given.bits <= distance).sum())}"
    pairs, held = found.count(), len(found.pairs) * 9 / 1e6
    return Searched(
        kind, size, distance, cpu, wall, memory, len(found.hashes), pairs, held, recall, extra,
        planted, tuple(ratios),
    )  # fmt: skip


def _peak() -> float:
    """Return the largest resident size since `_forget_peak`, in MB."""
    with open("/proc/self/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmHWM"].split()[0]) / 1024


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w", encoding="ascii") as control:
        control.write("5")


def _check(hashes: Hashes, found: DistinctPairs, distance: int) -> tuple[float, int]:
    """Compare hashes with all, all of few and a sample of many: recall, and pairs too many."""
    distinct = found.hashes
    everything = len(hashes) <= SIZES[0]
    rows = np.arange(len(distinct))
    if not everything:
        rows = np.random.default_rng(5).choice(rows, QUERIES, replace=False)
    wanted = np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        wanted[number] = (np.bitwise_count(distinct ^ distinct[row]) <= distance).sum() - 1
    ends = np.concatenate([found.pairs.left, found.pairs.right])
    held = np.bincount(ends, minlength=len(distinct))[rows]
    bits = np.bitwise_count(distinct[found.pairs.left] ^ distinct[found.pairs.right])
    assert (bits == found.pairs.distance).all(), "each pair is as near as it is said"
    key = found.pairs.left.astype(np.int64) * len(distinct) + found.pairs.right
    key.sort()
    twice = int((key[1:] == key[:-1]).sum())
    missed = np.maximum(wanted - held, 0).sum()
    extra = int(np.maximum(held - wanted, 0).sum()) + twice + int((bits > distance).sum())
    return float(1 - missed / max(1, wanted.sum())), extra


def _planted(given: HashSet, found: DistinctPairs, distance: int) -> int:
    """Return how many of the planted pairs were found."""
    near = given.bits <= distance
    one, other = (
        np.searchsorted(found.hashes, given.hashes[given.planted[near, side]]) for side in (0, 1)
    )
    size = len(found.hashes)
    wanted = np.minimum(one, other) * size + np.maximum(one, other)
    held = found.pairs.left.astype(np.int64) * size + found.pairs.right
    return int(((one == other) | np.isin(wanted, held)).sum())


def _against_faiss(hashes: Hashes, distance: int) -> list[float]:
    """Return how many times longer faiss takes, round by round; of many, for a sample of queries.

    It is given each hash as a query, and finds each pair twice.
    """
    faiss.omp_set_num_threads(1)
    index = faiss.IndexBinaryFlat(64)
    every = hashes.view(np.uint8).reshape(-1, 8)
    index.add(every)
    asked = every
    if len(hashes) > SIZES[0]:
        asked = every[np.random.default_rng(6).choice(len(every), QUERIES, replace=False)]
    ratios = []
    for _ in range(ROUNDS):
        start = time.process_time()
        distinct_pairs(hashes, distance)
        ours = time.process_time() - start
        start = time.process_time()
        index.range_search(asked, distance + 1)
        ratios.append((time.process_time() - start) * len(every) / len(asked) / ours)
    return ratios


def in_memory() -> None:
    """Find all pairs in sets of both sizes and kinds."""
    print("all pairs in memory, one thread, each set in a process of its own", flush=True)
    rows = []
    for size in SIZES:
        for kind in KINDS:
            for distance in DISTANCES if (kind, size) != _TOO_LONG else DISTANCES[:1]:
                against = distance == DISTANCES[0]
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    row = pool.apply(_search, (kind, size, distance, against))
                rows.append(row)
                _print(row)
    print(json.dumps({"memory": [row._asdict() for row in rows]}), flush=True)


def _print(row: Searched) -> None:
    against = "by brute force" if row.hashes <= SIZES[0] else f"by brute force of {QUERIES:,}"
    print(
        f"  {row.hashes:>9,} {row.kind:<9} distance {row.distance:>2}: {row.cpu:6.2f} s CPU"
        f" {row.wall:6.2f} s wall +{row.memory:4.0f} MB, {row.held:.0f} of them pairs;"
        f" {row.pairs:,} pairs,"
        f" recall {row.recall:.6f} {against}, {row.extra} too many, planted {row.planted}",
        flush=True,
    )
    if row.ratios:
        how = "" if row.hashes <= SIZES[0] else f", extrapolated from {QUERIES:,} queries"
        print(
            f"      {_spread(row.ratios)} times faiss BinaryFlat{how} (aim: {AIMS[row.hashes]:g});"
            f" memory aim {MEMORY_AIM:g} MB",
            flush=True,
        )


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.0f} ({min(ratios):.0f} to {max(ratios):.0f})"


PARTS: Mapping[str, Callable[[], None]] = {"memory": in_memory, "stored": stored_lookups}
"""The parts, in the order in which they run."""


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; else all")
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
