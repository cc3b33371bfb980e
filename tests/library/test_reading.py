"""What is read from files of each format."""

# ruff: noqa: DTZ001 (times of capture are naive)

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import media_samples as samples
import pytest

from pentaprism.groups.files import Precision
from pentaprism.library.metadata.exiftool import ExifTool
from pentaprism.library.metadata.files import read_file
from pentaprism.library.reading import Reading

NO_TOOL = ExifTool("/nowhere/exiftool")
TAKEN = datetime(2021, 7, 4, 12, 30, 15)
SUBSECOND = TAKEN.replace(microsecond=250_000)
QUICKTIME = {
    "com.apple.quicktime.creationdate": "2021-07-04T12:30:15+0200",
    "com.apple.quicktime.content.identifier": "4D0A-11",
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 7",
}

type Read = Callable[[str, bytes], Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(name: str, data: bytes) -> Reading:
        path = tmp_path / name
        path.write_bytes(data)
        return read_file(str(path), NO_TOOL)

    return read


@pytest.mark.parametrize(
    ("form", "name", "mime_type"),
    [
        ("JPEG", "a.jpg", "image/jpeg"),
        ("HEIF", "a.heic", "image/heic"),
        ("AVIF", "a.avif", "image/avif"),
        ("PNG", "a.png", "image/png"),
        ("WEBP", "a.webp", "image/webp"),
        ("TIFF", "a.tif", "image/tiff"),
        ("TIFF", "a.dng", "image/x-adobe-dng"),
        ("TIFF", "a.pef", "image/x-pentax-pef"),
    ],
)
def test_a_picture_tells_when_by_what_and_how_large(
    read: Read, form: str, name: str, mime_type: str
) -> None:
    exif = samples.exif_block({**samples.CAMERA, **samples.TAKEN, "Exif.Image.Orientation": "6"})
    data = samples.picture(form, exif=b"Exif\0\0" + exif)
    found = read(name, data)
    assert found.mime_type == mime_type
    assert (found.taken_at, found.precision) == (SUBSECOND, Precision.SUBSECOND)
    assert not found.in_utc
    assert found.camera == "PENTAX K-1"
    assert (found.width, found.height) == (samples.WIDTH, samples.HEIGHT)
    assert found.problem is None
    if form not in {"HEIF", "AVIF"}:  # their writer turns the picture and drops the tag
        assert found.orientation == 6


@pytest.mark.parametrize("form", ["GIF", "BMP"])
def test_a_picture_without_tags_has_its_dimensions(read: Read, form: str) -> None:
    found = read(f"a.{form.lower()}", samples.picture(form))
    assert found == Reading(
        mime_type=f"image/{form.lower()}", width=samples.WIDTH, height=samples.HEIGHT
    )


def test_jpeg_xl_in_boxes_tells_its_exif_and_size(read: Read) -> None:
    exif = samples.exif_block({**samples.CAMERA, **samples.TAKEN})
    found = read("a.jxl", samples.jxl(exif=exif, height=200))
    assert (found.taken_at, found.camera) == (SUBSECOND, "PENTAX K-1")
    assert (found.width, found.height, found.mime_type) == (300, 200, "image/jxl")


@pytest.mark.parametrize(
    ("bits", "size"),
    [
        # small 1, height 5 bits (x8), ratio 3, width 5 bits (x8)
        ([(1, 1), (7, 5), (1, 3)], (64, 64)),
        ([(1, 1), (7, 5), (0, 3), (2, 5)], (24, 64)),
        # not small: two bits choose the width of the number
        ([(0, 1), (1, 2), (1079, 13), (5, 3)], (1920, 1080)),
        ([(0, 1), (2, 2), (9999, 18), (0, 3), (1, 2), (4999, 13)], (5000, 10000)),
    ],
)
def test_a_bare_jpeg_xl_stream_tells_its_size(
    read: Read, bits: list[tuple[int, int]], size: tuple[int, int]
) -> None:
    number = at = 0
    for value, count in bits:
        number |= value << at
        at += count
    found = read("a.jxl", b"\xff\x0a" + number.to_bytes(14, "little"))
    assert (found.width, found.height) == size


def test_cr3_is_read_from_canons_boxes(read: Read) -> None:
    first = samples.tiff({0x100: 6000, 0x101: 4000, 0x10F: "Canon", 0x110: "Canon R", 0x112: 8})
    photo = samples.tiff({0x9003: "2021:07:04 12:30:15", 0x9291: "25"})
    found = read("a.cr3", samples.cr3(first, photo))
    assert found == Reading(
        mime_type="image/x-canon-cr3",
        taken_at=SUBSECOND,
        precision=Precision.SUBSECOND,
        camera="Canon R",
        width=6000,
        height=4000,
        orientation=8,
    )


@pytest.mark.parametrize("form", ["mov", "mp4"])
def test_a_phones_video_tells_wall_clock_and_identifier(read: Read, form: str) -> None:
    header = {"creation_time": "2021-07-04T10:30:15Z"}
    found = read(f"a.{form}", samples.clip(form, QUICKTIME | header, turned=-90))
    assert (found.taken_at, found.in_utc) == (TAKEN, False)
    assert found.precision is Precision.SECOND
    assert found.content_identifier == "4D0A-11"
    assert found.camera == "Apple iPhone 7"
    assert (found.width, found.height, found.orientation) == (samples.WIDTH, samples.HEIGHT, 6)


@pytest.mark.parametrize(
    ("form", "name", "mime_type"),
    [
        ("mov", "a.mov", "video/quicktime"),
        ("mp4", "a.mp4", "video/mp4"),
        ("mp4", "a.m4v", "video/x-m4v"),
        ("matroska", "a.mkv", "video/x-matroska"),
        ("webm", "a.webm", "video/webm"),
    ],
)
def test_a_videos_header_is_in_utc(read: Read, form: str, name: str, mime_type: str) -> None:
    found = read(name, samples.clip(form, {"creation_time": "2021-07-04T12:30:15Z"}))
    assert found.mime_type == mime_type
    assert (found.taken_at, found.in_utc, found.precision) == (TAKEN, True, Precision.SECOND)
    assert (found.width, found.height) == (samples.WIDTH, samples.HEIGHT)


@pytest.mark.parametrize(
    ("form", "name", "mime_type"),
    [("avi", "a.avi", "video/x-msvideo"), ("mpegts", "a.mts", "video/mp2t")],
)
def test_a_video_without_a_clock_has_no_time(
    read: Read, form: str, name: str, mime_type: str
) -> None:
    found = read(name, samples.clip(form))
    assert found.mime_type == mime_type
    assert found.taken_at is None
    assert (found.width, found.height, found.problem) == (samples.WIDTH, samples.HEIGHT, None)


@pytest.mark.parametrize(("degrees", "orientation"), [(0, 1), (-90, 6), (90, 8), (180, 3)])
def test_a_videos_turn_is_an_orientation(read: Read, degrees: int, orientation: int) -> None:
    assert read("a.mp4", samples.clip("mp4", turned=degrees)).orientation == orientation


def test_an_apple_note_tells_of_live_photos_and_bursts(read: Read) -> None:
    note = samples.apple_note({0x0B: "0F2C-B", 0x11: "4D0A-11", 0x15: "other"})
    tags = {"Exif.Image.Make": "Apple", "Exif.Photo.MakerNote": note}
    found = read("a.jpg", samples.jpeg(tags))
    assert (found.content_identifier, found.burst_id) == ("4D0A-11", "0F2C-B")


def test_googles_burst_stands_in_xmp(read: Read) -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:BurstID="b-7"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    assert read("a.jpg", samples.with_xmp(packet)).burst_id == "b-7"


def test_the_content_outranks_the_ending(read: Read) -> None:
    found = read("a.jpg", samples.picture("HEIF"))
    assert (found.mime_type, found.width, found.problem) == ("image/heic", samples.WIDTH, None)
    assert read("b.jpg", samples.clip("mov")).mime_type == "video/quicktime"


@pytest.mark.parametrize("name", ["a.xmp", "a.jpg.xmp", "a.aae", "notes.txt", "noending"])
def test_sidecars_and_other_files_have_no_problem(read: Read, name: str) -> None:
    found = read(name, b"")
    assert (found.problem, found.taken_at) == (None, None)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.jpg", b"", "empty"),
        ("a.jpg", b"not a picture " * 50, "damaged"),
        ("a.jpg", b"\xff\xd8\xff\xe1", "damaged"),
        ("a.heic", samples.picture("HEIF")[:150], "damaged"),
        ("a.mov", samples.clip()[:200], "damaged"),
        ("a.cr3", samples.cr3(b"", b"")[:60], "damaged"),
        ("a.jxl", samples.jxl()[:40], "damaged"),
        ("a.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n", "damaged"),
        ("a.x3f", b"FOVb" + bytes(400), "unsupported"),
        ("a.dcr", b"an unknown sensor " * 50, "unsupported"),
    ],
)
def test_what_cannot_be_read_is_a_problem(read: Read, name: str, data: bytes, problem: str) -> None:
    assert read(name, data).problem == problem


