"""The plan of a push, case by case; nothing is asked of anybody."""

from __future__ import annotations

from collections.abc import Collection

from stack_world import ME, Group

from pentaprism.immich import Stack
from pentaprism.stacks.planning import StackPlan, plan
from pentaprism.stacks.standing import Reason, Standing
from pentaprism.store.library_records import PushedStack


def stack(id_: str, members: str, *, first: str = "", owner: str = ME) -> Stack:
    """A stack whose assets are the letters of ``members``, the first in front."""
    return Stack(id_, first or members[0], tuple(members), frozenset({owner}))


def ours(id_: str, members: str) -> PushedStack:
    return PushedStack(id_, "home", "push", tuple(members))


def planned(
    wanted: list[str],
    existing: list[Stack],
    pushed: Collection[PushedStack] = (),
    away: str = "",
) -> StackPlan:
    mine = {one.stack_id: one for one in pushed}
    groups = [Group(tuple(members)) for members in wanted]
    return plan(groups, Standing(existing, away), mine, ME)


def steps(found: StackPlan) -> list[tuple[str, str | None, str, str]]:
    return [
        (step.kind.value, step.stack_id, "".join(step.before), "".join(step.after))
        for step in found.steps
    ]


def reasons(found: StackPlan) -> list[tuple[str, Reason, str | None]]:
    return [("".join(skip.asset_ids), skip.reason, skip.stack_id) for skip in found.skipped]


def test_a_group_becomes_a_stack() -> None:
    assert steps(planned(["ab"], [])) == [("create", None, "", "ab")]


def test_a_stack_that_says_so_already_is_kept_whoever_made_it() -> None:
    found = planned(["ab", "cd"], [stack("1", "ab"), stack("2", "cd")], [ours("2", "cd")])
    assert (steps(found), found.kept, found.forgotten) == ([], 2, set())


def test_the_order_behind_the_primary_does_not_matter() -> None:
    assert planned(["abc"], [stack("1", "acb")]).kept == 1


def test_another_primary_of_ours_is_shown_first() -> None:
    found = planned(["ba"], [stack("1", "ab")], [ours("1", "ab")])
    assert steps(found) == [("show_first", "1", "ab", "ba")]


def test_ours_with_other_members_is_deleted_and_made_anew() -> None:
    found = planned(["abc"], [stack("1", "ab")], [ours("1", "ab")])
    assert steps(found) == [("delete", "1", "ab", ""), ("create", None, "", "abc")]


def test_all_that_a_new_stack_would_absorb_is_deleted_before_it() -> None:
    mine = [ours("1", "ab"), ours("2", "cd")]
    found = planned(["bc", "ad"], [stack("1", "ab"), stack("2", "cd")], mine)
    assert [step[0] for step in steps(found)] == ["delete", "delete", "create", "create"]


def test_ours_that_no_group_asks_for_is_deleted() -> None:
    found = planned([], [stack("1", "ab"), stack("2", "cd")], [ours("1", "ab")])
    assert steps(found) == [("delete", "1", "ab", "")]


def test_a_stack_of_somebody_is_left_alone_and_named() -> None:
    found = planned(["ab"], [stack("1", "bc")])
    assert steps(found) == []
    assert reasons(found) == [("ab", Reason.STACKED, "1")]


def test_a_stack_of_somebody_with_another_primary_is_left_alone() -> None:
    assert reasons(planned(["ab"], [stack("1", "ba")])) == [("ab", Reason.STACKED, "1")]


def test_a_stack_whose_primary_is_not_shown_would_be_absorbed_all_the_same() -> None:
    found = planned(["ab"], [stack("1", "cd", first="a")])
    assert reasons(found) == [("ab", Reason.STACKED, "1")]


def test_ours_that_somebody_changed_is_theirs_from_now_on() -> None:
    for changed in (stack("1", "ba"), stack("1", "abc"), stack("1", "ac")):
        found = planned(["ab"], [changed], [ours("1", "ab")])
        assert steps(found) == []
        assert reasons(found) == [("ab", Reason.CHANGED, "1")]
        assert found.forgotten == {"1"}


def test_ours_that_somebody_changed_to_what_is_wanted_is_kept_as_theirs() -> None:
    found = planned(["abc"], [stack("1", "abc")], [ours("1", "ab")])
    assert (steps(found), found.kept, found.forgotten) == ([], 1, {"1"})


def test_what_somebody_dissolved_is_not_made_again() -> None:
    found = planned(["ab"], [], [ours("1", "ab")])
    assert steps(found) == []
    assert reasons(found) == [("ab", Reason.UNSTACKED, None)]
    assert found.forgotten == set()


def test_a_group_that_has_changed_since_it_was_dissolved_is_stacked() -> None:
    found = planned(["abc"], [], [ours("1", "ab")])
    assert steps(found) == [("create", None, "", "abc")]
    assert found.forgotten == {"1"}


def test_ours_waits_for_an_asset_in_the_trash() -> None:
    found = planned([], [stack("1", "a")], [ours("1", "ab")], away="b")
    assert (steps(found), found.skipped, found.forgotten) == ([], [], set())


def test_ours_is_kept_while_a_third_asset_is_in_the_trash() -> None:
    assert planned(["ab"], [stack("1", "ab")], [ours("1", "abc")], away="c").kept == 1


def test_an_asset_in_the_trash_stays_in_a_stack_that_shows_another_first() -> None:
    found = planned(["ba"], [stack("1", "ab")], [ours("1", "abc")], away="c")
    assert steps(found) == [("show_first", "1", "abc", "bac")]


def test_a_primary_in_the_trash_is_replaced() -> None:
    found = planned(["bc"], [stack("1", "bc", first="a")], [ours("1", "abc")], away="a")
    assert steps(found) == [("show_first", "1", "abc", "bca")]


def test_a_stack_with_assets_of_others_is_not_ours() -> None:
    found = planned(["abc"], [stack("1", "ab", owner="you")], [ours("1", "ab")])
    assert steps(found) == []
    assert reasons(found) == [("abc", Reason.CHANGED, "1")]


def test_an_asset_goes_into_one_stack() -> None:
    found = planned(["ab", "bc"], [])
    assert steps(found) == [("create", None, "", "ab")]
    assert reasons(found) == [("bc", Reason.TWICE, None)]


def test_a_single_asset_is_no_stack() -> None:
    assert steps(planned(["a", "bb"], [])) == []
