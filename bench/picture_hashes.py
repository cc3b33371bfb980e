"""Picture hashes against imagehash: how long they take, and how many bits they are off.

    .venv/bin/python bench/picture_hashes.py

Everything that a picture costs counts on both sides: opening, reading, orientation, decoding and
hashing, one picture after the other in one thread. Both sides take turns at each picture. What is
compared is CPU time, in which other work on the machine does not count, in a process that has done
nothing else before.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind

PHOTOS = Path(__file__).parents[2] / "shared" / "photos" / "nature"
SIZE = (4000, 3000)
PREVIEW, THUMBNAIL = 1440, 250
"""Pixels of the shorter side, as Immich makes them."""

_ROUNDS = 5
_PICTURES = 6
_GRAINS = {"fine": 9.0, "coarse": 13.0}
"""Grey levels of grain, so that 12 megapixels take 5 to 6 MB, as from a camera.

Fine grain is that of each pixel; of coarse grain neighbours share a part. The finer it is, the more
of it is gone in a preview.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: our files, those that the peer hashes, and the ratio that we aim at."""

    name: str
    ours: Sequence[Path]
    theirs: Sequence[Path]
    aim: float | None


def picture_hash_speed() -> None:
    """Print, for each kind of file, our speed divided by that of Pillow with imagehash."""
    pillow_heif.register_heif_opener()
    with tempfile.TemporaryDirectory() as folder:
        for grain in _GRAINS:
            place = Path(folder, grain)
            place.mkdir()
            for row in _rows(place, grain):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.apply(_measured, (row,)), flush=True)


def _measured(row: Row) -> str:
    pillow_heif.register_heif_opener()
    ratios: list[list[float]] = []
    for _ in range(_ROUNDS):
        ratios.append([])
        for ours, theirs in zip(row.ours, row.theirs, strict=True):
            mine = _seconds(_our_hash, ours)
            ratios[-1].append(_seconds(_their_hash, theirs) / mine)
    rounds = [statistics.median(one) for one in ratios]
    median = statistics.median(rounds)
    seconds = statistics.median(_seconds(_our_hash, path) for path in row.ours)
    off = [
        (_our_hash(a) ^ _their_hash(b)).bit_count()
        for a, b in zip(row.ours, row.theirs, strict=True)
    ]
    size = statistics.mean(path.stat().st_size for path in row.ours) / 1e6
    aim = "" if row.aim is None else f", aim {row.aim:g}: {_met(median >= row.aim)}"
    return (
        f"{row.name:<36} {size:5.2f} MB {seconds * 1000:6.1f} ms"
        f"  {median:5.1f} times ({min(rounds):.1f} to {max(rounds):.1f}){aim};"
        f" bits off: {sum(one > 0 for one in off)} of {len(off)}, worst {max(off)}"
    )


def _met(met: bool) -> str:
    return "met" if met else "missed"


def _seconds(hashing: Callable[[Path], int], path: Path) -> float:
    start = time.process_time()
    hashing(path)
    return time.process_time() - start


def _our_hash(path: Path) -> int:
    found = take(PictureFile(str(path), Kind.IMAGE)).phash
    assert found is not None, path
    return found


def _their_hash(path: Path) -> int:
    with Image.open(path) as image:
        return int(str(imagehash.phash(image)), 16)


def _rows(folder: Path, grain: str) -> list[Row]:
    names: dict[str, list[Path]] = {}
    for number, photo in enumerate(sorted(PHOTOS.glob("*.jpg"))[:_PICTURES]):
        picture = _large(photo, number, grain)

        def save(kind: str, ending: str, image: Image.Image, **options: object) -> None:
            path = folder / f"{kind}-{number}.{ending}"  # noqa: B023 (called at once)
            image.save(path, **options)  # type: ignore[arg-type]
            names.setdefault(kind, []).append(path)

        save("baseline", "jpg", picture, quality=94, subsampling=2)
        save("progressive", "jpg", picture, quality=94, subsampling=2, progressive=True)
        save("preview", "jpg", _small(picture, PREVIEW), quality=80, subsampling=2)
        save("thumbnail", "webp", _small(picture, THUMBNAIL), quality=80)
        if number < 2 and grain == "fine":  # its encoder is slow
            save("heic", "heic", picture, quality=60)
    originals, progressive = names["baseline"], names["progressive"]
    rows = [
        Row(f"12 MP baseline JPEG, {grain} grain", originals, originals, 3.3),
        Row(f"12 MP progressive JPEG, {grain}", progressive, progressive, 5.0),
        Row(f"its preview, {grain}", names["preview"], originals, 30.0),
        Row(f"its thumbnail, {grain}", names["thumbnail"], originals, None),
    ]
    if heic := names.get("heic"):
        rows.append(Row(f"12 MP HEIC, {grain}", heic, heic, None))
    return rows


def _large(photo: Path, seed: int, grain: str) -> Image.Image:
    """Return a picture of 12 megapixels that fills as many bytes as a camera's."""
    with Image.open(photo) as image:
        large = ImageOps.fit(image.convert("RGB"), SIZE, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).normal(0, _GRAINS[grain], (SIZE[1], SIZE[0], 1))
    if grain == "coarse":
        noise = (noise + np.roll(noise, 1, 0)) / 2
        noise += np.roll(noise, 1, 1)
    pixels: NDArray[np.float64] = np.asarray(large) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _small(picture: Image.Image, side: int) -> Image.Image:
    scale = side / min(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    picture_hash_speed()
