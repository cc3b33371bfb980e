"""A rescan of a library in which nothing has changed, against find and rsync on the same tree.

    .venv/bin/python bench/rescan.py [--folders 1000] [--files 100] [--rounds 9]

`find ROOT -newer REF` and `rsync -n -a` look at each file once, as a rescan has to. Ours is timed
twice: the scan alone, the second in a process that has the index open as the server has, and a
whole process that scans once, with its start. All take turns. The tree is made anew for each run of
this program, in the folder for temporary files.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from peers import Cost, in_turn, ratio, run
from pentaprism.groups.rules import RULES
from pentaprism.library.progress import ScanProgress
from pentaprism.library.reading import Reading
from pentaprism.library.scan import Scan
from pentaprism.store import Secrets, Store, generate_key

_AIM = 3.0


class _Nothing:
    """Reads no file: in a rescan none is to be read, and the first one is not measured."""

    def __init__(self) -> None:
        self.read_files = 0

    async def read(self, paths: Sequence[str]) -> list[Reading]:
        self.read_files += len(paths)
        return [Reading() for _ in paths]


async def _scan(home: Path, times: int) -> list[float]:
    """Scan the root in ``home`` and return the seconds that each scan took."""
    path = home / "index" / "pentaprism.db"
    key = home / "key"
    if not key.exists():
        key.write_text(generate_key())
    took = []
    async with await Store.open(path, Secrets.load(key.read_text(), path)) as store:
        roots = await store.roots.list()
        id_ = (roots[0] if roots else await store.roots.add("me", str(home / "tree"), "Tree")).id
        for _ in range(times):
            reads, progress = _Nothing(), ScanProgress()
            root = await store.roots.get(id_)
            scan = Scan(root, store, reads, RULES, lambda: datetime.now(UTC), progress)
            start = time.perf_counter()
            await scan.run()
            took.append(time.perf_counter() - start)
            if roots and (reads.read_files or progress.added or progress.changed):
                raise SystemExit("A rescan has read or changed something.")
    return took


def _make(top: Path, folders: int, files: int) -> None:
    for number in range(folders):
        folder = top / f"{number // 50:03}" / f"{number:05}"
        folder.mkdir(parents=True)
        for file in range(files):
            (folder / f"IMG_{file:04}.jpg").write_bytes(b"x" * (file + 1))


def _compare(home: Path, rounds: int) -> None:
    log = home / "log"
    reference = home / "reference"
    reference.touch()
    tree = str(home / "tree")

    def ours(times: int) -> Cost:
        child = ["--child", str(home), "--times", str(times)]
        return run([sys.executable, __file__, *child], log=log)

    def ours_inside() -> Cost:
        cost = ours(2)
        return Cost(float((home / "took").read_text()), cost.cpu, cost.peak)

    peers = {
        "find -newer": lambda: run(["find", tree, "-newer", str(reference)], log=log),
        "ours, the scan alone": ours_inside,
        "ours, the process": lambda: ours(1),
    }
    if rsync := shutil.which("rsync"):
        copy = home / "copy"
        run([rsync, "-a", f"{tree}/", str(copy)], log=log)
        peers["rsync -n -a"] = lambda: run([rsync, "-n", "-a", f"{tree}/", str(copy)], log=log)
    else:
        print("  rsync is not installed: left out.")
    costs = in_turn(peers, rounds=rounds)
    find, inside = costs["find -newer"], costs["ours, the scan alone"]
    median = statistics.median(cost.wall for cost in inside)
    print(f"the scan alone: {median:.3f} s, {ratio(inside, find)} times find (aim: {_AIM})")
    print(f"the process:    {ratio(costs['ours, the process'], find)} times find")
    if "rsync -n -a" in costs:
        rsynced = costs["rsync -n -a"]
        print(f"the scan alone: {ratio(inside, rsynced)} times rsync -n -a")
        print(f"rsync -n -a:    {ratio(rsynced, find)} times find")


def main() -> None:
    """Make a tree, index it, and compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folders", type=int, default=1000)
    options.add_argument("--files", type=int, default=100)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        took = asyncio.run(_scan(given.child, given.times))
        (given.child / "took").write_text(str(took[-1]))
        return
    rescan_speed(given.folders, given.files, given.rounds)


def rescan_speed(folders: int = 1000, files: int = 100, rounds: int = 9) -> None:
    """Print how long a rescan of an unchanged tree takes, and its ratio to its peers."""
    with tempfile.TemporaryDirectory(prefix="pentaprism-rescan-") as home:
        _make(Path(home) / "tree", folders, files)
        first = asyncio.run(_scan(Path(home), 1))[0]
        count = folders * files
        print(f"{count} files in {folders} folders, first scan without reading {first:.1f} s")
        _compare(Path(home), rounds)


if __name__ == "__main__":
    main()
