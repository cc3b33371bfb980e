"""Measures grouping and the library index; `bench/README.md` tells how to read it.

    .venv/bin/python bench/groups.py              # all parts
    .venv/bin/python bench/groups.py names        # grouping of up to 1,000,000 names
    .venv/bin/python bench/groups.py rescan       # 100,000 unchanged files, against find and rsync
    .venv/bin/python bench/groups.py hashes       # SHA-1 and SHA-256 in one read, against hashlib

Each size of the first part is grouped in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from hashing import hash_speed
from pentaprism.groups.files import Group, GroupType, Precision, ShotFile
from pentaprism.groups.grouping import group
from pentaprism.groups.rules import RULES
from rescan import rescan_speed

SIZES = (10_000, 31_623, 100_000, 316_228, 1_000_000)
FOLDER = 500
"""Files in a folder, about."""

AIM = 20.0
"""The most seconds for the largest size."""

_START = datetime(2020, 1, 1, 8, 0, 0)  # noqa: DTZ001 - wall-clock time


class Measured(NamedTuple):
    """What grouping one size took: seconds, MB of memory beyond that of the files, and groups.

    ``cpu`` is what is compared between sizes: other work on the machine does not count in it.
    """

    files: int
    seconds: float
    cpu: float
    memory: float
    groups: int


def names() -> Iterator[ShotFile]:
    """Yield the files of an endless library: pairs, live photos, bursts, edits and single ones."""
    number = 0
    at = _START
    count = 0
    while True:
        folder = f"{2000 + count // FOLDER % 25}/{count // FOLDER:05d}"
        for name, off in _shot(number, at):
            path = f"{folder}/{name}"
            taken_at = at + timedelta(milliseconds=off)
            yield ShotFile(path, path, taken_at, Precision.SUBSECOND, camera="X-T5")
            count += 1
        number += 1
        at += timedelta(seconds=37, milliseconds=number % 7 * 113)


def _shot(number: int, at: datetime) -> list[tuple[str, int]]:
    stem = f"IMG_{number % 10_000:04d}"
    kind = number % 12
    if kind < 3:
        return [(f"{stem}.CR3", 0), (f"{stem}.JPG", 0)]
    if kind < 5:
        return [(f"{stem}.HEIC", 0), (f"{stem}.MOV", 300)]
    if kind == 5:
        return [(f"DSCF{number % 10_000:04d}{n}.JPG", n * 120) for n in range(5)]
    if kind == 6:
        return [(f"{stem}.JPG", 0), (f"{stem}-edited.JPG", 0), (f"{stem}.JPG.xmp", 0)]
    if kind == 7:
        stamp = f"PXL_{at:%Y%m%d_%H%M%S}{number % 1000:03d}"
        return [(f"{stamp}.RAW-01.COVER.jpg", 0), (f"{stamp}.RAW-02.ORIGINAL.dng", 0)]
    return [(f"{stem}.JPG", 0)]


def _of_size(size: int) -> Measured:
    files = list(islice(names(), size))
    gc.collect()
    gc.freeze()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, start_cpu = time.perf_counter(), time.process_time()
    found: list[Group] = group(files, RULES)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bursts = sum(one.type is GroupType.BURST for one in found)
    assert bursts, "the library has bursts"
    return Measured(size, seconds, cpu, (after - before) / 1024, len(found))


def _each(row: Measured) -> float:
    return row.cpu / row.files


def group_names() -> None:
    """Group names in growing numbers: the time for each file should not grow."""
    print("grouping of names, each size in a process of its own", flush=True)
    last: Measured | None = None
    rows: list[Measured] = []
    for size in SIZES:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(_of_size, (size,))
        rows.append(row)
        ratio = _each(row) / _each(last) if last else 1.0
        print(
            f"  {row.files:>9,} files {row.seconds:7.2f} s wall {row.cpu:7.2f} s CPU"
            f" {1 / _each(row):>9,.0f} a second {row.groups:>8,} groups +{row.memory:5.0f} MB"
            f"   for each file {ratio:4.2f} of the size before",
            flush=True,
        )
        last = row
    print(
        f"  largest: {rows[-1].seconds:.1f} s wall (aim: {AIM:g}), {rows[-1].cpu:.1f} s CPU;"
        f" for each file {_each(rows[-1]) / _each(rows[0]):.2f} of the smallest",
        flush=True,
    )
    print(json.dumps({"names": [row._asdict() for row in rows]}), flush=True)


PARTS: Mapping[str, Callable[[], None]] = {
    "names": group_names,
    "rescan": rescan_speed,
    "hashes": hash_speed,
}
"""The parts, in the order in which they run."""


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; else all")
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
