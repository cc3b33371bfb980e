"""Decoding: every format by its quickest route, upright, with the bits of the whole picture."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import media_samples as samples
import numpy as np
import pytest
from painted import photo_like
from PIL import Image

from pentaprism.fingerprints import jpegs
from pentaprism.fingerprints.decoding import decode_grey, read_grey, read_pixels
from pentaprism.fingerprints.fingerprint import Fingerprint, Origin, PictureFile
from pentaprism.fingerprints.jpeg_headers import Source, read_header
from pentaprism.fingerprints.phash import phash
from pentaprism.fingerprints.symmetries import inverse, of_orientation, turn
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind

SIZE = (320, 240)


@cache
def large() -> Image.Image:
    """Large enough for the first scan of a progressive file."""
    return photo_like(9, (400, 375)).resize((1600, 1500))


def saved(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> PictureFile:
    path = folder / name
    (image or photo_like(5, SIZE)).save(path, **options)
    return PictureFile(str(path), Kind.IMAGE)


def naive(image: Image.Image) -> int:
    """The hash of all pixels, without any shortcut."""
    return phash(np.asarray(image.convert("L"))).phash


def off(found: Fingerprint, image: Image.Image) -> int:
    assert found.problem is None
    assert found.phash is not None
    return (found.phash ^ naive(image)).bit_count()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 90}),
        ("a.jpg", {"quality": 90, "progressive": True}),
        ("a.jpg", {"quality": 90, "subsampling": 0, "optimize": True}),
        ("a.png", {}),
        ("a.webp", {"quality": 80}),
        ("a.webp", {"lossless": True}),
        ("a.avif", {"quality": 70}),
        ("a.heic", {"quality": 80}),
        ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.bmp", {}),
        ("a.jp2", {}),
        ("a.gif", {}),
    ],
)
def test_each_format_gives_the_bits_of_the_picture(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    found = take(saved(tmp_path, name, **options))
    assert off(found, photo_like(5, SIZE)) <= 2
    assert (found.width, found.height) == SIZE
    assert found.origin is Origin.ORIGINAL


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1", "LA", "RGBA"])
def test_each_mode_gives_the_bits_of_the_picture(mode: str, tmp_path: Path) -> None:
    image = photo_like(6, SIZE).convert(mode)
    name = "a.jpg" if mode in {"L", "CMYK"} else "a.png"
    assert off(take(saved(tmp_path, name, image)), image) <= 2


def test_sixteen_bits_are_brought_to_eight(tmp_path: Path) -> None:
    grey = np.asarray(photo_like(7, SIZE).convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    for name in ("a.png", "a.tiff"):
        assert (read_grey(saved(tmp_path, name, deep), SIZE[1]) == grey).all()


def test_floats_span_black_to_white(tmp_path: Path) -> None:
    grey = np.asarray(photo_like(7, SIZE).convert("L"))
    image = Image.fromarray(grey.astype(np.float32) / 255)
    assert off(take(saved(tmp_path, "a.tiff", image)), Image.fromarray(grey)) <= 2


def test_what_is_transparent_keeps_its_colour(tmp_path: Path) -> None:
    image = photo_like(8, SIZE)
    clear = image.copy()
    clear.putalpha(Image.new("L", SIZE, 0))
    assert off(take(saved(tmp_path, "a.png", clear)), image) <= 2


@pytest.mark.parametrize(
    ("name", "orientation"),
    [
        *(("a.jpg", orientation) for orientation in range(1, 9)),
        *(("a.png", orientation) for orientation in range(1, 9)),
        *(("a.webp", orientation) for orientation in (3, 6)),
        *(("progressive.jpg", orientation) for orientation in (3, 6)),
    ],
)
def test_a_picture_is_hashed_upright(name: str, orientation: int, tmp_path: Path) -> None:
    upright = large() if name == "progressive.jpg" else photo_like(9, (300, 225))
    back = inverse(of_orientation(orientation))
    stored = Image.fromarray(np.ascontiguousarray(turn(np.asarray(upright), back)))
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {"progressive": True} if name == "progressive.jpg" else {}
    file = saved(tmp_path, name, stored, exif=exif, **options)
    found = take(file)
    assert off(found, upright) <= 4
    assert (found.width, found.height) == upright.size
    assert read_pixels(file).shape == (upright.height, upright.width, 3)


@pytest.mark.parametrize("size", [(1920, 1440), (1000, 750), (513, 701), (100, 75), (9, 9)])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_grey_picture_is_the_smallest_that_is_enough(
    size: tuple[int, int], progressive: bool, tmp_path: Path
) -> None:
    image = photo_like(1, (400, 300)).resize(size)
    file = saved(tmp_path, "a.jpg", image, progressive=progressive)
    grey = decode_grey(file, 180)
    shorter = min(grey.pixels.shape)
    assert min(180, *size) <= shorter
    assert shorter < 2 * 180 or shorter == -(-min(size) // 8) or shorter == min(size)
    assert (grey.width, grey.height) == size
    with Image.open(file.path) as stored:
        assert off(take(file), stored) <= 2


def read_of(file: PictureFile) -> tuple[float, int]:
    """How much of a file is read for its hash, as a share, and the bits."""
    size = Path(file.path).stat().st_size
    fd = os.open(file.path, os.O_RDONLY)
    try:
        source = Source(fd, size)
        grey = jpegs.decode_grey(source, read_header(source), 180)
    finally:
        os.close(fd)
    assert grey is not None
    return source.read / size, phash(grey).phash


def test_of_a_progressive_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    grain = np.random.default_rng(1).normal(0, 12, (1500, 1600, 1))
    image = Image.fromarray((np.asarray(large()) + grain).clip(0, 255).astype(np.uint8))
    share, bits = read_of(saved(tmp_path, "p.jpg", image, progressive=True, quality=92))
    whole, same = read_of(saved(tmp_path, "b.jpg", image, quality=92))
    assert share < 0.7  # it is read in pieces of 256 KB
    assert whole == 1
    assert (bits ^ same).bit_count() <= 2


def test_the_scans_of_all_colours_are_read_where_grey_needs_them(tmp_path: Path) -> None:
    """A progressive JPEG stored as red, green and blue; its grey is made of all three."""
    image = large()
    file = saved(tmp_path, "a.jpg", image, progressive=True, keep_rgb=True, quality=90)
    assert off(take(file), image) <= 2


def test_what_stands_behind_the_end_does_no_harm(tmp_path: Path) -> None:
    for progressive in (False, True):
        file = saved(tmp_path, "a.jpg", large(), progressive=progressive)
        plain = take(file)
        with open(file.path, "ab") as more:
            more.write(b"a trailer of the camera's" * 50)
        assert take(file) == plain
        assert plain.problem is None


def test_a_missing_mark_of_the_end_alone_is_no_damage(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.jpg")
    plain = take(file)
    data = Path(file.path).read_bytes()
    assert data.endswith(b"\xff\xd9")
    Path(file.path).write_bytes(data[:-2])
    assert take(file) == plain


def test_the_first_of_many_pictures_counts(tmp_path: Path) -> None:
    first, second = photo_like(1, SIZE), photo_like(2, SIZE)
    for name in ("a.gif", "a.webp", "a.png", "a.tiff", "a.mpo"):
        file = saved(tmp_path, name, first, save_all=True, append_images=[second])
        assert off(take(file), first) <= 2, name


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.heic", "a.webp"])
def test_the_bytes_tell_the_format_and_not_the_name(name: str, tmp_path: Path) -> None:
    honest = saved(tmp_path, name)
    wrong = tmp_path / "wrong.cr2"
    wrong.write_bytes(Path(honest.path).read_bytes())
    for kind in (Kind.IMAGE, Kind.RAW, Kind.VIDEO):
        found = take(PictureFile(str(wrong), kind))
        assert found.phash == take(honest).phash


def test_a_name_may_be_no_utf8(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    for ending in ("JPEG", "PNG", "HEIF"):
        photo_like(5, SIZE).save(tmp_path / "plain", ending)
        os.replace(tmp_path / "plain", path)
        assert take(PictureFile(path, Kind.IMAGE)).problem is None


def test_pixels_are_all_there_and_exact(tmp_path: Path) -> None:
    image = photo_like(5, SIZE)
    assert (read_pixels(saved(tmp_path, "a.png", image)) == np.asarray(image)).all()
    file = saved(tmp_path, "a.jpg", image)
    with Image.open(file.path) as stored:
        assert (read_pixels(file) == np.asarray(stored)).all()


def dng(preview: bytes | None, *, turned: bool = False, cut: bool = False) -> bytes:
    """Return a DNG file of 640 by 480 sensor pixels, with a JPEG preview where one is given."""
    width, height = 640, 480
    grey = np.asarray(photo_like(5, (width, height)).convert("L")).astype("<u2") * 16
    sensor = grey.tobytes()
    if cut:
        sensor = sensor[: len(sensor) // 2]
    entries: list[tuple[int, int, bytes]] = [
        (0xFE, 4, (0).to_bytes(4, "little")),
        (0x100, 4, width.to_bytes(4, "little")),
        (0x101, 4, height.to_bytes(4, "little")),
        (0x102, 3, (16).to_bytes(2, "little")),
        (0x103, 3, (1).to_bytes(2, "little")),
        (0x106, 3, (32803).to_bytes(2, "little")),
        (0x10F, 2, b"Maker\0"),
        (0x110, 2, b"Model\0"),
        (0x111, 4, b"SENS"),
        (0x112, 3, (6 if turned else 1).to_bytes(2, "little")),
        (0x115, 3, (1).to_bytes(2, "little")),
        (0x116, 4, height.to_bytes(4, "little")),
        (0x117, 4, (width * height * 2).to_bytes(4, "little")),
        (0x828D, 3, b"\2\0\2\0"),
        (0x828E, 1, b"\0\1\1\2"),
        (0xC612, 1, b"\1\4\0\0"),
        (0xC614, 2, b"Maker Model\0"),
        (0xC61D, 4, (4095).to_bytes(4, "little")),
    ]
    if preview is not None:
        entries.append((0x14A, 4, b"SUBI"))
    main, data = _directory(sorted(entries), 8)
    out = bytearray(b"II*\0\x08\0\0\0" + main + data)
    if preview is not None:
        sub_at = len(out)
        sub: list[tuple[int, int, bytes]] = [
            (0xFE, 4, (1).to_bytes(4, "little")),
            (0x100, 4, width.to_bytes(4, "little")),
            (0x101, 4, height.to_bytes(4, "little")),
            (0x102, 3, b"\x08\0\x08\0\x08\0"),
            (0x103, 3, (7).to_bytes(2, "little")),
            (0x106, 3, (6).to_bytes(2, "little")),
            (0x111, 4, b"PREV"),
            (0x115, 3, (3).to_bytes(2, "little")),
            (0x116, 4, height.to_bytes(4, "little")),
            (0x117, 4, len(preview).to_bytes(4, "little")),
        ]
        main, data = _directory(sub, sub_at)
        out += main + data
        out = bytearray(re.sub(b"SUBI", sub_at.to_bytes(4, "little"), bytes(out)))
        at = len(out)
        out = bytearray(bytes(out).replace(b"PREV", at.to_bytes(4, "little")) + preview)
    at = len(out)
    return bytes(out).replace(b"SENS", at.to_bytes(4, "little")) + sensor


def _directory(entries: list[tuple[int, int, bytes]], at: int) -> tuple[bytes, bytes]:
    sizes = {1: 1, 2: 1, 3: 2, 4: 4}
    after = at + 2 + 12 * len(entries) + 4
    rows, body = b"", b""
    for tag, kind, value in entries:
        count = len(value) // sizes[kind]
        head = tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + count.to_bytes(4, "little")
        if len(value) <= 4:
            rows += head + value.ljust(4, b"\0")
        else:
            rows += head + (after + len(body)).to_bytes(4, "little")
            body += value + bytes(len(value) % 2)
    return len(entries).to_bytes(2, "little") + rows + bytes(4), body


def raw(folder: Path, data: bytes) -> PictureFile:
    path = folder / "a.dng"
    path.write_bytes(data)
    return PictureFile(str(path), Kind.RAW)


@pytest.mark.parametrize("turned", [False, True])
def test_a_raw_file_is_seen_by_its_preview(turned: bool, tmp_path: Path) -> None:
    shown = photo_like(11, (640, 480))
    saved(tmp_path, "preview.jpg", shown, quality=90)
    preview = (tmp_path / "preview.jpg").read_bytes()
    found = take(raw(tmp_path, dng(preview, turned=turned)))
    upright = shown.transpose(Image.Transpose.ROTATE_270) if turned else shown
    assert off(found, upright) <= 2
    assert found.origin is Origin.EMBEDDED
    assert (found.width, found.height) == upright.size


def test_a_raw_file_without_a_preview_is_developed(tmp_path: Path) -> None:
    found = take(raw(tmp_path, dng(None)))
    assert off(found, photo_like(5, (640, 480))) <= 12  # its tones are others
    assert found.origin is Origin.ORIGINAL
    assert read_pixels(raw(tmp_path, dng(None))).shape[2] == 3


def test_a_raw_file_that_is_cut_is_not_developed(tmp_path: Path) -> None:
    assert take(raw(tmp_path, dng(None, cut=True))).problem == "damaged"


@samples.needs_shared
@pytest.mark.parametrize("name", ["IMG_2682.heic", "8bit-sRGB.avif", "denali.webp"])
def test_real_files_give_the_bits_of_the_picture(name: str) -> None:
    path = samples.SHARED / "formats" / name
    with Image.open(path) as image:
        assert off(take(PictureFile(str(path), Kind.IMAGE)), image) <= 2
