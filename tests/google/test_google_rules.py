"""What is pure of Google Photos: refusals, the quota's days, media types, texts, scopes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.destinations.base import AlbumGoneError
from pentaprism.destinations.google_photos import scopes
from pentaprism.destinations.google_photos.content_key import copy_key
from pentaprism.destinations.google_photos.media_types import refuse, sendable_name
from pentaprism.destinations.google_photos.quota import forecast, next_day, pacific_day
from pentaprism.destinations.google_photos.refusals import (
    BurstLimitError,
    ConcurrentWriteError,
    DayOverError,
    ItemsRefusedError,
    PositionRefusedError,
    TokenRefusedError,
    UnauthenticatedError,
    explain,
    read_refusal,
    refuse_item,
)
from pentaprism.destinations.google_photos.text import caption, file_name, title
from pentaprism.errors import (
    ActionRequiredError,
    PentaprismError,
    PermanentError,
    RetryableError,
)
from pentaprism.holdings import DayCount


def refused(status: int, message: str, album: str | None = None) -> PentaprismError:
    body = json.dumps({"error": {"code": status, "message": message, "status": "X"}}).encode()
    return explain(read_refusal(status, {}, body), album=album)


QUOTA = "Quota exceeded for quota metric '{0}' and limit '{0}' of service 'photoslibrary'."


@pytest.mark.parametrize(
    ("status", "message", "kind", "code"),
    [
        (400, "Request must contain a valid upload token.", TokenRefusedError, "upload_token"),
        (400, "No permission to add items to this album.", AlbumGoneError, "remote_album_gone"),
        (400, "Invalid album ID.", AlbumGoneError, "remote_album_gone"),
        (404, "The provided ID does not match any albums.", AlbumGoneError, "remote_album_gone"),
        (
            400,
            "The remaining storage in the user's account is not enough to perform this operation.",
            ActionRequiredError,
            "storage_full",
        ),
        (400, "Request contains an invalid media item id.", ItemsRefusedError, "media_item"),
        (400, "Invalid relative media item id in albumPosition", PositionRefusedError, "position"),
        (400, "Request must have less than 50 items.", PermanentError, "google_refused"),
        (401, "Invalid authentication credentials", UnauthenticatedError, "unauthenticated"),
        (403, "Request had insufficient authentication scopes.", ActionRequiredError, "scope"),
        (
            403,
            ("Photos Library API has not been used in project 1 before. Enable it "
            "by visiting https://console.developers.google.com/apis/api/x?project=1 then retry."),
            ActionRequiredError,
            "api_disabled",
        ),
        (403, "The caller does not have permission", ActionRequiredError, "google_forbidden"),
        (409, "The operation was aborted.", RetryableError, "google_unavailable"),
        (413, "", PermanentError, "too_large"),
        (429, QUOTA.format("concurrent write request"), ConcurrentWriteError, "concurrent_write"),
        (429, QUOTA.format("WritesPerMinutePerUser"), BurstLimitError, "rate_limit"),
        (429, QUOTA.format("All requests per day"), DayOverError, "quota"),
        (500, "Internal error", RetryableError, "google_unavailable"),
        (503, "", RetryableError, "google_unavailable"),
        (418, "teapot", PermanentError, "google_refused"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_meaning(
    status: int, message: str, kind: type[PentaprismError], code: str
) -> None:
    error = refused(status, message, "Holiday")
    assert type(error) is kind
    assert error.code == code
    if isinstance(error, ActionRequiredError):
        assert error.hint


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": {}}', b"\xff\xfe", b"null"]
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_nonsense_is_explained_by_its_status(status: int, body: bytes) -> None:
    error = explain(read_refusal(status, {"Retry-After": "x"}, body))
    assert error.message


def test_what_google_says_is_quoted_in_short_and_without_tokens() -> None:
    token = "CAIS" + "a1B2" * 40
    error = refused(418, f"No {token} here. {'very ' * 200}long")
    assert token not in error.message
    assert len(error.message) < 300
    assert token not in refuse_item("a.jpg", 3, f"Failed {token}").message


def test_how_to_enable_the_api_is_taken_from_google() -> None:
    url = "https://console.developers.google.com/apis/api/photos/overview?project=1"
    error = refused(403, f"Photos API has not been used. Enable it by visiting {url} then retry.")
    assert f" {url}," in error.hint


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (3, "Failed: unsupported", PermanentError),
        (8, "The remaining storage is not enough", ActionRequiredError),
        (13, "Internal", RetryableError),
        (7, "", PermanentError),
    ],
)
def test_an_item_that_is_refused(code: int, message: str, kind: type[PentaprismError]) -> None:
    assert isinstance(refuse_item("a.jpg", code, message), kind)


@pytest.mark.parametrize(
    ("now", "day", "until"),
    [
        ("2026-01-10T07:59", date(2026, 1, 9), "2026-01-10T08:01"),
        ("2026-01-10T08:00", date(2026, 1, 10), "2026-01-11T08:01"),
        ("2026-07-10T06:59", date(2026, 7, 9), "2026-07-10T07:01"),
        # the clocks go forward in the night to the 8th of March, and back on the 1st of November
        ("2026-03-08T12:00", date(2026, 3, 8), "2026-03-09T07:01"),
        ("2026-03-08T07:00", date(2026, 3, 7), "2026-03-08T08:01"),
        ("2026-11-01T12:00", date(2026, 11, 1), "2026-11-02T08:01"),
    ],
)
def test_the_day_of_the_quota_ends_at_midnight_in_california(
    now: str, day: date, until: str
) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert pacific_day(instant) == day
    assert next_day(instant) == datetime.fromisoformat(until).replace(tzinfo=UTC)


NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "spent", "budget", "says"),
    [
        (12_400, DayCount(0), 10_000, "12,400 photos left: about 2 days."),
        (9_000, DayCount(0), 10_000, "9,000 photos left: within today's quota."),
        (9_000, DayCount(9_000), 10_000, "9,000 photos left: about 2 days."),
        (1, DayCount(9_998), 10_000, "1 photo left: within today's quota."),
        (50_000, DayCount(0), 1_000, "50,000 photos left: about 51 days."),
        (10, DayCount(0), 0, "10 photos left, and a budget of no requests."),
    ],
)
def test_the_forecast(left: int, spent: DayCount, budget: int, says: str) -> None:
    assert forecast(left, spent, budget, NOW) == says


def test_the_forecast_says_when_it_begins() -> None:
    said = forecast(100, DayCount(5, exhausted=True), 10_000, NOW)
    assert said.startswith("100 photos left: about 1 day, from 2026-01-1")


@pytest.mark.parametrize(
    ("name", "mime", "size", "code"),
    [
        ("a.jpg", "image/jpeg", 1, None),
        ("a.HEIC", "image/heic", 200_000_000, None),
        ("a.jpg", "image/jpeg", 200_000_001, "too_large"),
        ("a.mp4", "video/mp4", 20_000_000_000, None),
        ("a.mov", "video/quicktime", 20_000_000_001, "too_large"),
        ("a.jpg", "image/jpeg", 0, "empty_file"),
        ("a.jpg", "image/jpeg", None, None),
        ("a.psd", "image/vnd.adobe.photoshop", 1, "unsupported_type"),
        ("a", "application/octet-stream", 1, "unsupported_type"),
        ("IMG_1", "image/jpeg", 1, None),
        ("a.jpg. ", "image/jpeg", 1, None),
        ("a.dng", "image/dng", 1, None),
    ],
)
def test_what_google_takes(name: str, mime: str, size: int | None, code: str | None) -> None:
    refusal = refuse(name, mime, size)
    assert (refusal.code if refusal else None) == code
    if refusal is not None:
        assert refusal.hint


@pytest.mark.parametrize(
    ("name", "mime", "sent"),
    [
        ("a.jpg", "image/jpeg", "a.jpg"),
        ("trailing dot.jpg.", "image/jpeg", "trailing dot.jpg"),
        ("aux", "image/jpeg", "aux.jpg"),
        (" ", "image/png", "photo.png"),
        ("a.psd", "image/jpeg", "a.psd"),
        ("a.2021-01-01", "video/mp4", "a.2021-01-01.mp4"),
    ],
)
def test_the_name_that_is_sent(name: str, mime: str, sent: str) -> None:
    assert sendable_name(name, mime) == sent


@given(st.text(max_size=3000))
def test_texts_are_as_google_takes_them(text: str) -> None:
    for shorten, most in ((caption, 999), (title, 500), (file_name, 255)):
        short = shorten(text)
        assert len(short) <= most
        short.encode()
        assert "\0" not in short
    assert title(text)
    assert file_name(text)


@given(st.text("abc.", min_size=1, max_size=400), st.sampled_from(["jpg", "heic"]))
def test_a_name_that_is_cut_keeps_its_ending(stem: str, ending: str) -> None:
    assert file_name(f"x{stem}.{ending}").endswith(f".{ending}")


def test_scopes_have_short_names_and_long_ones() -> None:
    for removals in (False, True):
        wanted = scopes.wanted(removals=removals)
        assert scopes.short(scopes.full(wanted)) == wanted
    assert scopes.short("https://www.googleapis.com/auth/userinfo.email openid") == {
        "email",
        "openid",
    }


def test_a_copy_is_another_content_than_its_original() -> None:
    still, taken = b"x" * 20, datetime(2021, 7, 4)  # noqa: DTZ001 - local time
    keys = {
        still,
        copy_key(still, video=b"v" * 20, taken=None),
        copy_key(still, video=None, taken=taken),
        copy_key(still, video=b"v" * 20, taken=taken),
        copy_key(still, video=b"w" * 20, taken=taken),
    }
    assert len(keys) == 5
    assert {len(key) for key in keys} == {20}
