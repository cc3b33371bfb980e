"""Copies in other colours: they are similar, and slight changes of colour are none."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_samples import needs_shared
from numpy.typing import NDArray
from painted import photo_like
from PIL import Image, ImageEnhance
from planted import recoloured, small_photos

from pentaprism.fingerprints.comparison import compare, label_of
from pentaprism.fingerprints.decoding import read_colours, read_pixels
from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Kind

type Change = Callable[[Image.Image], Image.Image]

# Linear sRGB in the primaries of Display P3 and of Adobe RGB; rows sum to 1.
DISPLAY_P3 = ((0.8225, 0.1775, 0.0), (0.0332, 0.9668, 0.0), (0.0171, 0.0724, 0.9105))
ADOBE_RGB = ((0.7152, 0.2848, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0412, 0.9588))


def in_space(primaries: tuple[tuple[float, ...], ...]) -> Change:
    """The numbers of a picture in another space, read as if they were sRGB."""

    def convert(picture: Image.Image) -> Image.Image:
        levels = np.asarray(picture, np.float64) / 255
        linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
        other = np.clip(linear @ np.asarray(primaries).T, 0, 1)
        return Image.fromarray((other ** (1 / 2.2) * 255 + 0.5).astype(np.uint8))

    return convert


def gained(red: float, blue: float) -> Change:
    """Another white balance."""
    gains = np.array([red, 1.0, blue])
    return lambda picture: Image.fromarray(
        np.clip(np.asarray(picture, np.float64) * gains, 0, 255).astype(np.uint8)
    )


def hue(turned: int) -> Change:
    def turn(picture: Image.Image) -> Image.Image:
        planes = list(picture.convert("HSV").split())
        planes[0] = planes[0].point([(level + turned) % 256 for level in range(256)])
        return Image.merge("HSV", planes).convert("RGB")

    return turn


def gamma(curve: float) -> Change:
    levels = [round(255 * (level / 255) ** curve) for level in range(256)]
    return lambda picture: picture.point(levels * 3)


def coded(form: str, **options: Any) -> Change:
    def code(picture: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        picture.save(buffer, form, **options)
        with Image.open(buffer) as stored:
            return stored.convert("RGB")

    return code


SAME: Mapping[str, Change] = {
    "q20": coded("JPEG", quality=20),
    "webp": coded("WEBP", quality=40),
    "avif": coded("AVIF", quality=40, speed=10),
    "heic": coded("HEIF", quality=40),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.8),
    "gamma": gamma(1.3),
    "display p3": in_space(DISPLAY_P3),
    "adobe rgb": in_space(ADOBE_RGB),
    "paler": lambda picture: ImageEnhance.Color(picture).enhance(0.8),
}
OTHER: Mapping[str, Change] = {
    "black and white": lambda picture: recoloured(picture, "grey"),
    "sepia": lambda picture: recoloured(picture, "sepia"),
    "blue tone": lambda picture: recoloured(picture, "cyanotype"),
    "red and blue swapped": lambda picture: Image.merge("RGB", picture.split()[::-1]),
    "hue": hue(40),
    "cold light": gained(0.7, 1.3),
}


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    return [photo_like(seed, (320, 240)) for seed in (21, 22)]


@pytest.fixture(scope="module")
def real() -> list[Image.Image]:
    return small_photos(3, 360)


def labels(
    pictures: list[Image.Image], change: Change, folder: Path
) -> Iterator[tuple[Label | None, Label | None]]:
    """Compare each picture with its changed copy, both ways round."""
    for number, picture in enumerate(pictures):
        paths = folder / f"{number}.jpg", folder / f"{number}-changed.jpg"
        picture.save(paths[0], quality=92)
        change(picture).save(paths[1], quality=85)
        a, b = (PictureFile(str(path), Kind.IMAGE) for path in paths)
        yield label_of(compare(a, b, 0)), label_of(compare(b, a, 0))


@pytest.mark.parametrize("name", ["q20", "webp", "darker", "paler"])
def test_slight_changes_of_colour_are_none(
    photos: list[Image.Image], name: str, tmp_path: Path
) -> None:
    assert set(labels(photos, SAME[name], tmp_path)) == {(Label.RECOMPRESSED,) * 2}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_other_colours_are_only_similar(
    photos: list[Image.Image], change: Change, tmp_path: Path
) -> None:
    assert set(labels(photos, change, tmp_path)) == {(Label.SIMILAR,) * 2}


@needs_shared
@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_slight_changes_of_photos_are_none(
    real: list[Image.Image], change: Change, tmp_path: Path
) -> None:
    assert set(labels(real, change, tmp_path)) == {(Label.RECOMPRESSED,) * 2}


@needs_shared
@pytest.mark.parametrize("name", ["black and white", "red and blue swapped", "hue"])
def test_photos_in_other_colours_are_only_similar(
    real: list[Image.Image], name: str, tmp_path: Path
) -> None:
    assert set(labels(real, OTHER[name], tmp_path)) == {(Label.SIMILAR,) * 2}


def test_grey_pictures_have_one_colour(photos: list[Image.Image], tmp_path: Path) -> None:
    grey = [photo.convert("L") for photo in photos]
    assert set(labels(grey, coded("JPEG", quality=30), tmp_path)) == {(Label.RECOMPRESSED,) * 2}


def small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((16, 16), Image.Resampling.BOX), np.float32)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 92}),
        ("progressive.jpg", {"quality": 92, "progressive": True}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_small_colours_are_those_of_the_picture(
    name: str, options: dict[str, Any], mode: str, tmp_path: Path
) -> None:
    picture = photo_like(23, (640, 400)).convert(mode)
    tags = Image.Exif()
    tags[0x0112] = 6
    picture.save(tmp_path / name, exif=tags, **options)
    file = PictureFile(str(tmp_path / name), Kind.IMAGE)
    colours = read_colours(file, 128)
    assert colours.shape[0] > colours.shape[1] >= 128
    assert colours.shape[0] < 400
    assert np.abs(small(colours) - small(read_pixels(file))).mean() < 4
