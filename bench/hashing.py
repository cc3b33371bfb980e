"""Both digests of a file in one read, against hashlib alone; and the hashes of pictures.

.venv/bin/python bench/hashing.py
"""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pentaprism.hashing import hash_file, hash_file_sha256

KB, MB = 1000, 1_000_000
SIZES = {"100 KB": 100 * KB, "1 MB": MB, "5 MB": 5 * MB, "25 MB": 25 * MB, "500 MB": 500 * MB}
_BYTES_A_ROUND = 200 * MB
_ROUNDS = 7


def hash_speed() -> None:
    """Print, for files of several sizes in the page cache, our speed divided by hashlib's.

    hashlib alone is `hashlib.file_digest` for SHA-1 and then for SHA-256, and, harder, both digests
    of bytes that are in memory already, without any reading.
    """
    print(
        f"{'size':>8}  {'ours':>10}  {'file_digest twice':>21}  {'from memory':>21}"
        f"  {'SHA-256 alone':>21}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            path = Path(folder, "file")
            data = os.urandom(size)
            path.write_bytes(data)
            contestants: tuple[Callable[[], object], ...] = (
                lambda path=str(path): hash_file(path),  # type: ignore[misc]
                lambda path=str(path): _alone(path),  # type: ignore[misc]
                lambda data=data: _from_memory(data),  # type: ignore[misc]
                lambda path=str(path): hash_file_sha256(path),  # type: ignore[misc]
                lambda path=str(path): _sha256_alone(path),  # type: ignore[misc]
            )
            times = _times(contestants, max(1, _BYTES_A_ROUND // size))
            ours = statistics.median(row[0] for row in times)
            print(
                f"{name:>8}  {size / ours / MB:5.0f} MB/s  {_ratio(times, 1):>21}"
                f"  {_ratio(times, 2):>21}  {_ratio(times, 4, 3):>21}"
            )


def _times(contestants: tuple[Callable[[], object], ...], count: int) -> list[tuple[float, ...]]:
    """Run all in turn, so that a drifting machine hits them alike; seconds for one file."""
    rounds = []
    for _ in range(_ROUNDS):
        row = []
        for contestant in contestants:
            start = time.perf_counter()
            for _ in range(count):
                contestant()
            row.append((time.perf_counter() - start) / count)
        rounds.append(tuple(row))
    return rounds


def _ratio(times: list[tuple[float, ...]], column: int, ours: int = 0) -> str:
    ratios = [row[column] / row[ours] for row in times]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _alone(path: str) -> tuple[bytes, bytes]:
    with open(path, "rb") as file:
        sha1 = hashlib.file_digest(file, "sha1").digest()
    with open(path, "rb") as file:
        return sha1, hashlib.file_digest(file, "sha256").digest()


def _sha256_alone(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _from_memory(data: bytes) -> tuple[bytes, bytes]:
    return hashlib.sha1(data).digest(), hashlib.sha256(data).digest()


if __name__ == "__main__":
    from picture_hashes import picture_hash_speed

    hash_speed()
    picture_hash_speed()
