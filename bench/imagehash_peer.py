"""Duplicates as a plain script finds them: Pillow, imagehash, and every two hashes compared.

    .venv/bin/python bench/imagehash_peer.py DIR [DISTANCE]
    .venv/bin/python bench/imagehash_peer.py --exact DIR

Prints the pairs as JSON. ``--exact`` compares bytes instead: SHA-256 by hashlib of files with the
same size.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import imagehash
from PIL import Image
from pillow_heif import register_heif_opener

type Pair = tuple[str, str]


def alike(folder: Path, distance: int) -> Iterator[Pair]:
    """Yield the pairs of pictures whose hashes differ in at most ``distance`` bits."""
    register_heif_opener()
    hashes: list[tuple[str, int]] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with Image.open(path) as picture:
                hashes.append((str(path), int(str(imagehash.phash(picture)), 16)))
    for place, (name, own) in enumerate(hashes):
        for other, theirs in hashes[place + 1 :]:
            if (own ^ theirs).bit_count() <= distance:
                yield name, other


def equal(folder: Path) -> Iterator[Pair]:
    """Yield the pairs of files with the same bytes."""
    sizes: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sizes[path.stat().st_size].append(path)
    digests: dict[bytes, list[str]] = defaultdict(list)
    for paths in sizes.values():
        for path in paths if len(paths) > 1 else ():
            with path.open("rb") as file:
                digests[hashlib.file_digest(file, "sha256").digest()].append(str(path))
    for same in digests.values():
        yield from combinations(same, 2)


def main() -> None:
    """Print what is found."""
    first, *more = sys.argv[1:]
    if first == "--exact":
        found = list(equal(Path(more[0])))
    else:
        found = list(alike(Path(first), int(more[0]) if more else 6))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
