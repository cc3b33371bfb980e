"""Back-off, patience and the bandwidth limit, without time passing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import RetryableError
from pentaprism.immich.pace import Bandwidth, Pace, Patience, retry_after

FAULT = RetryableError("x", code="x")


def test_the_delay_doubles_up_to_a_limit() -> None:
    pace = Pace(first=1, most=10, jitter=lambda: 1.0)
    assert [pace.delay(n, None) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


@given(st.integers(1, 10_000), st.floats(0, 1), st.none() | st.floats(0, 60))
def test_the_delay_is_bounded(failures: int, jitter: float, after: float | None) -> None:
    delay = Pace(jitter=lambda: jitter).delay(failures, after)
    assert 0.25 <= delay <= 60
    assert delay >= (after or 0)


def test_patience_ends() -> None:
    patience = Patience(Pace(), 2)
    patience.after(FAULT)
    patience.after(FAULT)
    with pytest.raises(RetryableError):
        patience.after(FAULT)


def test_patience_comes_back_with_progress() -> None:
    patience = Patience(Pace(), 1)
    for position in range(0, 10_000_000, 256 * 1024):
        patience.after(FAULT, position)
    with pytest.raises(RetryableError):
        patience.after(FAULT, position + 1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("soon", None),
        ("-7", None),
        ("²", None),
        ("9" * 400, 999_999_999),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=10) == seconds


@given(st.integers(1, 10**9), st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 10))))
def test_no_more_flows_than_the_limit(rate: int, reads: list[tuple[int, float]]) -> None:
    clock = [0.0]
    bandwidth = Bandwidth(rate, lambda: clock[0])
    total = 0
    for size, idle in reads:
        clock[0] += idle
        clock[0] += bandwidth.take(size)
        total += size
        assert total <= rate * (clock[0] + 1 / 8) * (1 + 1e-9) + 1


def test_no_limit_never_waits() -> None:
    bandwidth = Bandwidth(None, lambda: 0.0)
    assert bandwidth.take(10**12) == 0
    assert not bandwidth.limited
    assert bandwidth.portion(1000) == 1000
