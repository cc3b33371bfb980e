"""The copies that are sent: dates written into them, and videos put behind stills."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from pentaprism.destinations.google_photos.copies import (
    CannotCopyError,
    Copy,
    can_be_dated,
    can_be_motion_photo,
    dated,
    motion_photo,
)

TAKEN = datetime(2021, 7, 4, 12, 30, 15)  # noqa: DTZ001 - the local time of a camera
VIDEO = bytes(range(256)) * 40
PHOTOS = Path(__file__).parents[3] / "shared" / "photos"
CAMERA = "http://ns.google.com/photos/1.0/camera/"
ITEM = "http://ns.google.com/photos/1.0/container/item/"


def picture(kind: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    image = Image.effect_noise((64, 48), 60).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(date: str | None = None, **tags: str) -> bytes:
    made = Image.Exif()
    made[271] = tags.get("make", "Camera & Co")
    made[0x8769] = {0x9286: b"ASCII\0\0\0comment", **({0x9003: date} if date else {})}
    return made.tobytes()


def heic(**options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.effect_noise((64, 48), 60).convert("RGB")).save(out, **options)
    return out.getvalue()


async def chunks(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def video(data: bytes = VIDEO) -> Callable[[], AsyncIterator[bytes]]:
    return lambda: chunks(data, 333)


async def read(copy: Copy) -> bytes:
    data = b"".join([piece async for piece in copy.stream()])
    assert len(data) == copy.size
    return data


async def date_it(data: bytes, name: str = "a.jpg", taken: datetime = TAKEN) -> bytes:
    return await read(await dated(chunks(data), len(data), taken, filename=name))


def date_of(data: bytes) -> str | None:
    with Image.open(io.BytesIO(data)) as image:
        return image.getexif().get_ifd(0x8769).get(0x9003)


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


JPEGS = {
    "plain": {},
    "exif": {"exif": exif()},
    "progressive": {"progressive": True, "exif": exif()},
    "icc": {"icc_profile": b"profile" * 1000},
    "comment": {"comment": b"hello"},
    "cmyk": {"mode": "CMYK"},
    "grey": {"mode": "L"},
}


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
async def test_a_jpeg_without_a_date_gets_one(options: dict[str, object]) -> None:
    original = picture(**options)  # type: ignore[arg-type]  # options of Pillow
    copy = await date_it(original)
    assert date_of(copy) == "2021:07:04 12:30:15"
    assert pixels(copy) == pixels(original)
    with Image.open(io.BytesIO(original)) as old, Image.open(io.BytesIO(copy)) as new:
        before = {tag: value for tag, value in old.getexif().items() if tag != 0x8769}
        after = {tag: value for tag, value in new.getexif().items() if tag != 0x8769}
        assert after == before
        assert new.info.get("icc_profile") == old.info.get("icc_profile")
        ifd = dict(old.getexif().get_ifd(0x8769))
        assert ifd.items() <= dict(new.getexif().get_ifd(0x8769)).items()


async def test_an_offset_is_written_where_it_is_known() -> None:
    taken = TAKEN.replace(tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    with Image.open(io.BytesIO(await date_it(picture(), taken=taken))) as image:
        ifd = image.getexif().get_ifd(0x8769)
    assert (ifd[0x9003], ifd[0x9011]) == ("2021:07:04 12:30:15", "-03:30")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
async def test_a_picture_with_a_date_passes_as_it_is(name: str) -> None:
    kind = "PNG" if name.endswith("png") else "JPEG"
    original = picture(kind, exif=exif("2001:01:01 01:01:01"))
    copy = await dated(chunks(original), len(original), TAKEN, filename=name)
    assert not copy.changed
    assert await read(copy) == original


@pytest.mark.parametrize("empty", ["0000:00:00 00:00:00", "    :  :     :  :  "])
async def test_a_date_of_nothing_is_none(empty: str) -> None:
    assert date_of(await date_it(picture(exif=exif(empty)))) == "2021:07:04 12:30:15"


@pytest.mark.parametrize("options", [{}, {"exif": exif()}], ids=["plain", "exif"])
async def test_a_png_without_a_date_gets_one(options: dict[str, object]) -> None:
    original = picture("PNG", **options)  # type: ignore[arg-type]  # options of Pillow
    copy = await date_it(original, "a.PNG")
    assert date_of(copy) == "2021:07:04 12:30:15"
    assert pixels(copy) == pixels(original)
    at = 8
    while at < len(copy):  # every chunk has the sum that it should
        size = struct.unpack_from(">I", copy, at)[0]
        body = copy[at + 4 : at + 8 + size]
        assert struct.unpack_from(">I", copy, at + 8 + size)[0] == zlib.crc32(body)
        at += 12 + size


async def test_maker_notes_keep_their_place() -> None:
    tiff = TiffImagePlugin.ImageFileDirectory_v2()
    tiff[271] = "Maker"
    made = Image.Exif()
    made[0x8769] = {0x927C: b"NOTE" * 100}
    original = picture(exif=made.tobytes())
    copy = await date_it(original)
    start = original.index(b"Exif\0\0") + 6
    place = original.index(b"NOTE" * 100) - start
    copied = copy.index(b"Exif\0\0") + 6
    assert copy[copied + place : copied + place + 400] == b"NOTE" * 100


@pytest.mark.parametrize("name", ["a.heic", "a.mov", "a.webp", "a"])
async def test_other_kinds_are_not_dated(name: str) -> None:
    assert not can_be_dated(name)
    with pytest.raises(CannotCopyError):
        await dated(chunks(b"x" * 100), 100, TAKEN, filename=name)


def described(data: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the camera's properties and the items of a motion photo's XMP."""
    start = data.index(b"<x:xmpmeta")
    root = ET.fromstring(data[start : data.index(b"</x:xmpmeta>") + 12].decode())
    camera: dict[str, str] = {}
    items: list[dict[str, str]] = []
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.startswith(f"{{{CAMERA}}}"):
                camera[name.rpartition("}")[2]] = value
        item = {n.rpartition("}")[2]: v for n, v in element.attrib.items() if ITEM in n}
        if item:
            items.append(item)
    return camera, items


