"""Counts what is found of planted copies, and what is wrongly found, beside peers on the same set.

    .venv/bin/python bench/accuracy.py                # needs imagehash, and findimagedupes on PATH
    .venv/bin/python bench/accuracy.py --originals 20

The set: the shared photos (where they are beside the checkout) and painted ones, a copy of each by
each kind, flat frames, burst neighbours, and copies in black and white or toned. All count pairs
of files.

- recall: of the pairs of an original and its copy, how many are found.
- precision: of the pairs found with a copy of the kind in them, how many show the same original.
- Ours counts a copy as found with any label; how many of them are `recompressed` or closer stands
  in a column of its own. A burst neighbour is another picture: ours takes it for a duplicate when
  it is labelled `recompressed` or closer, and `similar` is printed beside; so it is with copies in
  other colours. The peers have no labels: any hit counts. Pairs with either in them are left out of
  the precision of the other kinds.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "contracts"))

from planted import COPIES, Kind, Planted, photo_like, plant, real_photos

from pentaprism.duplicates.search import turned_pairs
from pentaprism.fingerprints.comparison import compare, label_of
from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.taking import take
from pentaprism.groups import files

DISTANCE = 10
"""Bits, as the program's default."""

PEER_DISTANCE = 6
PEER_THRESHOLD = "90%"

type Pair = tuple[Path, Path]
type Found = Mapping[Pair, Label]
"""Pairs in the order of their paths, each with its label; peers' are all `Label.SIMILAR`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found of one kind: planted, found, found as recompressed or closer, right, wrong."""

    planted: int
    found: int
    close: int
    right: int
    wrong: int

    @property
    def recall(self) -> float:
        """Found of planted."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Right of all that was reported; 1 where nothing was."""
        reported = self.right + self.wrong
        return self.right / reported if reported else 1.0


def ordered(a: Path, b: Path) -> Pair:
    """Return two files in the order of their paths."""
    return (a, b) if a < b else (b, a)


def ours(paths: Sequence[Path]) -> Found:
    """Find as the program does: fingerprints, candidates in all symmetries, pixels, labels."""
    looked = [PictureFile(str(path), files.Kind.IMAGE) for path in paths]
    taken = [take(file) for file in looked]
    kept = [n for n, one in enumerate(taken) if one.phash is not None and not one.flat]
    hashes = np.array([taken[n].phash for n in kept], np.uint64)
    turned = np.array([taken[n].turned for n in kept], np.uint64)
    candidates = turned_pairs(hashes, turned, DISTANCE)
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in paths]
    found: dict[Pair, Label] = {}
    for left, right, symmetry in zip(
        candidates.left, candidates.right, candidates.symmetry, strict=True
    ):
        a, b = kept[left], kept[right]
        label: Label | None = Label.IDENTICAL
        if digests[a] != digests[b]:
            label = label_of(compare(looked[a], looked[b], int(symmetry)))
        if label:
            found[ordered(paths[a], paths[b])] = label
    return found


def by_imagehash(paths: Sequence[Path]) -> Found:
    """Find as scripts with imagehash do: all pairs of pHashes within 6 bits."""
    hashes = {}
    for path in paths:
        with Image.open(path) as picture:
            hashes[path] = imagehash.phash(picture)
    return {
        ordered(a, b): Label.SIMILAR
        for a, b in combinations(paths, 2)
        if hashes[a] - hashes[b] <= PEER_DISTANCE
    }


def by_findimagedupes(paths: Sequence[Path]) -> Found:
    """Find by Debian's findimagedupes; every two files of a line that it prints are a pair."""
    command = ["findimagedupes", "--quiet", "--quiet", f"--threshold={PEER_THRESHOLD}", "--"]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)
    lines = [[Path(one) for one in line.split()] for line in done.stdout.splitlines()]
    if not lines:
        raise SystemExit(f"findimagedupes found nothing: {done.stderr[-300:]}")
    return {ordered(a, b): Label.SIMILAR for line in lines for a, b in combinations(line, 2)}


CONTESTANTS: Mapping[str, Callable[[Sequence[Path]], Found]] = {
    "pentaprism": ours,
    "imagehash": by_imagehash,
    "findimagedupes": by_findimagedupes,
}


def counts(planted: Planted, found: Found, kind: Kind) -> Counts:
    """Count what was found of the copies of one kind."""
    shown = planted.pictures()
    neighbours = {one.copy for one in planted.neighbours}
    pairs = [ordered(one.original, one.copy) for one in planted.of(kind)]
    copies = {one.copy for one in planted.of(kind)}
    touched = [
        pair for pair in found if copies.intersection(pair) and not neighbours.intersection(pair)
    ]
    right = sum(a in shown and shown[a] == shown.get(b) for a, b in touched)
    labels = [found[pair] for pair in pairs if pair in found]
    close = sum(label is not Label.SIMILAR for label in labels)
    return Counts(len(pairs), len(labels), close, right, len(touched) - right)


