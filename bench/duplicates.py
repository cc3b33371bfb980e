"""Measures the search for duplicates end to end; `bench/README.md` tells how to read it.

    .venv/bin/python bench/duplicates.py                  # 20,000 files, 2,000 of them planted
    .venv/bin/python bench/duplicates.py --files 4000     # fewer

The files are made once and stay in the system's folder for temporary files. All contestants are
whole processes on the same files. findimagedupes takes the longest: it gets every so many of the
sets in which copies lie, and its time is extrapolated, which is said.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from peers import Cost, in_turn, ratio, run

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "contracts"))

from painted import photo_like
from planted import Kind, plant

VERSION = 2
KINDS = (
    Kind.Q20, Kind.Q60, Kind.HALVED, Kind.BRIGHTENED, Kind.CROPPED, Kind.STRIPPED, Kind.REFORMATTED,
)  # fmt: skip
IDENTICAL = "identical"
SIZE = (640, 480)
SHARE = 5
"""Of so many sets findimagedupes gets one."""

PEER = Path(__file__).parent / "imagehash_peer.py"

type Pair = frozenset[str]


@dataclass(frozen=True)
class Truth:
    """Which pictures are shown by files, and the planted pairs of each kind."""

    folder: Path
    shown: Mapping[str, str]
    pairs: Mapping[str, frozenset[Pair]]

    def within(self, part: str) -> Truth:
        """Return what is true of one part."""
        top = f"{self.folder / part}/"
        shown = {path: one for path, one in self.shown.items() if path.startswith(top)}
        pairs = {
            kind: frozenset(pair for pair in pairs if all(one in shown for one in pair))
            for kind, pairs in self.pairs.items()
        }
        return Truth(self.folder / part, shown, pairs)


def _set(task: tuple[Path, int, int, int]) -> dict[str, list[tuple[str, str]]]:
    """Make one part: planted pairs of each kind, and pictures without a copy."""
    folder, seed, each, others = task
    made: dict[str, list[tuple[str, str]]] = {}
    for number, kind in enumerate(KINDS):
        own = seed + number * each
        planted = plant(
            folder / f"kind-{number}", originals=each, kinds=(kind,), seed=own, size=SIZE
        )
        # Beside the original a crop, or another format, would be of the same shot.
        aside = folder / f"copies-{number}"
        aside.mkdir()
        made[kind.value] = [
            (str(one.original), str(one.copy.rename(aside / one.copy.name)))
            for one in planted.of(kind)
        ]
    made[IDENTICAL] = []
    rest = folder / "rest"
    rest.mkdir(parents=True)
    for number in range(each + others):
        path = rest / f"{number:05d}.jpg"
        photo_like(seed + len(KINDS) * each + number, SIZE).save(path, "JPEG", quality=90)
        if number < each:
            copy = rest / f"copy-{number:05d}.jpg"
            shutil.copy(path, copy)
            made[IDENTICAL].append((str(path), str(copy)))
    return made


def files(count: int) -> Truth:
    """Return ``count`` files, a tenth of them planted copies; they are made once."""
    folder = Path(tempfile.gettempdir()) / f"pentaprism-bench-duplicates-{count}-{VERSION}"
    told = folder.with_suffix(".json")
    if not told.exists():
        shutil.rmtree(folder, ignore_errors=True)
        each = count // 10 // (len(KINDS) + 1) // SHARE
        one = count // SHARE
        others = one - 2 * each * (len(KINDS) + 1)
        print(f"making {count:,} files in {folder}", flush=True)
        tasks = [(folder / f"part-{n}", n * one, each, others) for n in range(SHARE)]
        with multiprocessing.Pool() as pool:
            parts = pool.map(_set, tasks, chunksize=1)
        kinds = {kind: [pair for part in parts for pair in part[kind]] for kind in parts[0]}
        told.write_text(json.dumps(kinds))
    kinds = json.loads(told.read_text())
    shown = {str(path): str(path) for path in folder.rglob("*") if path.is_file()}
    for pairs in kinds.values():
        shown |= {copy: original for original, copy in pairs}
    return Truth(folder, shown, {k: frozenset(map(frozenset, v)) for k, v in kinds.items()})


def _ours(folder: Path, log: Path, *options: str) -> Cost:
    command = [sys.executable, "-m", "pentaprism", "duplicates", str(folder), "--json", *options]
    return run(command, log=_empty(log), env={"LOG_LEVEL": "ERROR"})


def _imagehash(folder: Path, log: Path, *options: str) -> Cost:
    return run([sys.executable, str(PEER), *options, str(folder)], log=_empty(log))


def _findimagedupes(folder: Path, log: Path) -> Cost:
    log.with_suffix(".db").unlink(missing_ok=True)
    script = 'find "$1" -type f -print0 | findimagedupes -q -0 -f "$2" -'
    arguments = [str(folder), str(log.with_suffix(".db"))]
    return run(["sh", "-c", script, "sh", *arguments], log=_empty(log))


def _empty(log: Path) -> Path:
    log.unlink(missing_ok=True)
    return log


def _pairs(groups: Iterable[Collection[str]]) -> set[Pair]:
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


def _told_by_us(log: Path) -> set[Pair]:
    told = json.loads(log.read_text().splitlines()[-1])
    return _pairs([one["path"] for one in group["members"]] for group in told["groups"])


def _told_by_script(log: Path) -> set[Pair]:
    return _pairs(json.loads(log.read_text().splitlines()[-1]))


def _told_by_findimagedupes(log: Path, folder: Path) -> set[Pair]:
    start = f"{folder}/"
    lines = [line for line in log.read_text().splitlines() if line.startswith(start)]
    groups = [line.removeprefix(start).split(f" {start}") for line in lines]
    return _pairs([start + name for name in group] for group in groups)


def _line(name: str, truth: Truth, found: set[Pair], cost: Cost) -> str:
    right = {pair for pair in found if len({truth.shown[one] for one in pair}) == 1}
    planted = frozenset[Pair]().union(*truth.pairs.values())
    return (
        f"  {name:<28} {cost.wall:8.1f} s wall {cost.cpu:8.1f} s CPU {cost.peak:5.0f} MB   "
        f"{len(planted & found):>5,} of {len(planted):,} planted pairs, "
        f"{len(found - right):,} wrong"
    )


def _kinds(truth: Truth, found: Mapping[str, set[Pair]]) -> None:
    print(f"  {'planted pairs found':<20}" + "".join(f"{name:>18}" for name in found))
    for kind, pairs in truth.pairs.items():
        shares = (f"{len(pairs & one) / len(pairs):.3f}" for one in found.values())
        print(f"  {kind:<20}" + "".join(f"{share:>18}" for share in shares), flush=True)


def pictures(truth: Truth, rounds: int) -> None:
    """Compare the whole search, on all files and on the part that findimagedupes gets."""
    part = truth.within("part-0")
    with tempfile.TemporaryDirectory() as scratch:
        logs = {n: Path(scratch) / f"{n}.log" for n in ("ours", "imagehash", "part", "find")}
        contestants: dict[str, Callable[[], Cost]] = {
            "ours": lambda: _ours(truth.folder, logs["ours"]),
            "imagehash": lambda: _imagehash(truth.folder, logs["imagehash"]),
            "ours, a fifth": lambda: _ours(part.folder, logs["part"]),
            "findimagedupes, a fifth": lambda: _findimagedupes(part.folder, logs["find"]),
        }
        costs = in_turn(contestants, rounds=rounds)
        found = {"ours": _told_by_us(logs["ours"]), "imagehash": _told_by_script(logs["imagehash"])}
        fifth = {
            "ours": _told_by_us(logs["part"]),
            "findimagedupes": _told_by_findimagedupes(logs["find"], part.folder),
        }
    print(f"{len(truth.shown):,} files")
    for name, pairs in found.items():
        print(_line(name, truth, pairs, costs[name][-1]))
    _kinds(truth, found)
    print(f"  wall, imagehash to ours: {ratio(costs['imagehash'], costs['ours'])}")
    print(f"{len(part.shown):,} of them")
    for name, pairs in fifth.items():
        print(_line(name, part, pairs, costs[f"{name}, a fifth"][-1]))
    _kinds(part, fifth)
    theirs = costs["findimagedupes, a fifth"]
    print(
        f"  wall, findimagedupes to ours: {ratio(theirs, costs['ours, a fifth'])}; "
        f"extrapolated to all files, {SHARE} times as long: "
        f"{ratio([Cost(one.wall * SHARE, 0, 0) for one in theirs], costs['ours'])}",
        flush=True,
    )


def exact(truth: Truth, rounds: int) -> None:
    """Compare the search for equal bytes with hashlib in a script."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = Path(scratch) / "ours.log", Path(scratch) / "theirs.log"
        costs = in_turn(
            {
                "ours, exact": lambda: _ours(truth.folder, ours, "--exact"),
                "hashlib, exact": lambda: _imagehash(truth.folder, theirs, "--exact"),
            },
            rounds=rounds,
        )
        same = _told_by_us(ours) == _told_by_script(theirs)
    print(
        f"  equal bytes: the same pairs: {same}; wall, ours to hashlib: "
        f"{ratio(costs['ours, exact'], costs['hashlib, exact'])}",
        flush=True,
    )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1, help="of the long part; the other has 3")
    options = parser.parse_args()
    truth = files(options.files)
    exact(truth, 3)
    pictures(truth, options.rounds)


if __name__ == "__main__":
    main()
