from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.web.formats import NO_BREAK, Formats

NOW = datetime(2026, 11, 21, 14, 2, 11, tzinfo=UTC)
ENGLISH = Formats(clock_now=lambda: NOW)
GERMAN = Formats(Locale("de"), ZoneInfo("Europe/Berlin"), lambda: NOW)


def plain(text: str) -> str:
    return text.replace(NO_BREAK, " ")


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (12_400, "12 kB"),
        (999_600, "1 MB"),
        (12_440_000, "12.4 MB"),
        (99_960_000, "100 MB"),
        (431_000_000, "431 MB"),
        (999_500_001, "1 GB"),
        (4_000_000_000, "4 GB"),
        (118_200_000_000, "118 GB"),
        (2_100_000_000_000, "2.1 TB"),
        (5_000_000_000_000_000_000, "5,000 PB"),
    ],
)
def test_amount(count: int, shown: str) -> None:
    assert plain(ENGLISH.amount(count)) == shown


@given(st.integers(0, 10**17))
def test_amount_is_short_and_close(count: int) -> None:
    number, unit = plain(ENGLISH.amount(count)).split(" ")
    size = float(number) * 1000 ** ("B", "kB", "MB", "GB", "TB", "PB").index(unit)
    assert len(number) <= 4
    assert abs(size - count) <= max(0.5 * count / 1.5, 0.5)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (33.6, "34 s"),
        (59.6, "1 min"),
        (240, "4 min"),
        (3599, "1 h"),
        (36_720, "10 h 12 min"),
        (86_390, "1 day"),
        (86_400 * 3 + 3600 * 4, "3 days 4 h"),
        (-5, "0 s"),
        (timedelta(minutes=25), "25 min"),
    ],
)
def test_duration(seconds: float | timedelta, shown: str) -> None:
    assert plain(ENGLISH.duration(seconds)) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (412, 664, "62 %"),
        (0, 664, "0 %"),
        (1, 1000, "< 1 %"),
        (663, 664, "99 %"),
        (664, 664, "100 %"),
        (0, 0, "0 %"),
        (0.5, 1, "50 %"),
    ],
)
def test_percent(part: float, whole: float, shown: str) -> None:
    assert plain(ENGLISH.percent(part, whole)) == shown


@pytest.mark.parametrize(
    ("away", "shown"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=-20), "20 seconds ago"),
        (timedelta(seconds=-61), "1 minute ago"),
        (timedelta(seconds=-125), "2 minutes ago"),
        (timedelta(minutes=-59, seconds=-59), "59 minutes ago"),
        (timedelta(minutes=4), "in 4 minutes"),
        (timedelta(hours=-1), "13:02"),
        (timedelta(hours=-14), "00:02"),
        (timedelta(hours=-15), "yesterday 23:02"),
        (timedelta(hours=16), "tomorrow 06:02"),
        (timedelta(days=-5), "16 November"),
        (timedelta(days=2), "23 November"),
        (timedelta(days=-400), "17 October 2025"),
    ],
)
def test_words(away: timedelta, shown: str) -> None:
    assert ENGLISH.words(NOW + away) == shown


def test_the_zone_decides_which_day_it_is() -> None:
    instant = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert ENGLISH.words(instant) == "yesterday 23:30"
    assert GERMAN.words(instant) == "00:30"
    assert GERMAN.clock(instant, seconds=True) == "00:30:00"
    assert GERMAN.day(instant, weekday=True) == "Samstag 21. November"


def test_moment() -> None:
    instant = NOW - timedelta(minutes=2)
    assert ENGLISH.moment(instant) == (
        '<time datetime="2026-11-21T14:00:11+00:00" title="21 Nov 2026, 14:00:11" data-ago>'
        "2 minutes ago</time>"
    )
    assert ENGLISH.moment(None, "never") == "never"


def test_locale() -> None:
    assert ENGLISH.number(48_212) == "48,212"
    assert GERMAN.number(48_212.5) == "48.212,5"
    assert plain(GERMAN.rate(11_400_000)) == "11,4 MB/s"
    assert (ENGLISH.language, ENGLISH.tag) == ("en", "en-GB")
    assert Formats(Locale("pt", "BR")).tag == "pt-BR"
