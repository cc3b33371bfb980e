"""The judgement over removals: each reason to hold them, and the brake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_samples import proof

from pentaprism.destinations.choices import Removals
from pentaprism.immich import Proof
from pentaprism.mirrors.outcomes import CAUSES, HOLDS, SKIP_REASONS
from pentaprism.mirrors.plan import (
    BRAKE_COUNT,
    Hold,
    Policy,
    RemoveCause,
    SkipReason,
    judge_removals,
)

TRASH, KEEP = Policy(removals=Removals.TRASH), Policy()


@pytest.mark.parametrize(
    ("first", "second", "hold"),
    [
        pytest.param(proof(), proof(), None, id="two that agree"),
        pytest.param(proof(0), proof(0), Hold.ALBUM_EMPTY, id="empty"),
        pytest.param(proof(0, 10), proof(0, 10), Hold.ALBUM_EMPTY, id="empty, said to hold ten"),
        pytest.param(proof(9, 10), proof(9, 10), Hold.INCOMPLETE, id="one too few"),
        pytest.param(proof(11, 10), proof(11, 10), Hold.INCOMPLETE, id="one too many"),
        pytest.param(proof(11, 10, hidden=1), proof(11, 10, hidden=1), None, id="a hidden member"),
        pytest.param(proof(10, 10, hidden=1), proof(10, 10, hidden=1), Hold.INCOMPLETE,
                     id="a hidden member hides that one is lacking"),
        pytest.param(proof(steady=False), proof(), Hold.INCOMPLETE, id="changed meanwhile"),
        pytest.param(proof(), None, Hold.UNSTABLE, id="no second one"),
        pytest.param(proof(), proof(fingerprint=8), Hold.UNSTABLE, id="others in the second"),
        pytest.param(proof(), proof(9), Hold.UNSTABLE, id="fewer in the second"),
        pytest.param(proof(), proof(steady=False), Hold.UNSTABLE, id="second changed meanwhile"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("policy", [TRASH, KEEP], ids=["trash", "keep"])
def test_one_listing_proves_no_removal(
    first: Proof, second: Proof | None, hold: Hold | None, policy: Policy
) -> None:
    assert judge_removals(first, second, leaving=1, mirrored=10, policy=policy) is hold


@pytest.mark.parametrize(
    ("leaving", "mirrored", "held"),
    [
        (50, 51, False),
        (51, 60, True),
        (51, 250, True),
        (51, 255, False),
        (200, 1000, False),
        (201, 1000, True),
    ],
)
def test_the_brake_is_a_count_and_a_share(leaving: int, mirrored: int, *, held: bool) -> None:
    judged = judge_removals(proof(), proof(), leaving=leaving, mirrored=mirrored, policy=TRASH)
    assert judged is (Hold.TOO_MANY if held else None)


def test_what_is_kept_needs_no_brake() -> None:
    assert judge_removals(proof(), proof(), leaving=999, mirrored=1000, policy=KEEP) is None


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_a_person_may_allow_more_or_fewer(allowed: int, leaving: int) -> None:
    policy = Policy(removals=Removals.TRASH, max_removals=allowed)
    judged = judge_removals(proof(), proof(), leaving=leaving, mirrored=2000, policy=policy)
    assert judged is (Hold.TOO_MANY if leaving > allowed else None)


@given(
    st.builds(proof, st.integers(0, 3), st.integers(0, 3), st.integers(0, 1),
              hidden=st.integers(0, 1), steady=st.booleans()),
    st.none() | st.builds(proof, st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)),
    st.integers(1, 100), st.integers(0, 1000), st.sampled_from([TRASH, KEEP]),
)  # fmt: skip
def test_removals_go_on_only_with_two_complete_listings_that_agree(
    first: Proof, second: Proof | None, leaving: int, mirrored: int, policy: Policy
) -> None:
    if judge_removals(first, second, leaving=leaving, mirrored=mirrored, policy=policy) is None:
        assert first.complete
        assert first.listed
        assert second == first
        assert policy is KEEP or leaving <= max(BRAKE_COUNT, mirrored * 0.2)


def test_every_reason_has_its_words() -> None:
    assert HOLDS.keys() == set(Hold)
    assert CAUSES.keys() == set(RemoveCause)
    assert SKIP_REASONS.keys() == set(SkipReason)