def test_places_without_a_file_are_problems(tmp_path: Path) -> None:
    def problem(path: str) -> str | None:
        return read_file(path, NO_TOOL).problem

    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert problem(str(tmp_path / "pipe.jpg")) == "not_a_file"
    assert problem(str(tmp_path / "folder.jpg")) == "not_a_file"
    assert problem(str(tmp_path / "loop.jpg")) == "unreadable"
    assert problem(str(tmp_path / "gone.jpg")) == "vanished"
    assert problem(str(tmp_path / "folder.jpg" / "gone" / "a.jpg")) == "vanished"
    assert problem(f"{tmp_path}/nul\0.jpg") == "vanished"


def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.jpg")
    Path(name).write_bytes(samples.jpeg(samples.TAKEN))
    assert read_file(name, NO_TOOL).taken_at == SUBSECOND


@samples.needs_shared
@pytest.mark.parametrize(
    ("name", "mime_type", "taken_at", "camera", "size"),
    [
        ("CanonRaw.cr2", "image/x-canon-cr2", "2005-08-03T18:59:18", "Canon EOS 350D DIGITAL",
         (3456, 2304)),
        ("CanonRaw.cr3", "image/x-canon-cr3", "2018-02-21T12:08:56.210", "Canon EOS M50",
         (6000, 4000)),
        ("DNG.dng", "image/x-adobe-dng", "2005-08-03T18:59:18", "Canon EOS 350D DIGITAL",
         (3516, 2328)),
        ("FujiFilm.raf", "image/x-fuji-raf", "2007-05-22T13:58:30", "FUJIFILM FinePix S5Pro",
         (4256, 1424)),
        ("Minolta.mrw", "image/x-minolta-mrw", "2004-11-18T23:14:58",
         "Konica Minolta Camera, Inc. DiMAGE A2", (3264, 2448)),
        ("Nikon.nef", "image/x-nikon-nef", "2004-06-09T16:02:35", "NIKON D70", (3040, 2014)),
        ("Panasonic.rw2", "image/x-panasonic-rw2", "2008-08-06T15:21:56", "Panasonic DMC-LX3",
         (3724, 2754)),
        ("Apple.jpg", "image/jpeg", "2016-09-28T18:18:05.813", "Apple iPhone 7", (8, 8)),
        ("QuickTime.mov", "video/quicktime", "2005-08-11T14:03:54", None, (320, 240)),
    ],
)  # fmt: skip
def test_headers_of_real_cameras_are_read(
    name: str, mime_type: str, taken_at: str, camera: str | None, size: tuple[int, int]
) -> None:
    found = read_file(str(samples.SHARED / "raw-headers" / name), NO_TOOL)
    assert found.mime_type == mime_type
    assert found.taken_at == datetime.fromisoformat(taken_at)
    assert found.camera == camera
    assert (found.width, found.height) == size
    assert found.problem is None


@samples.needs_shared
def test_a_real_heic_and_a_real_webp_are_read() -> None:
    heic = read_file(str(samples.SHARED / "formats" / "IMG_2682.heic"), NO_TOOL)
    assert heic.taken_at == datetime(2019, 3, 21, 11, 4, 22, 348_000)
    assert (heic.width, heic.height, heic.camera) == (4032, 3024, "Apple iPhone 7")
    webp = read_file(str(samples.SHARED / "formats" / "denali.webp"), NO_TOOL)
    assert webp.taken_at == datetime(2010, 8, 13, 21, 0, 1, 850_000)
