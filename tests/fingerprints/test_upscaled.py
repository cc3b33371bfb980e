"""Enlarged pictures are told, and a true larger one never is, however soft or noisy it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from media_samples import needs_shared
from painted import photo_like
from PIL import Image, ImageFilter
from planted import small_photos

from pentaprism.fingerprints.comparison import Comparison, compare
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.groups.files import Kind

type Change = Callable[[Image.Image], Image.Image]

RESAMPLING = Image.Resampling


def scaled(picture: Image.Image, times: float, way: RESAMPLING) -> Image.Image:
    return picture.resize((round(picture.width * times), round(picture.height * times)), way)


def noisy(picture: Image.Image) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, 7, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def shaken(picture: Image.Image) -> Image.Image:
    pixels = np.asarray(picture, np.float64)
    return Image.fromarray(np.mean([np.roll(pixels, n, 1) for n in range(6)], 0).astype(np.uint8))


TRUE: Mapping[str, Change] = {
    "sharp": lambda picture: picture,
    "a little soft": lambda picture: picture.filter(ImageFilter.GaussianBlur(0.7)),
    "soft": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.2)),
    "out of focus": lambda picture: picture.filter(ImageFilter.GaussianBlur(2.5)),
    "noisy": noisy,
    "soft and noisy": lambda picture: noisy(picture.filter(ImageFilter.GaussianBlur(1.5))),
    "shaken": shaken,
    "smoothed": lambda picture: picture.filter(ImageFilter.MedianFilter(3)),
    "made smaller": lambda picture: scaled(picture, 0.7, RESAMPLING.LANCZOS),
}


def looked(folder: Path, large: Image.Image, small: Image.Image, quality: int) -> Comparison:
    paths = folder / "large.jpg", folder / "small.jpg"
    large.save(paths[0], quality=quality)
    small.save(paths[1], quality=90)
    a, b = (PictureFile(str(path), Kind.IMAGE) for path in paths)
    return compare(a, b, 0)


def never_told(folder: Path, picture: Image.Image) -> None:
    for times in (1.25, 1.6, 2.5):
        for way, quality in ((RESAMPLING.LANCZOS, 95), (RESAMPLING.NEAREST, 50)):
            small = scaled(picture, 1 / times, way)
            assert looked(folder, picture, small, quality).upscaled is None, (times, way)


@pytest.mark.parametrize("change", TRUE.values(), ids=TRUE)
def test_a_true_larger_picture_is_never_taken_for_enlarged(change: Change, tmp_path: Path) -> None:
    never_told(tmp_path, change(photo_like(41, (640, 480))))


@needs_shared
@pytest.mark.parametrize("name", ["a little soft", "soft", "smoothed"])
def test_a_true_larger_photo_is_never_taken_for_enlarged(name: str, tmp_path: Path) -> None:
    never_told(tmp_path, TRUE[name](small_photos(1, 600)[0]))


@pytest.mark.parametrize("quality", [75, 95])
@pytest.mark.parametrize("way", [RESAMPLING.BICUBIC, RESAMPLING.LANCZOS], ids=str)
@pytest.mark.parametrize("times", [1.6, 2, 3])
def test_an_enlarged_picture_is_mostly_told(
    times: float, way: RESAMPLING, quality: int, tmp_path: Path
) -> None:
    told: list[str | None] = []
    for seed in range(42, 45):
        small = photo_like(seed, (320, 240)).filter(ImageFilter.SHARPEN)
        told.append(looked(tmp_path, scaled(small, times, way), small, quality).upscaled)
    assert set(told) <= {"a", None}
    assert told.count("a") >= (2 if times >= 2 else 1)


def test_a_drawing_of_twice_the_pixels_may_be_true(tmp_path: Path) -> None:
    """Screens of twice the pixels show edges on even ones: nothing tells them from doubled ones."""
    small = photo_like(45, (400, 300))
    found = looked(tmp_path, scaled(small, 2, RESAMPLING.NEAREST), small, 90)
    assert found.upscaled is None


def test_only_pixels_at_hand_tell(tmp_path: Path) -> None:
    small = photo_like(46, (360, 270)).filter(ImageFilter.SHARPEN)
    large = scaled(small, 2, RESAMPLING.LANCZOS)
    assert looked(tmp_path, large, small, 95).upscaled == "a"
    a, b = str(tmp_path / "large.jpg"), str(tmp_path / "small.jpg")
    assert compare(PictureFile(b, Kind.IMAGE), PictureFile(a, Kind.IMAGE), 0).upscaled == "b"
    for one, other in ((Origin.PREVIEW, Origin.ORIGINAL), (Origin.ORIGINAL, Origin.THUMBNAIL)):
        files = PictureFile(a, Kind.IMAGE, one), PictureFile(b, Kind.IMAGE, other)
        assert compare(*files, 0).upscaled is None