XMP = (
    b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="uuid:1" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)


def with_segment(jpeg: bytes, payload: bytes, marker: int = 0xE1) -> bytes:
    size = (len(payload) + 2).to_bytes(2, "big")
    return jpeg[:2] + bytes((0xFF, marker)) + size + payload + jpeg[2:]


@pytest.mark.parametrize(
    "original",
    [picture(), picture(exif=exif()), with_segment(picture(), XMP), picture(progressive=True)],
    ids=["plain", "exif", "xmp", "progressive"],
)
async def test_a_jpeg_carries_its_video(original: bytes) -> None:
    copy = await read(await motion_photo(chunks(original), len(original), video(), len(VIDEO)))
    assert copy.endswith(VIDEO)
    assert pixels(copy) == pixels(original)
    camera, items = described(copy)
    assert camera["MotionPhoto"] == "1"
    assert int(camera["MicroVideoOffset"]) == len(VIDEO)
    assert [item["Semantic"] for item in items] == ["Primary", "MotionPhoto"]
    assert items[1] == {
        "Mime": "video/quicktime", "Semantic": "MotionPhoto", "Length": str(len(VIDEO)),
        "Padding": "0",
    }  # fmt: skip
    assert (b'xmp:Rating="4"' in copy) == (b'xmp:Rating="4"' in original)


async def test_a_motion_photo_is_left_as_it_is() -> None:
    original = picture()
    once = await read(await motion_photo(chunks(original), len(original), video(), len(VIDEO)))
    twice = await motion_photo(chunks(once), len(once), video(), len(VIDEO))
    assert not twice.changed
    assert await read(twice) == once


@pytest.mark.parametrize("options", [{}, {"exif": exif()}], ids=["plain", "exif"])
async def test_a_heic_carries_its_video(options: dict[str, object]) -> None:
    original = heic(**options)
    made = await motion_photo(
        chunks(original), len(original), video(), len(VIDEO), video_type="video/mp4"
    )
    copy = await read(made)
    assert copy.endswith(VIDEO)
    box = copy[-len(VIDEO) - 8 : -len(VIDEO)]
    assert struct.unpack(">I4s", box) == (len(VIDEO) + 8, b"mpvd")
    opened, before = pillow_heif.open_heif(copy), pillow_heif.open_heif(original)
    assert bytes(opened[0].data) == bytes(before[0].data)
    assert opened.info.get("exif") == before.info.get("exif")
    camera, items = described(bytes(opened.info["xmp"]))
    assert (camera["MotionPhoto"], items[0]["Padding"]) == ("1", "8")
    assert (items[0]["Mime"], items[1]["Mime"]) == ("image/heic", "video/mp4")


