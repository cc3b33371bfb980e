"""Which time of capture is believed, and how finely."""

# ruff: noqa: DTZ001 (times of capture are naive)

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import media_samples as samples
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.groups.files import Precision
from pentaprism.library.metadata.cameras import camera_name
from pentaprism.library.metadata.exiftool import ExifTool
from pentaprism.library.metadata.fields import reading_of
from pentaprism.library.metadata.files import read_file
from pentaprism.library.metadata.times import moment

ORIGINAL = "Exif.Photo.DateTimeOriginal"
TEN = datetime(2020, 5, 6, 10, 0, 0)


@pytest.mark.parametrize(
    ("text", "subsecond", "taken_at", "precision"),
    [
        ("2020:05:06 10:00:00", "", TEN, Precision.SECOND),
        ("2020-05-06T10:00:00", "", TEN, Precision.SECOND),
        ("2020/05/06 10:00:00", "", TEN, Precision.SECOND),
        ("2020:5:6 10:0:0", "", TEN, Precision.SECOND),
        ("2020:05:06  10:00:00\0junk", "", TEN, Precision.SECOND),
        ("2020:05:06 10:00:00+02:00", "", TEN, Precision.SECOND),
        ("2020-05-06T10:00+02:00", "", TEN, Precision.MINUTE),
        ("2020-05-06", "", TEN.replace(hour=0), Precision.DAY),
        ("2020:05:06   :  :  ", "", TEN.replace(hour=0), Precision.DAY),
        ("2020:05:06 10:00:00", "25", TEN.replace(microsecond=250_000), Precision.SUBSECOND),
        ("2020:05:06 10:00:00", "048 ", TEN.replace(microsecond=48_000), Precision.SUBSECOND),
        ("2020:05:06 10:00:00", "1234567", TEN.replace(microsecond=123_456), Precision.SUBSECOND),
        ("2020-05-06T10:00:00.5Z", "", TEN.replace(microsecond=500_000), Precision.SUBSECOND),
        ("2020:05:06 10:00:00", "00", TEN, Precision.SECOND),
        ("2020:05:06 10:00:00", "0", TEN, Precision.SECOND),
        ("2020:05:06 10:00:00", "000", TEN, Precision.SUBSECOND),
        ("2020:05:06 10:00:00", "x1", TEN, Precision.SECOND),
    ],
)
def test_times_are_read_tolerantly(
    text: str, subsecond: str, taken_at: datetime, precision: Precision
) -> None:
    found = moment(text, subsecond)
    assert found is not None
    assert (found.taken_at, found.precision) == (taken_at, precision)
    assert found.in_utc == text.endswith("Z")


@pytest.mark.parametrize(
    "text",
    [
        "", "0000:00:00 00:00:00", "    :  :     :  :  ", "2020", "2020-05", "2020:13:01 10:00:00",
        "2020:02:30 10:00:00", "2020:05:06 25:00:00", "1825:01:01 00:00:00", "9999:01:01 00:00:00",
        f"{datetime.now(UTC).year + 2}:01:01 00:00:00", "yesterday",
        "\u0662\u0660\u0662\u0660:05:06 10:00:00",
    ],
)  # fmt: skip
def test_garbage_is_no_time(text: str) -> None:
    assert moment(text) is None


@given(st.text(), st.text())
def test_no_text_is_too_odd(text: str, subsecond: str) -> None:
    moment(text, subsecond)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2025, 1, 1)))
def test_what_was_written_comes_back(taken_at: datetime) -> None:
    found = moment(taken_at.strftime("%Y:%m:%d %H:%M:%S"), f"{taken_at.microsecond:06}")
    assert found is not None
    assert found.taken_at == taken_at


EXIF = {
    ORIGINAL: "2020:01:01 01:00:00",
    "Exif.Photo.DateTimeDigitized": "2020:01:01 02:00:00",
    "Exif.Image.DateTime": "2020:01:01 09:00:00",
}
XMP = {
    "Xmp.exif.DateTimeOriginal": "2020-01-01T03:00:00",
    "Xmp.xmp.CreateDate": "2020-01-01T04:00:00",
    "Xmp.photoshop.DateCreated": "2020-01-01T05:00:00",
}
IPTC = {
    "Iptc.Application2.DateCreated": "2020-01-01",
    "Iptc.Application2.TimeCreated": "06:00:00+00:00",
}


def test_the_most_telling_time_is_believed() -> None:
    exif, xmp, iptc = dict(EXIF), dict(XMP), dict(IPTC)
    hours = []
    for tags in (exif, exif, xmp, xmp, xmp, iptc, exif):
        found = reading_of(exif, xmp, iptc).taken_at
        assert found is not None
        hours.append(found.hour)
        del tags[next(iter(tags))]
    assert hours == [1, 2, 3, 4, 5, 6, 9]
    assert reading_of(exif, xmp, iptc).taken_at is None


def test_garbage_gives_way_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = {ORIGINAL: "0000:00:00 00:00:00", "Exif.Image.DateTime": "2020:01:01 09:00:00"}
    path.write_bytes(samples.jpeg(exif, XMP, IPTC))
    found = read_file(str(path), ExifTool("/nowhere/exiftool"))
    assert found.taken_at == datetime(2020, 1, 1, 3)


@pytest.mark.parametrize(
    "tags",
    [
        {"Exif.Image.Orientation": "0"},
        {"Exif.Image.Orientation": "9"},
        {"Exif.Image.Orientation": "6 6"},
        {"Exif.Image.Orientation": "9" * 5000},
        {"Exif.Photo.MakerNote": "65 112 112 108 101 32 105 79 83 999"},
        {"Exif.Photo.MakerNote": "65 112 112 108 101 32 105 79 83 0 0 1 77 77 255 255 0 17"},
        {"Exif.Image.Make": ["a", "list"]},
    ],
)
def test_odd_tags_tell_nothing(tags: Mapping[str, object]) -> None:
    found = reading_of(tags, {}, {})
    assert (found.orientation, found.content_identifier, found.camera) == (None, None, None)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 350D", "Canon EOS 350D"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("FUJIFILM", "FinePix S5Pro  ", "FUJIFILM FinePix S5Pro"),
        ("Apple\0", " iPhone 7", "Apple iPhone 7"),
        ("Apple", None, "Apple"),
        (None, "X", "X"),
        ("", "", None),
    ],
)
def test_a_camera_is_named_once(make: str | None, model: str | None, name: str | None) -> None:
    assert camera_name(make, model) == name
