"""Bad input: each is noted with its reason; none is hashed, blocks, or fills memory."""

from __future__ import annotations

import os
import random
import socket
import struct
import zlib
from pathlib import Path

import media_samples as samples
import pytest
from painted import photo_like
from PIL import Image

from pentaprism.fingerprints.decoding import UnreadableError, read_grey, read_pixels
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind


def problem(path: Path, kind: Kind = Kind.IMAGE) -> str | None:
    found = take(PictureFile(str(path), kind))
    assert found.problem is None or found == Fingerprint(problem=found.problem)
    return found.problem


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 90}),
        ("a.jpg", {"quality": 90, "progressive": True}),
        ("large.jpg", {"quality": 90, "progressive": True}),
        ("a.png", {}),
        ("a.webp", {}),
        ("a.heic", {}),
        ("a.avif", {}),
        ("a.tiff", {}),
        ("a.gif", {}),
    ],
)
@pytest.mark.parametrize("share", [0.4, 0.95])
def test_a_cut_picture_is_damaged(
    name: str, options: dict[str, object], share: float, tmp_path: Path
) -> None:
    path = tmp_path / name
    picture = photo_like(1, (320, 240))
    if name == "large.jpg":  # large enough that its first scan would be enough
        picture = picture.resize((1500, 1450))
    picture.save(path, **options)  # type: ignore[arg-type]
    assert problem(path) is None
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert problem(path) == "damaged"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty"),
        (b"\0" * 5000, "unsupported"),
        (b"nonsense", "unsupported"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\xff\xd8\xff\xe0\xff\xff" + bytes(100), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged"),
        (samples.jxl(), "unsupported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unsupported"),
        (samples.cr3(samples.tiff({}), samples.tiff({})), "unsupported"),
        (b"II*\0" + bytes(100), "damaged"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.IMAGE, Kind.RAW, Kind.VIDEO])
def test_what_is_no_picture_is_told(data: bytes, expected: str, kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    assert problem(path, kind) in {expected, "damaged"}
    assert problem(path, Kind.IMAGE) == expected


def test_what_is_no_file_is_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        assert problem(tmp_path / "socket") == "not_a_file"
    assert problem(tmp_path / "fifo") == "not_a_file"
    assert problem(tmp_path) == "not_a_file"
    assert problem(Path("/dev/zero")) == "not_a_file"
    assert problem(tmp_path / "none") == "vanished"
    assert problem(tmp_path / "none" / "a") == "vanished"
    assert problem(tmp_path / "nul\0") == "vanished"
    assert problem(tmp_path / "loop") == "unreadable"


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


def bomb(name: str, progressive: bool) -> bytes:
    """Return a small picture that says that it is 65,500 by 65,500 pixels."""
    if name == "a.png":
        return png(65_500, 65_500)
    data = bytearray(samples.picture("JPEG"))
    at = data.index(b"\xff\xc0")
    if progressive:
        data[at + 1] = 0xC2
    data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "progressive"), [("a.png", False), ("a.jpg", True), ("a.jpg", False)]
)
def test_a_bomb_is_refused(name: str, progressive: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(bomb(name, progressive))
    file = PictureFile(str(path), Kind.IMAGE)
    assert problem(path) == "too_large"
    for read in (read_pixels, lambda file: read_grey(file, 4000)):
        with pytest.raises(UnreadableError) as told:
            read(file)
        assert told.value.code == "too_large"


def test_a_large_baseline_jpeg_is_only_refused_where_it_takes_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (17_000, 16_000), 99).save(path, quality=20)
    found = take(PictureFile(str(path), Kind.IMAGE))
    assert (found.width, found.height, found.problem) == (17_000, 16_000, None)
    with pytest.raises(UnreadableError) as told:
        read_pixels(PictureFile(str(path), Kind.IMAGE))
    assert told.value.code == "too_large"


@pytest.mark.parametrize("size", [(1, 1), (2000, 1), (1, 2000), (3, 7)])
@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_tiny_and_thin_pictures_are_pictures(
    size: tuple[int, int], ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{ending}"
    Image.new("RGB", size, "red").save(path)
    found = take(PictureFile(str(path), Kind.IMAGE))
    assert (found.width, found.height, found.problem) == (*size, None)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_bytes_raise_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(7)
    picture = photo_like(2, (160, 120))
    path = tmp_path / "a"
    for form, options in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("TIFF", {}),
        ("GIF", {}),
        ("BMP", {}),
    ):
        picture.save(path, form, **options)
        seed = path.read_bytes()
        for _ in range(12):
            data = bytearray(seed)
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(min(len(data), 800))] = chance.randrange(256)
            path.write_bytes(data)
            assert problem(path) in {None, "damaged", "unsupported", "too_large"}
