"""Immich's JSON as Pentaprism's values: dates, recorded replies of 3.x, shapes of 2.x, gaps."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.assets import Asset, MediaType, Visibility
from pentaprism.immich.conversion import parse_time, to_album, to_asset
from pentaprism.immich.models import AlbumReply, AssetReply, SearchReply

RECORDED = Path(__file__).parents[3] / "shared" / "immich" / "recorded"
SHA1 = hashlib.sha1(b"picture").digest()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEAST = {"id": "a", "checksum": b64encode(SHA1).decode(), "originalFileName": "a.jpg"}


def recorded(name: str) -> Any:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recorded replies are not there: {path}")
    return json.loads(path.read_text(encoding="utf-8"))["response_body"]


def asset(**fields: Any) -> Asset:
    return to_asset(msgspec.json.decode(json.dumps({**LEAST, **fields}), type=AssetReply))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-05-01T10:00:00.250Z", datetime(2024, 5, 1, 10, 0, 0, 250_000, UTC)),
        ("2024-05-01T10:00:00.25+00:00", datetime(2024, 5, 1, 10, 0, 0, 250_000, UTC)),
        ("2024-05-01T10:00:00.25", datetime(2024, 5, 1, 10, 0, 0, 250_000, UTC)),
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00+02:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
        ("2026-11-20T23:33:29.367207+00:00", datetime(2026, 11, 20, 23, 33, 29, 367_207, UTC)),
        ("1901-02-03T04:05:06.000Z", datetime(1901, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:00", datetime.min.replace(tzinfo=UTC)),
        ("-000044-03-15T00:00:00.000Z", datetime.min.replace(tzinfo=UTC)),
        ("+012345-01-01T00:00:00.000Z", datetime.max.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59-05:00", datetime.max.replace(tzinfo=UTC)),
        ("yesterday", datetime(1970, 1, 1, tzinfo=UTC)),
        ("", datetime(1970, 1, 1, tzinfo=UTC)),
        (None, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_form_of_date(text: str | None, time: datetime) -> None:
    assert parse_time(text) == time
    assert parse_time(text).tzinfo is UTC


@given(
    st.integers(-62_000_000_000, 253_000_000_000),
    st.integers(0, 999_999),
    st.integers(-12 * 60, 14 * 60),
)
def test_an_instant_survives(seconds: int, micros: int, offset: int) -> None:
    time = EPOCH + timedelta(seconds=seconds, microseconds=micros)
    assert parse_time(time.isoformat()) == time
    assert parse_time(time.astimezone(timezone(timedelta(minutes=offset))).isoformat()) == time


@given(st.text())
def test_no_text_breaks_a_listing(text: str) -> None:
    assert parse_time(text).tzinfo is UTC
    assert asset(checksum=text, localDateTime=text).local_taken_at.tzinfo is None


def test_a_recorded_listing() -> None:
    body = recorded("search-metadata-album-last-page")
    page = msgspec.convert(body, SearchReply).assets
    first = to_asset(page.items[0])
    assert page.next_page is None
    assert first.id == "bdfe77a8-33ef-410a-8705-a4f6acf1745d"
    assert first.filename == "IMG_0007.jpg"
    assert first.media_type is MediaType.IMAGE
    assert first.mime_type == "image/jpeg"
    assert len(first.checksum.sha1) == 20
    assert first.checksum.of_content
    assert first.taken_at == datetime(2022, 6, 30, 10, 0, 0, 250_000, UTC)
    assert first.local_taken_at.isoformat() == "2022-06-30T12:00:00.250000"
    assert first.modified_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert (first.width, first.height) == (1600, 1067)
    assert first.processed
    assert first.visibility is Visibility.TIMELINE
    assert first.exif is None
    assert first.tags is None


def test_a_recorded_listing_with_metadata() -> None:
    page = msgspec.convert(recorded("search-metadata-withExif"), SearchReply).assets
    still, video = (to_asset(item) for item in page.items)
    assert page.next_page == "2"
    assert still.processed  # it never got a thumbnail, and has its dimensions
    assert still.exif is not None
    assert (still.exif.size, still.exif.make, still.exif.model) == (164467, "Apple", "iPhone 15")
    assert video.media_type is MediaType.VIDEO
    assert video.exif is not None
    assert video.exif.description == ""


def test_a_recorded_asset_has_tags() -> None:
    full = to_asset(msgspec.convert(recorded("asset-get"), AssetReply))
    assert full.tags is not None
    assert full.exif is not None


def test_recorded_albums() -> None:
    [album, *_] = [to_album(a) for a in msgspec.convert(recorded("albums-list"), list[AlbumReply])]
    assert album.name == "RAW pairs"
    assert album.owner_id == "a51da8b6-bbbb-490b-a905-57ae553d1bca"
    assert album.owner_name == "Admin Example"
    assert album.asset_count == 9
    assert album.shared


def test_an_album_of_2x() -> None:
    reply = {
        "id": "b",
        "albumName": "Holiday",
        "assetCount": 3,
        "ownerId": "o",
        "owner": {"id": "o", "name": "Olga"},
        "albumUsers": [{"user": {"id": "v", "name": "Vera"}, "role": "viewer"}],
        "assets": [],
    }
    album = to_album(msgspec.convert(reply, AlbumReply))
    assert (album.owner_id, album.owner_name, album.shared) == ("o", "Olga", True)


@pytest.mark.parametrize(
    ("fields", "processed"),
    [
        ({"thumbhash": "x", "width": 1}, True),
        ({"thumbhash": None, "width": 1}, True),
        ({"thumbhash": "x", "width": None}, True),
        ({"thumbhash": None, "width": None}, False),
        ({"thumbhash": None, "width": None, "exifInfo": {"exifImageWidth": 1}}, False),
        ({"thumbhash": "x"}, True),
        ({"thumbhash": None}, False),
        ({"thumbhash": None, "exifInfo": {"exifImageWidth": 1}}, True),
        ({"thumbhash": None, "exifInfo": {"exifImageWidth": None}}, False),
    ],
)
def test_what_counts_as_processed(fields: dict[str, Any], processed: bool) -> None:
    assert asset(**fields).processed is processed


@pytest.mark.parametrize(
    ("fields", "visibility"),
    [
        ({}, Visibility.TIMELINE),
        ({"isArchived": True}, Visibility.ARCHIVE),
        ({"visibility": "archive", "isArchived": False}, Visibility.ARCHIVE),
        ({"visibility": "hidden"}, Visibility.HIDDEN),
        ({"visibility": "locked"}, Visibility.LOCKED),
        ({"visibility": "a new one"}, Visibility.TIMELINE),
    ],
)
def test_where_it_shows(fields: dict[str, Any], visibility: Visibility) -> None:
    assert asset(**fields).visibility is visibility


def test_the_least_that_a_server_may_say() -> None:
    least = asset(duration="0:00:00.00000", unheard_of={"a": [1]}, type="HOLOGRAM")
    assert least.media_type is MediaType.OTHER
    assert least.mime_type == "application/octet-stream"
    assert not least.is_offline
    assert not least.is_trashed


def test_a_checksum_of_the_path_proves_nothing() -> None:
    assert not asset(libraryId="l").checksum.of_content
    assert not asset(checksum="nonsense!").checksum.of_content
    assert asset().checksum.sha1 == SHA1
    assert asset().checksum.of_content


def test_dimensions_may_be_fractions() -> None:
    assert asset(width=10.0, height=7.5).width == 10
