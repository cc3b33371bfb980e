"""Which message the end of a run calls for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.notifications import Ending, Kind, judge, last_ending

MIDNIGHT = datetime(2026, 11, 22, 8, tzinfo=UTC)

OK = Ending("OK")
FAILED = Ending("FAILED", "not_mounted")
FULL = Ending("FAILED", "disk_full")
FILES = Ending("FAILED")
QUOTA = Ending("WAITING", "quota", MIDNIGHT)
NEXT_QUOTA = Ending("WAITING", "quota", MIDNIGHT + timedelta(days=1))
RECONNECT = Ending("WAITING", "reconnect")
RESTING = Ending("WAITING", "rate_limit", MIDNIGHT)
CANCELLED = Ending("CANCELLED", "cancelled")
INTERRUPTED = Ending("FAILED", "interrupted")
RUNNING = Ending("RUNNING")


@pytest.mark.parametrize(
    ("previous", "now", "told"),
    [
        (None, OK, None),
        (OK, OK, None),
        (None, FAILED, Kind.RUN_FAILED),
        (OK, FAILED, Kind.RUN_FAILED),
        (OK, FILES, Kind.RUN_FAILED),
        (FAILED, FAILED, None),
        (FILES, FILES, None),
        (FAILED, FULL, Kind.RUN_FAILED),
        (FILES, FULL, Kind.RUN_FAILED),
        (RECONNECT, FAILED, Kind.RUN_FAILED),
        (QUOTA, FAILED, Kind.RUN_FAILED),
        (FAILED, OK, Kind.BACK_TO_NORMAL),
        (FILES, OK, Kind.BACK_TO_NORMAL),
        (RECONNECT, OK, Kind.BACK_TO_NORMAL),
        (QUOTA, OK, None),
        (RESTING, OK, None),
        (None, QUOTA, Kind.QUOTA_REACHED),
        (OK, QUOTA, Kind.QUOTA_REACHED),
        (FAILED, QUOTA, Kind.QUOTA_REACHED),
        (RECONNECT, QUOTA, Kind.QUOTA_REACHED),
        (QUOTA, QUOTA, None),
        (QUOTA, NEXT_QUOTA, None),
        (None, RESTING, None),
        (None, RECONNECT, Kind.RECONNECT_NEEDED),
        (QUOTA, RECONNECT, Kind.RECONNECT_NEEDED),
        (FAILED, RECONNECT, Kind.RECONNECT_NEEDED),
        (RECONNECT, RECONNECT, None),
        (FAILED, CANCELLED, None),
        (OK, INTERRUPTED, None),
        (INTERRUPTED, OK, None),
        (INTERRUPTED, FAILED, Kind.RUN_FAILED),
        (OK, RUNNING, None),
    ],
)
def test_the_message_of(previous: Ending | None, now: Ending, told: Kind | None) -> None:
    assert judge(previous, now) is told


def test_a_cancelled_run_does_not_hide_the_failure_before_it() -> None:
    assert last_ending([RUNNING, CANCELLED, INTERRUPTED, FAILED, OK]) is FAILED
    assert last_ending([CANCELLED]) is None


def replay(endings: list[Ending]) -> list[Kind]:
    """Return the messages of a mirror whose runs ended so, one after the other."""
    told = [judge(last_ending(reversed(endings[:n])), now) for n, now in enumerate(endings)]
    return [kind for kind in told if kind is not None]


ENDINGS = st.lists(
    st.sampled_from([OK, FAILED, FULL, FILES, QUOTA, NEXT_QUOTA, RECONNECT, RESTING])
)
NOISE = st.sampled_from([CANCELLED, INTERRUPTED, RUNNING])


@given(ENDINGS, st.data())
def test_what_says_nothing_changes_nothing(endings: list[Ending], data: st.DataObject) -> None:
    noisy = []
    for ending in endings:
        noisy += [*data.draw(st.lists(NOISE, max_size=2)), ending]
    assert replay(noisy) == replay(endings)


@given(ENDINGS, st.integers(1, 5))
def test_repeating_every_run_tells_nothing_more(endings: list[Ending], times: int) -> None:
    assert replay([e for e in endings for _ in range(times)]) == replay(endings)


@given(ENDINGS)
def test_back_to_normal_only_after_a_trouble_that_was_told(endings: list[Ending]) -> None:
    told = replay(endings)
    for n, kind in enumerate(told):
        if kind is Kind.BACK_TO_NORMAL:
            assert n > 0
            assert told[n - 1] in {Kind.RUN_FAILED, Kind.RECONNECT_NEEDED}


@given(ENDINGS)
def test_whoever_needs_to_act_has_been_told_and_hears_when_it_is_over(
    endings: list[Ending],
) -> None:
    told = replay([*endings, FAILED, OK])
    assert told[-2:] == [Kind.RUN_FAILED, Kind.BACK_TO_NORMAL] or told[-1] is Kind.BACK_TO_NORMAL
