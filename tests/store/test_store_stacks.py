"""The journal of pushed stacks: what is ours, what is pending, what can be undone."""

from __future__ import annotations

from pathlib import Path

from library_samples import Library
from sqlalchemy import select
from store_samples import START, open_store, save_connection

from pentaprism.store import Store
from pentaprism.store.library_records import StackChange, StackPush, StackStep, StepState
from pentaprism.store.library_tables import library_files


async def intend(
    store: Store, push: StackPush, step: StackStep, id_: str | None, letters: tuple[str, str]
) -> StackChange:
    before, after = map(tuple, letters)
    return await store.stacks.intend(push.id, step, stack_id=id_, before=before, after=after)


async def create(store: Store, push: StackPush, id_: str, members: str) -> StackChange:
    change = await intend(store, push, StackStep.CREATE, None, ("", members))
    await store.stacks.done(change, id_)
    return change


async def ours(store: Store, connection_id: str) -> dict[str, str]:
    found = await store.stacks.ours(connection_id)
    return {id_: "".join(stack.asset_ids) for id_, stack in found.items()}


async def test_what_is_done_is_ours_as_it_was_left(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        push = await store.stacks.begin(home, START)
        await create(store, push, "1", "ab")
        await create(store, push, "2", "cd")
        shown = await intend(store, push, StackStep.SHOW_FIRST, "1", ("ab", "ba"))
        assert await ours(store, home) == {"1": "ab", "2": "cd"}
        await store.stacks.done(shown, "1")
        gone = await intend(store, push, StackStep.DELETE, "2", ("cd", ""))
        await store.stacks.done(gone, "2")
        assert await ours(store, home) == {"1": "ba"}
        assert (await store.stacks.ours(home))["1"].push_id == push.id


async def test_what_was_intended_is_pending_until_it_is_known(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        push = await store.stacks.begin(home, START)
        change = await intend(store, push, StackStep.CREATE, None, ("", "ab"))
    async with open_store(tmp_path) as store:
        assert [(one.change, one.undoing) for one in await store.stacks.pending(home)] == [
            (change, False)
        ]
        await store.stacks.failed(change, "It was refused.")
        assert await store.stacks.pending(home) == []
        line = (await store.stacks.changes(push.id))[0]
        assert (line.state, line.error) == (StepState.FAILED, "It was refused.")
        assert await store.stacks.last(home) is None


async def test_what_is_taken_back_is_pending_as_such(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        push = await store.stacks.begin(home, START)
        change = await create(store, push, "1", "ab")
        await store.stacks.finish(home, START)
        await store.stacks.intend_undo(change, ())
        assert [one.undoing for one in await store.stacks.pending(home)] == [True]
        await store.stacks.not_undone(change, "It was refused.")
        assert await ours(store, home) == {"1": "ab"}


async def test_the_last_push_is_the_newest_that_did_something(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        pushes = []
        for number in range(3):
            pushes.append(push := await store.stacks.begin(home, START))
            await create(store, push, f"{number}", "ab")
        await store.stacks.begin(home, START)
        for push in reversed(pushes):
            last = await store.stacks.last(home)
            assert last is not None
            assert last.id == push.id
            await store.stacks.end_undo(push.id, START)
        assert await store.stacks.last(home) is None


async def test_a_stack_that_is_made_again_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        first = await store.stacks.begin(home, START)
        await create(store, first, "old", "ab")
        second = await store.stacks.begin(home, START)
        gone = await intend(store, second, StackStep.DELETE, "old", ("ab", ""))
        await store.stacks.done(gone, "old")
        await store.stacks.undone(gone, "new")
        assert await ours(store, home) == {"new": "ab"}
        assert (await store.stacks.ours(home))["new"].push_id == first.id
        made = (await store.stacks.changes(first.id))[0]
        assert (made.stack_id, made.state) == ("new", StepState.DONE)
        await store.stacks.undone(made)
        assert await ours(store, home) == {}


async def test_a_primary_that_is_set_back_is_as_before(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        push = await store.stacks.begin(home, START)
        await create(store, push, "1", "ab")
        shown = await intend(store, push, StackStep.SHOW_FIRST, "1", ("ab", "ba"))
        await store.stacks.done(shown, "1")
        await store.stacks.undone((await store.stacks.changes(push.id))[1])
        assert await ours(store, home) == {"1": "ab"}


async def test_each_connection_has_its_own(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        other = (await save_connection(store, "you")).id
        push = await store.stacks.begin(home, START)
        await create(store, push, "1", "ab")
        await intend(store, push, StackStep.DELETE, "1", ("ab", ""))
        assert await ours(store, other) == {}
        assert await store.stacks.pending(other) == []
        assert await store.stacks.last(other) is None
        await store.stacks.forget(other, ["1"])
        assert await ours(store, home) == {"1": "ab"}


async def test_files_of_a_forgotten_stack_are_grouped_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        library = Library(store)
        home = (await library.connection()).id
        twin = (await library.files(await library.root(), ["a.jpg"]))["a.jpg"]
        names = {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}
        rows = await library.assets(home, names, stack_id="1", grouped=True)
        await library.change(rows["a"], twin_row=twin)
        await library.change(rows["c"], stack_id="2")
        await library.regroup()
        assert await _ungrouped(store) == set()
        await store.stacks.forget(home, ["1"])
        assert await _ungrouped(store) == {rows["a"], rows["b"], twin}
        assert await store.stacks.names(home, ["a", "z"]) == {"a": "a.jpg"}


async def _ungrouped(store: Store) -> set[int]:
    query = select(library_files.c.row).where(~library_files.c.grouped)
    async with store._database.read() as reader:
        return set(await reader.scalars(query))
