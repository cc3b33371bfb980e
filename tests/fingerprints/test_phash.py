"""The hash of a picture: that of imagehash, exact in all symmetries, and silent on flat ones."""

from __future__ import annotations

import io
from pathlib import Path

import media_samples as samples
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from painted import FLATS, flat_frame, photo_like
from PIL import Image, ImageOps

from pentaprism.fingerprints import symmetries
from pentaprism.fingerprints.fingerprint import FLAT, PictureFile
from pentaprism.fingerprints.phash import SIDE, hash_small, phash
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind

SMALL = arrays.arrays(np.uint8, (SIDE, SIDE))


def drawn(seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    levels = x * x * 3 + y * x * (seed + 2) + y * y * 7 + seed * x * 41
    return np.asarray(levels % 256, dtype=np.uint8)


@pytest.mark.parametrize(
    ("seed", "size", "expected"),
    [
        # What imagehash 4.3 gives for them.
        (0, (64, 48), "b789cd66490872dd"),
        (1, (64, 48), "c55caaa33123c6bd"),
        (2, (64, 48), "c5d6ae80fc560cab"),
        (3, (300, 200), "b91a1d4a19bf48e3"),
        (4, (300, 200), "d5518753f85da0aa"),
    ],
)
def test_it_is_the_hash_of_imagehash(seed: int, size: tuple[int, int], expected: str) -> None:
    assert f"{phash(drawn(seed, size)).phash:016x}" == expected


@settings(max_examples=30)
@given(SMALL)
def test_turned_hashes_are_those_of_the_turned_picture(pixels: NDArray[np.uint8]) -> None:
    found = hash_small(pixels)
    for symmetry in range(1, symmetries.COUNT):
        turned = hash_small(symmetries.turn(pixels, symmetry))
        waves_at_the_median = (found.turned[symmetry - 1] ^ turned.phash).bit_count()
        # Rounding tells waves of exactly the middling strength apart, as in pictures of few dots.
        assert waves_at_the_median == 0 or len(np.unique(pixels)) < 32
        assert turned.content == pytest.approx(found.content)


@pytest.mark.parametrize("symmetry", range(8))
def test_an_inverse_undoes_a_symmetry(symmetry: int) -> None:
    pixels = drawn(1, (7, 5))
    turned = symmetries.turn(pixels, symmetry)
    assert (symmetries.turn(turned, symmetries.inverse(symmetry)) == pixels).all()
    assert (turned.shape != pixels.shape) == symmetries.swaps(symmetry)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_symmetries_are_the_orientations_of_exif(orientation: int) -> None:
    image = Image.fromarray(drawn(2, (7, 5)))
    exif = Image.Exif()
    exif[0x112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)
    with Image.open(buffer) as stored:
        upright = np.asarray(ImageOps.exif_transpose(stored))
    turned = symmetries.turn(np.asarray(image), symmetries.of_orientation(orientation))
    assert (turned == upright).all()


@pytest.mark.parametrize("orientation", [None, 0, 9, -1])
def test_an_orientation_that_exif_does_not_know_turns_nothing(orientation: int | None) -> None:
    assert symmetries.of_orientation(orientation) == 0


def test_single_colours_have_no_content() -> None:
    assert {hash_small(np.full((SIDE, SIDE), v, np.uint8)).content for v in (0, 9, 255)} == {0.0}
    assert hash_small(np.full((SIDE, SIDE), 255, np.uint8)).phash == 1 << 63


@pytest.mark.parametrize("shade", FLATS)
@pytest.mark.parametrize("quality", [95, 60, 20])
def test_flat_frames_are_flat_however_they_are_compressed(
    shade: str, quality: int, tmp_path: Path
) -> None:
    for seed in range(3):
        path = tmp_path / f"{seed}.jpg"
        flat_frame(shade, seed).convert("RGB").save(path, quality=quality)
        found = take(PictureFile(str(path), Kind.IMAGE))
        assert found.problem is None
        assert found.flat


@pytest.mark.parametrize("glow", [0.05, 0.1, 0.3, 1.0])
def test_smooth_glows_are_flat(glow: float) -> None:
    y, x = np.mgrid[0:300, 0:400] / np.array([300, 400]).reshape(2, 1, 1)
    light = 120 + 130 * np.exp(-((x - 0.7) ** 2 + (y - 0.2) ** 2) / (2 * glow))
    assert phash(light.astype(np.uint8)).content < FLAT


def test_photos_are_not_flat(tmp_path: Path) -> None:
    for seed in range(6):
        path = tmp_path / f"{seed}.jpg"
        photo_like(seed).save(path, quality=30)
        assert not take(PictureFile(str(path), Kind.IMAGE)).flat


@samples.needs_shared
def test_real_photos_are_not_flat() -> None:
    photos = sorted((samples.SHARED / "nature").glob("*.jpg"))
    assert photos
    for photo in photos:
        assert not take(PictureFile(str(photo), Kind.IMAGE)).flat, photo.name
