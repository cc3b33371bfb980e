"""Pushing and undoing, with a store and an Immich of stacks in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stack_world import NOW, Immich, clock, connect, opened, pages

from pentaprism.errors import ActionRequiredError, ConflictError, RetryableError
from pentaprism.stacks.pushing import preview_push, preview_undo, push, undo
from pentaprism.stacks.standing import Reason
from pentaprism.stacks.work import Outcome
from pentaprism.store import Connection, Store
from pentaprism.store.library_records import StepState


class Pusher:
    """One store that pushes to one Immich."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self.store = store
        self.connection = connection
        self.immich = Immich()

    async def push(self, *groups: str) -> Outcome:
        wanted = pages(*map(tuple, groups))
        return await push(self.store, self.immich, self.connection, clock, wanted)

    async def undo(self) -> Outcome | None:
        return await undo(self.store, self.immich, self.connection, clock)

    @property
    def state(self) -> list[str]:
        return sorted("".join(members) for members in self.immich.kept.values())


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Pusher]:
    async with opened(tmp_path) as (store, connection):
        yield Pusher(store, connection)


async def test_a_second_push_asks_for_nothing(home: Pusher) -> None:
    first = await home.push("ab", "cde")
    assert (first.created, first.expected, first.kept) == (2, 2, 0)
    again = await home.push("ab", "cde")
    assert (again.done, again.kept, again.push_id) == (0, 2, None)
    assert home.immich.calls == ["create", "create"]
    assert home.state == ["ab", "cde"]


async def test_undo_takes_back_all_that_a_push_did(home: Pusher) -> None:
    home.immich.stack("x", "y")
    await home.push("ab", "cd", "xy")
    before = home.state
    told = await home.push("abc", "ed", "xy")
    assert (told.created, told.deleted, told.kept) == (2, 2, 1)
    assert home.state == ["abc", "ed", "xy"]
    back = await home.undo()
    assert back is not None
    assert (back.created, back.deleted, back.skipped) == (2, 2, [])
    assert home.state == before


async def test_pushes_are_undone_one_by_one_though_stacks_have_new_ids(home: Pusher) -> None:
    await home.push("ab")
    await home.push("abc")
    await home.push("cab")
    for state in ({("a", frozenset("abc"))}, {("a", frozenset("ab"))}, set()):
        assert await home.undo() is not None
        assert home.immich.state() == state
    assert await home.undo() is None


async def test_a_push_that_did_nothing_is_not_what_undo_takes_back(home: Pusher) -> None:
    await home.push("ab")
    await home.push("ab")
    await home.undo()
    assert home.state == []


async def test_what_was_undone_can_be_pushed_again(home: Pusher) -> None:
    await home.push("ab")
    await home.undo()
    assert (await home.push("ab")).created == 1
    assert home.state == ["ab"]


async def test_a_dry_run_changes_and_records_nothing(home: Pusher) -> None:
    await home.push("ab")
    version = await home.store.version()
    planned = await preview_push(
        home.store, home.immich, home.connection, pages(("a", "b", "c"), ("d", "e"))
    )
    assert [step.kind.value for step in planned.steps] == ["delete", "create", "create"]
    preview = await preview_undo(home.store, home.immich, home.connection)
    assert preview is not None
    assert [step.kind.value for step in preview.reversal.steps] == ["delete"]
    assert home.immich.calls == ["create"]
    assert await home.store.version() == version


async def test_stacks_of_somebody_stay_as_they_are(home: Pusher) -> None:
    theirs = home.immich.stack("b", "x")
    told = await home.push("ab", "cd")
    assert [(skip.reason, skip.stack_id) for skip in told.skipped] == [(Reason.STACKED, theirs)]
    assert home.state == ["bx", "cd"]
    await home.undo()
    assert home.state == ["bx"]


async def test_a_stack_that_a_person_changed_is_theirs_and_no_undo_touches_it(
    home: Pusher,
) -> None:
    await home.push("ab", "cd", "ef")
    home.immich.stack("a", "b", "z")
    home.immich.take_out("f")
    told = await home.push("ab", "cd", "ef")
    assert [skip.reason for skip in told.skipped] == [Reason.STACKED, Reason.UNSTACKED]
    assert home.state == ["abz", "cd"]
    again = await home.push("ab", "cd", "ef")
    assert (again.done, again.kept) == (0, 1)
    await home.undo()
    assert home.state == ["abz"]


async def test_another_primary_that_a_person_chose_stays(home: Pusher) -> None:
    await home.push("ab")
    await home.immich.show_first("stack-1", "b")
    told = await home.push("ab")
    assert [skip.reason for skip in told.skipped] == [Reason.CHANGED]
    assert [skip.reason for skip in (await home.push("ab")).skipped] == [Reason.STACKED]
    back = await home.undo()
    assert back is not None
    assert [skip.reason for skip in back.skipped] == [Reason.CHANGED]
    assert home.state == ["ba"]


