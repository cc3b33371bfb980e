"""Values on their way into and out of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from pentaprism.store.columns import Instant, escape, unescape

DIALECT = sqlite.dialect()
ANY_TEXT = st.text(st.characters() | st.sampled_from("\0\udc80\ud800\udfff\ufdd00d"))


@given(ANY_TEXT)
def test_any_text_comes_back_and_can_be_stored(text: str) -> None:
    stored = escape(text)
    assert "\0" not in stored
    stored.encode("utf-8")
    assert unescape(stored) == text


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)


def test_ordinary_text_is_stored_as_it_is() -> None:
    assert escape("Über den Wolken ✈️.jpg") == "Über den Wolken ✈️.jpg"


@given(st.datetimes(timezones=st.timezones()))
def test_times_come_back_exact_and_in_utc(time: datetime) -> None:
    try:
        time.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar, in a distant zone
        return
    stored = Instant().bind_processor(DIALECT)(time)
    back = Instant().result_processor(DIALECT, None)(stored)
    assert back is not None
    assert back.tzinfo is UTC
    assert back - time.astimezone(UTC) == timedelta(0)


def test_times_before_1970_sort_first() -> None:
    store = Instant().bind_processor(DIALECT)
    cet = timezone(timedelta(hours=1))
    times = [
        datetime(1800, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 59, tzinfo=cet),
        datetime(1970, 1, 1, tzinfo=UTC),
    ]
    assert sorted(map(store, times), key=lambda count: count or 0) == [*map(store, times)]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        Instant().bind_processor(DIALECT)(datetime(2024, 1, 1))  # noqa: DTZ001 - what is tested