def with_flat(planted: Planted, found: Found) -> int:
    """Count the pairs with a flat frame in them."""
    flat = set(planted.flat)
    return sum(bool(flat.intersection(pair)) for pair in found)


def among_unrelated(planted: Planted, found: Found) -> int:
    """Count the pairs of different originals."""
    originals = set(planted.originals)
    return sum(originals.issuperset(pair) for pair in found)


def show(planted: Planted, results: Mapping[str, Found]) -> list[str]:
    """Print the table; return the aims that are missed."""
    missed: list[str] = []
    names = list(results)
    print(f"  {'recall / precision':<20} {'pairs':>5}  {names[0]:>13}  {'of it close':>11}", end="")
    print("".join(f"  {name:>14}" for name in names[1:]))
    for kind in COPIES:
        mine, *peers = (counts(planted, found, kind) for found in results.values())
        print(
            f"  {kind:<20} {mine.planted:>5}  {_shares(mine):>13}"
            f"  {mine.close / mine.planted:>11.3f}"
            + "".join(f"  {_shares(one):>14}" for one in peers)
        )
        for name, one in zip(names[1:], peers, strict=True):
            if mine.recall < one.recall or mine.precision < one.precision:
                missed.append(f"{kind}: below {name}")
    return missed + _show_wrong(planted, results)


def _shares(one: Counts) -> str:
    return f"{one.recall:.3f} / {one.precision:.3f}"


def _show_wrong(planted: Planted, results: Mapping[str, Found]) -> list[str]:
    mine = results["pentaprism"]
    flat = {name: with_flat(planted, found) for name, found in results.items()}
    unrelated = {name: among_unrelated(planted, found) for name, found in results.items()}
    as_copies, similar = _as_copies(planted, results, Kind.BURST)
    recoloured, also = _as_copies(planted, results, Kind.RECOLOURED)
    print(f"  pairs with a flat frame ({len(planted.flat)} frames): {_listed(flat)}")
    print(f"  pairs of unrelated originals: {_listed(unrelated)}")
    print(
        f"  burst neighbours taken for duplicates, of {len(planted.of(Kind.BURST))}:"
        f" {_listed(as_copies)}; pentaprism calls {similar} similar"
    )
    print(
        f"  copies in black and white or toned taken for the same, of"
        f" {len(planted.of(Kind.RECOLOURED))}: {_listed(recoloured)};"
        f" pentaprism calls {also} similar"
    )
    wrong = [name for name in ("imagehash", "findimagedupes") if name in as_copies]
    missed = ["flat frames are paired"] if flat["pentaprism"] else []
    if unrelated["pentaprism"]:
        missed.append("unrelated originals are paired")
    if any(as_copies["pentaprism"] > as_copies[name] for name in wrong):
        missed.append("burst neighbours: more than a peer")
    if recoloured["pentaprism"]:
        missed.append("copies in other colours are called recompressed")
    if not mine:
        missed.append("nothing was found")
    return missed


def _as_copies(
    planted: Planted, results: Mapping[str, Found], kind: Kind
) -> tuple[dict[str, int], int]:
    """Count for each how many of a kind it takes for copies, and how many ours calls similar."""
    found = {name: counts(planted, found, kind) for name, found in results.items()}
    mine = found["pentaprism"]
    return {name: one.found for name, one in found.items()} | {
        "pentaprism": mine.close
    }, mine.found - mine.close


def _listed(figures: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in figures.items())


def main() -> None:
    """Plant, find, and print; exit with 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--originals", type=int, default=48, help="how many, photos included")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    photos = real_photos()[: options.originals]
    if not photos:
        print("the shared photos are not here: all originals are painted")
    painted = [photo_like(options.seed * 1000 + n) for n in range(options.originals - len(photos))]
    contestants = dict(CONTESTANTS)
    if not shutil.which("findimagedupes"):
        print("findimagedupes is not here: it is left out")
        del contestants["findimagedupes"]
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        planted = plant(
            Path(folder), originals=[*photos, *painted], kinds=tuple(Kind), seed=options.seed
        )
        print(
            f"{len(planted.files)} files: {len(photos)} photos, {len(painted)} painted ones,"
            f" {len(COPIES)} kinds of copies; ours within {DISTANCE} bits and checked on pixels,"
            f" imagehash within {PEER_DISTANCE}, findimagedupes at {PEER_THRESHOLD}",
            flush=True,
        )
        results: dict[str, Found] = {}
        for name, find in contestants.items():
            start = time.perf_counter()
            results[name] = find(planted.files)
            seconds = time.perf_counter() - start
            print(f"  {name:<16} {len(results[name]):>6} pairs in {seconds:6.1f} s", flush=True)
        missed = show(planted, results)
    print("\n".join(f"  MISSED {one}" for one in missed) or "  every aim is met")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
