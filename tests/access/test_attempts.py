"""How many attempts are let through."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.access import Attempts, TooManyError
from pentaprism.errors import InvalidError, RetryableError

KEY = ("address", "192.0.2.1")


class Seconds:
    """A monotonic clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def wrong(attempts: Attempts, *keys: tuple[str, ...]) -> None:
    with contextlib.suppress(InvalidError), attempts.attempt(*(keys or (KEY,))):
        raise InvalidError("No.", code="no")


def test_the_eleventh_failure_in_ten_minutes_is_refused_and_told_how_long_to_wait() -> None:
    clock = Seconds()
    attempts = Attempts(clock)
    for _ in range(10):
        wrong(attempts)
        clock.now += 6
    with pytest.raises(TooManyError) as caught, attempts.attempt(KEY):
        pytest.fail("this must not be reached")
    assert caught.value.after == 600 - 60
    assert caught.value.code == "too_many_attempts"
    assert "9 minutes" in caught.value.hint
    wrong(attempts, ("address", "192.0.2.2"))
    clock.now = 600
    wrong(attempts)
    with pytest.raises(TooManyError):
        attempts.check(KEY)


def test_what_ends_well_or_says_nothing_does_not_count() -> None:
    attempts = Attempts(Seconds())
    for _ in range(30):
        with attempts.attempt(KEY):
            pass
        with contextlib.suppress(RetryableError), attempts.attempt(KEY):
            raise RetryableError("Not reachable.", code="unreachable")
    assert len(attempts) == 0


def test_attempts_at_the_same_time_count_from_their_beginning() -> None:
    attempts = Attempts(Seconds())
    with contextlib.ExitStack() as under_way:
        for _ in range(10):
            under_way.enter_context(attempts.attempt(KEY))
        with pytest.raises(TooManyError):
            attempts.check(KEY)
    attempts.check(KEY)


def test_a_success_does_not_forgive_the_failures_before_it() -> None:
    attempts = Attempts(Seconds())
    for _ in range(9):
        wrong(attempts)
    with attempts.attempt(KEY):
        pass
    wrong(attempts)
    with pytest.raises(TooManyError):
        attempts.check(KEY)


def test_any_of_several_keys_is_enough_to_refuse() -> None:
    attempts = Attempts(Seconds())
    for number in range(10):
        wrong(attempts, ("address", str(number)), ("email", "a"))
    with pytest.raises(TooManyError):
        attempts.check(("address", "fresh"), ("email", "a"))
    attempts.check(("address", "0"), ("email", "b"))


def test_memory_is_bounded() -> None:
    attempts = Attempts(Seconds(), remembered=100)
    for number in range(1000):
        wrong(attempts, ("address", str(number) * 100))
    assert len(attempts) == 100


@given(st.lists(st.tuples(st.floats(0, 300), st.sampled_from("ab"), st.booleans()), max_size=80))
def test_no_window_holds_more_failures_than_are_allowed(
    steps: list[tuple[float, str, bool]],
) -> None:
    clock = Seconds()
    attempts = Attempts(clock, most=3, seconds=600)
    failed: dict[str, list[float]] = {"a": [], "b": []}
    for wait, name, good in steps:
        clock.now += wait
        recent = [at for at in failed[name] if at + 600 > clock.now]
        if len(recent) == 3:
            with pytest.raises(TooManyError) as caught:
                attempts.check((name,))
            assert caught.value.after == pytest.approx(recent[0] + 600 - clock.now)
        elif good:
            with attempts.attempt((name,)):
                pass
        else:
            wrong(attempts, (name,))
            failed[name].append(clock.now)