async def test_ours_with_an_asset_in_the_trash_is_undone(home: Pusher) -> None:
    await home.push("abc")
    home.immich.trashed.add("a")
    assert (await home.push("bc")).changed == 1
    assert home.state == ["bac"]
    home.immich.trashed.clear()
    assert (await home.push("abc")).changed == 1
    home.immich.erase("c")
    for _ in range(3):
        await home.undo()
    assert home.state == []


async def test_a_deleted_stack_is_made_again_of_what_is_left_of_it(home: Pusher) -> None:
    await home.push("abc", "de")
    await home.push()
    home.immich.erase("a")
    home.immich.erase("d")
    back = await home.undo()
    assert back is not None
    assert (back.created, len(back.failed)) == (1, 1)
    assert home.state == ["bc"]
    await home.undo()
    assert home.state == []


async def test_one_refused_stack_does_not_keep_the_others(home: Pusher) -> None:
    home.immich.refused.add("c")
    told = await home.push("ab", "cd", "ef")
    assert (told.created, [one.asset_ids for one in told.failed]) == (2, [("c", "d")])
    assert told.failed[0].reason == "Immich refuses the stack."
    home.immich.refused.clear()
    assert (await home.push("ab", "cd", "ef")).created == 1


async def test_immich_that_goes_away_ends_it_and_the_next_push_goes_on(home: Pusher) -> None:
    home.immich.break_at = 1
    home.immich.break_with = RetryableError("Nothing answers.", code="unreachable")

    def leave(outcome: Outcome) -> None:
        home.immich.away = True

    wanted = pages(("a", "b"), ("c", "d"))
    told = await push(home.store, home.immich, home.connection, clock, wanted, tell=leave)
    assert (told.created, told.expected) == (1, 2)
    assert told.stopped is not None
    assert told.stopped.code == "unreachable"
    home.immich.away = False
    assert (await home.push("ab", "cd")).created == 1
    assert home.state == ["ab", "cd"]


@pytest.mark.parametrize("heard", [True, False])
async def test_a_lost_answer_is_looked_for(home: Pusher, *, heard: bool) -> None:
    home.immich.break_at, home.immich.heard = 0, heard
    home.immich.break_with = RetryableError("The connection broke off.", code="lost")
    told = await home.push("ab", "cd")
    assert (told.created, told.stopped) == (2, None)
    assert home.immich.made == 2
    await home.undo()
    assert home.state == []


async def test_what_a_person_stacks_meanwhile_is_theirs(home: Pusher) -> None:
    groups = [f"{n}x{n}y" for n in range(100, 300)]
    halves = [(f"{group}1", f"{group}2") for group in groups]
    home.immich.during[50] = (halves[150][0], "z")
    told = await push(home.store, home.immich, home.connection, clock, pages(*halves))
    assert (told.created, [skip.reason for skip in told.skipped]) == (199, [Reason.STACKED])
    assert (halves[150][0], frozenset({halves[150][0], "z"})) in home.immich.state()


async def test_missing_permissions_are_named_before_anything_is_done(home: Pusher) -> None:
    home.immich.missing = frozenset({"stack.create", "stack.delete"})
    with pytest.raises(ActionRequiredError, match=r"stack\.create, stack\.delete") as caught:
        await home.push("ab")
    assert caught.value.code == "permissions"
    with pytest.raises(ActionRequiredError):
        await home.undo()
    planned = await preview_push(home.store, home.immich, home.connection, pages(("a", "b")))
    assert len(planned.steps) == 1
    assert home.immich.calls == []


async def test_one_push_at_a_time(home: Pusher) -> None:
    busy = ConflictError("Busy.", code="busy")
    with home.store.locks.take(f"stacks:{home.connection.id}", busy):
        for attempt in (home.push("ab"), home.undo()):
            with pytest.raises(ConflictError) as caught:
                await attempt
            assert caught.value.code == "locked"


async def test_another_connection_has_a_journal_of_its_own(home: Pusher) -> None:
    other = Pusher(home.store, await connect(home.store, "you"))
    await home.push("ab")
    assert await other.undo() is None
    await home.undo()
    assert home.state == []


async def test_the_journal_tells_what_was_done(home: Pusher) -> None:
    first = await home.push("ab")
    told = await home.push("abc")
    assert first.push_id is not None
    assert told.push_id is not None
    lines = await home.store.stacks.changes(told.push_id)
    assert [(line.step.value, line.state, line.before, line.after) for line in lines] == [
        ("delete", StepState.DONE, ("a", "b"), ()),
        ("create", StepState.DONE, (), ("a", "b", "c")),
    ]
    last = await home.store.stacks.last(home.connection.id)
    assert last is not None
    assert (last.id, last.finished_at, last.undone_at) == (told.push_id, NOW, None)