async def test_a_video_is_played_from_where_the_xmp_says() -> None:
    clip = io.BytesIO()
    with av.open(clip, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode())
    data = clip.getvalue()
    original = picture()
    copy = await read(await motion_photo(chunks(original), len(original), video(data), len(data)))
    offset = int(described(copy)[0]["MicroVideoOffset"])
    with av.open(io.BytesIO(copy[-offset:]), "r") as played:
        assert len(list(played.decode(video=0))) == 5


async def test_a_date_and_a_video_go_together() -> None:
    original = picture()
    first = await dated(chunks(original), len(original), TAKEN, filename="a.jpg")
    copy = await read(await motion_photo(first.stream(), first.size, video(), len(VIDEO)))
    assert date_of(copy) == "2021:07:04 12:30:15"
    assert described(copy)[0]["MotionPhoto"] == "1"


@pytest.mark.parametrize(
    "original",
    [b"", b"x", picture("PNG"), picture()[:20], heic()[:100], b"\0\0\0\x18ftypavif" + bytes(100),
     with_segment(picture(), XMP[:29] + b"<no rdf>")],
    ids=["empty", "a byte", "png", "short jpeg", "short heic", "avif", "odd xmp"],
)  # fmt: skip
async def test_what_cannot_hold_a_video_is_refused_before_anything_is_sent(
    original: bytes,
) -> None:
    with pytest.raises(CannotCopyError):
        await motion_photo(chunks(original), len(original), video(), len(VIDEO))


async def test_a_heic_with_its_pictures_first_is_refused() -> None:
    data = heic()
    moved = data[:24] + struct.pack(">I4s", 8, b"mdat") + data[24:]
    with pytest.raises(CannotCopyError):
        await motion_photo(chunks(moved), len(moved), video(), len(VIDEO))


def test_names_tell_what_can_be_done() -> None:
    assert can_be_motion_photo("IMG_1.HEIC")
    assert can_be_motion_photo("a.jpeg")
    assert not can_be_motion_photo("a.png")


@given(st.integers(1, 4000), st.integers(1, 4000))
@settings(max_examples=20, deadline=None)
async def test_how_the_bytes_come_makes_no_difference(first: int, second: int) -> None:
    original = picture(exif=exif())
    copies = []
    for size in (first, second):
        made = await motion_photo(chunks(original, size), len(original), video(), len(VIDEO))
        copies.append(await read(made))
    assert copies[0] == copies[1]


@given(st.integers(0, 2**32), st.sampled_from(["jpg", "png", "heic"]))
@settings(max_examples=150, deadline=None)
async def test_damage_is_refused_or_passed_on_and_nothing_else(seed: int, kind: str) -> None:
    rng = random.Random(seed)
    original = {"jpg": picture(exif=exif()), "png": picture("PNG", exif=exif()), "heic": heic()}
    data = bytearray(original[kind])
    for _ in range(rng.randrange(1, 12)):
        data[rng.randrange(min(len(data), 600))] = rng.randrange(256)
    damaged = bytes(data[: rng.randrange(1, len(data))]) if rng.random() < 0.3 else bytes(data)
    with suppress(CannotCopyError):
        await read(await dated(chunks(damaged), len(damaged), TAKEN, filename=f"a.{kind}"))
    with suppress(CannotCopyError):
        await read(await motion_photo(chunks(damaged), len(damaged), video(), len(VIDEO)))


def real(pattern: str) -> list[Path]:
    return sorted(p for p in PHOTOS.rglob(pattern) if p.is_file()) if PHOTOS.is_dir() else []


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="../shared/photos is not there")
async def test_real_pictures_stay_the_same_pictures() -> None:
    found = real("*.[jJ][pP]*[gG]") + real("*.[hH][eE][iI][cC]")
    assert found
    for path in found:
        data = path.read_bytes()
        try:
            copy = await read(await motion_photo(chunks(data), len(data), video(), len(VIDEO)))
        except CannotCopyError:
            continue
        if path.suffix.lower() == ".heic":
            opened, before = pillow_heif.open_heif(copy), pillow_heif.open_heif(data)
            assert bytes(opened[0].data) == bytes(before[0].data), path
        else:
            assert pixels(copy) == pixels(data), path
