"""Pictures compared on their pixels: planted copies by kind, neighbours, and odd ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_samples import needs_shared
from painted import FLATS, flat_frame, lookalike, photo_like
from PIL import Image
from planted import COPIES, LOSSLESS, Copy, Kind, Planted, plant, small_photos

from pentaprism.fingerprints.comparison import (
    RECOMPRESSED,
    SIMILAR,
    Comparison,
    compare,
    label_of,
)
from pentaprism.fingerprints.decoding import UnreadableError, read_grey
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.phash import phash
from pentaprism.fingerprints.symmetries import COUNT, inverse, turn
from pentaprism.groups import files

ONE = {Label.SAME_PICTURE, Label.RECOMPRESSED}
EXPECTED: dict[Kind, set[Label | None]] = {
    **{kind: {Label.SAME_PICTURE} if kind in LOSSLESS else {*ONE} for kind in COPIES},
    Kind.CROPPED: {Label.SIMILAR},
    Kind.WATERMARKED: {Label.SIMILAR},
    Kind.ROTATED: {Label.SIMILAR},
    Kind.BURST: {Label.SIMILAR, None},
}


def at(path: Path, origin: Origin = Origin.ORIGINAL) -> PictureFile:
    return PictureFile(str(path), files.Kind.IMAGE, origin)


def symmetry_of(one: Copy) -> int:
    """The symmetry that turns the copy into its original, as hashes tell it."""
    upright = phash(read_grey(at(one.original), 128)).phash
    hashed = phash(read_grey(at(one.copy), 128))
    ways = (hashed.phash, *hashed.turned)
    return min(range(COUNT), key=lambda way: (ways[way] ^ upright).bit_count())


def compared(one: Copy) -> Comparison:
    symmetry = symmetry_of(one) if one.kind is Kind.ROTATED else 0
    return compare(at(one.original), at(one.copy), symmetry)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("planted"), originals=4, seed=7, size=(360, 270))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("photos"), originals=small_photos(3, 400), seed=7)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., PictureFile]:
    """Write a picture as a file: ``saved(picture, "name.png", quality=…)``."""

    def save(picture: Image.Image, name: str, **options: Any) -> PictureFile:
        picture.save(tmp_path / name, **options)
        return at(tmp_path / name)

    return save


@pytest.mark.parametrize("kind", [*COPIES, Kind.BURST])
def test_planted_copies_get_the_label_of_their_kind(planted: Planted, kind: Kind) -> None:
    labels = {one.copy.name: label_of(compared(one)) for one in planted.of(kind)}
    assert labels
    assert set(labels.values()) <= EXPECTED[kind], labels


@needs_shared
@pytest.mark.parametrize("kind", [*COPIES, Kind.BURST])
def test_copies_of_photos_get_the_label_of_their_kind(photos: Planted, kind: Kind) -> None:
    labels = {one.copy.name: label_of(compared(one)) for one in photos.of(kind)}
    assert labels
    assert set(labels.values()) <= EXPECTED[kind], labels


def test_pictures_of_different_things_have_no_label(planted: Planted) -> None:
    originals = planted.originals
    for number, one in enumerate(originals):
        for other in originals[:number]:
            comparison = compare(at(one), at(other), 0)
            assert label_of(comparison) is None
            assert comparison.score < SIMILAR / 2


def test_another_thing_in_the_same_light_has_no_label(saved: Callable[..., PictureFile]) -> None:
    alike = 0
    size = (240, 180)
    for seed in range(6):
        picture = photo_like(seed, size)
        one = saved(picture, "one.png")
        other = saved(lookalike(picture, photo_like(seed + 100, size)), "other.png")
        bits = phash(read_grey(one, 128)).phash ^ phash(read_grey(other, 128)).phash
        alike += bits.bit_count() <= 16
        assert label_of(compare(one, other, 0)) is None
    assert alike, "some of them have hashes that are near"


@pytest.mark.parametrize("shade", FLATS)
def test_two_flat_frames_are_not_one_picture(saved: Callable[..., PictureFile], shade: str) -> None:
    one = saved(flat_frame(shade, 1), "one.jpg", quality=90)
    other = saved(flat_frame(shade, 2), "other.jpg", quality=50)
    assert label_of(compare(one, other, 0)) is None


def test_the_order_of_two_pictures_matters_little(planted: Planted) -> None:
    copies = [one for one in planted.copies if one.original in planted.originals[:2]]
    for one in copies:
        symmetry = symmetry_of(one) if one.kind is Kind.ROTATED else 0
        there = compare(at(one.original), at(one.copy), symmetry)
        back = compare(at(one.copy), at(one.original), inverse(symmetry))
        assert back.score == pytest.approx(there.score, abs=0.05), one
        assert back.same_pixels == there.same_pixels
        assert back.upscaled == {"a": "b", "b": "a", None: None}[there.upscaled]


def test_a_picture_is_equal_to_itself(planted: Planted) -> None:
    for path in (*planted.originals, *planted.flat):
        assert compare(at(path), at(path), 0) == Comparison(1.0, same_pixels=True)


@pytest.mark.parametrize("symmetry", range(1, COUNT))
def test_a_turned_picture_is_similar(saved: Callable[..., PictureFile], symmetry: int) -> None:
    picture = photo_like(3, (240, 180))
    turned = Image.fromarray(np.ascontiguousarray(turn(np.asarray(picture), symmetry)))
    one, other = saved(picture, "one.png"), saved(turned, "other.png")
    comparison = compare(one, other, inverse(symmetry))
    assert label_of(comparison) is Label.SIMILAR
    assert comparison.score > 0.9
    assert label_of(compare(one, other, 0)) is None


def test_orientation_that_pixels_were_turned_for_is_the_same_picture(
    saved: Callable[..., PictureFile],
) -> None:
    picture = photo_like(4, (320, 240))
    tags = Image.Exif()
    tags[0x0112] = 6
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    one, other = saved(picture, "one.png"), saved(stored, "other.png", exif=tags)
    assert compare(one, other, 0).same_pixels


def test_one_pixel_is_enough_to_be_another_picture(saved: Callable[..., PictureFile]) -> None:
    picture = photo_like(5, (400, 300))
    changed = picture.copy()
    red, green, blue = np.asarray(picture)[200, 300]
    changed.putpixel((300, 200), (int(red), int(green), int(blue) ^ 1))
    comparison = compare(saved(picture, "one.png"), saved(changed, "other.png"), 0)
    assert not comparison.same_pixels
    assert RECOMPRESSED < comparison.score < 1


def test_previews_are_never_the_same_pixels(planted: Planted) -> None:
    path = planted.originals[0]
    comparison = compare(at(path), at(path, Origin.PREVIEW), 0)
    assert not comparison.same_pixels
    assert label_of(comparison) is Label.RECOMPRESSED


@pytest.mark.parametrize("curve", [0.6, 0.8, 1.2, 1.4])
def test_other_tones_are_the_same_picture(saved: Callable[..., PictureFile], curve: float) -> None:
    picture = photo_like(6, (320, 240))
    toned = picture.point([round(255 * (level / 255) ** curve) for level in range(256)] * 3)
    comparison = compare(saved(picture, "one.png"), saved(toned, "other.jpg", quality=85), 0)
    assert label_of(comparison) is Label.RECOMPRESSED


SIZES = [(1, 1), (1, 300), (2000, 3), (31, 33), (257, 255), (5, 4)]


@pytest.mark.parametrize("size", SIZES)
def test_odd_sizes_are_compared_with_anything(
    saved: Callable[..., PictureFile], size: tuple[int, int]
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    odd = saved(Image.fromarray(noise), "odd.png")
    photo = saved(photo_like(8, (300, 200)), "photo.png")
    assert compare(odd, odd, 0).same_pixels
    for symmetry in range(COUNT):
        for a, b in ((odd, photo), (photo, odd), (odd, odd)):
            assert 0 <= compare(a, b, symmetry).score <= 1
    assert label_of(compare(odd, photo, 0)) is None


def test_a_file_that_changed_is_looked_at_again(saved: Callable[..., PictureFile]) -> None:
    one = saved(photo_like(9, (160, 120)), "one.jpg")
    other = saved(photo_like(9, (160, 120)), "other.jpg")
    assert compare(one, other, 0).same_pixels
    saved(photo_like(10, (160, 120)), "other.jpg", quality=88)
    assert label_of(compare(one, other, 0)) is None


def test_what_cannot_be_read_is_told(saved: Callable[..., PictureFile], tmp_path: Path) -> None:
    (tmp_path / "none.jpg").write_bytes(b"no picture at all")
    one = saved(photo_like(11, (64, 64)), "one.jpg")
    for path in (tmp_path / "none.jpg", tmp_path / "missing.jpg"):
        with pytest.raises(UnreadableError):
            compare(one, at(path), 0)


def test_labels_follow_the_score() -> None:
    assert label_of(Comparison(1.0, same_pixels=True)) is Label.SAME_PICTURE
    assert label_of(Comparison(RECOMPRESSED)) is Label.RECOMPRESSED
    assert label_of(Comparison(RECOMPRESSED - 0.001)) is Label.SIMILAR
    assert label_of(Comparison(SIMILAR - 0.001)) is None
