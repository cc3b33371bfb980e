"""The journal of decisions: pages, what is under way, steps, and stacks that get new ids."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from store_samples import open_store, save_connection

from pentaprism.errors import NotFoundError
from pentaprism.store import Store
from pentaprism.store.journal_records import (
    DecisionKind,
    LineState,
    PlannedStep,
    Resolution,
    ResolutionState,
    Review,
    StepKind,
)

STEPS = (
    PlannedStep(StepKind.ALBUM, "k", "album", "Holiday \0", False, True),
    PlannedStep(StepKind.METADATA, "k", None, None, {"place": None}, {"place": [47.1, 8.5]}),
    PlannedStep(StepKind.UNSTACK, None, "old", None, ["a", "l"], []),
    PlannedStep(StepKind.STACK, None, None, None, [], ["a", "k"]),
    PlannedStep(StepKind.TRASH, None, None, None, [], ["l"]),
)


async def begin(
    store: Store, review: Review, connection_id: str | None = None, keeper: str | None = "k"
) -> Resolution:
    return await store.journal.begin(
        review,
        DecisionKind.KEEP,
        {"group_id": "g", "keeper": {"files": []}},
        connection_id=connection_id,
        keeper_asset_id=keeper,
        steps=STEPS,
    )


async def test_all_steps_are_there_before_the_first_is_asked_for(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        review = await store.journal.begin_review("ada", "one by one")
        made = await begin(store, review, home)
    async with open_store(tmp_path) as store:
        assert await store.journal.get(made.id) == made
        assert made.state is ResolutionState.INTENDED
        steps = await store.journal.steps(made.id)
        assert [(s.kind, s.name, s.before, s.after) for s in steps] == [
            (s.kind, s.name, s.before, s.after) for s in STEPS
        ]
        assert {step.state for step in steps} == {LineState.PLANNED}
        assert await store.journal.review(review.id) == review


async def test_pages_begin_with_the_newest_and_are_of_one_person(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mine, theirs = [await store.journal.begin_review(who) for who in ("ada", "bob")]
        every = [await begin(store, mine) for _ in range(5)]
        await begin(store, theirs)
        rows = [one.row for one in reversed(every)]
        first = await store.journal.page("ada", limit=2)
        rest = await store.journal.page("ada", after=first[-1].row)
        assert [one.row for one in (*first, *rest)] == rows
        assert await store.journal.page("ada", review_id=theirs.id) == []
        assert [one.row for one in await store.journal.of_review(mine.id)] == rows
        assert [one.id for one in await store.journal.reviews("ada")] == [mine.id]
        assert await store.journal.reviews("ada", after=mine.id) == []


async def test_under_way_is_what_has_no_end(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        review = await store.journal.begin_review("ada")
        for state in ResolutionState:
            made = await begin(store, review, home)
            ended = await store.journal.set_state(made, state, "Why.")
            assert ended == await store.journal.get(made.id)
            assert (ended.ended_at is None) == (ended in await store.journal.under_way())
        alone = await begin(store, review, None)
        found = await store.journal.under_way(connection_id=home)
        assert [one.state for one in found] == [
            ResolutionState.INTENDED,
            ResolutionState.ROLLING_BACK,
            ResolutionState.UNDOING,
        ]
        assert await store.journal.under_way(owner_id="ada") == [*found, alone]
        assert await store.journal.under_way(owner_id="bob") == []


async def test_a_stack_that_is_made_again_is_known_by_its_new_id_everywhere(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        review = await store.journal.begin_review("ada")
        one, two = await begin(store, review), await begin(store, review)
        album, _, unstack, stack, _ = await store.journal.steps(one.id)
        await store.journal.set_step(stack, LineState.DONE, target="new")
        await store.journal.set_step(unstack, LineState.UNDONE, target="newer")
        await store.journal.set_step(album, LineState.KEPT, error="Changed.")
        targets = [[s.target for s in await store.journal.steps(r.id)] for r in (one, two)]
        assert targets == [
            ["album", None, "newer", "new", None],
            ["album", None, "newer", None, None],
        ]
        kept = (await store.journal.steps(one.id))[0]
        assert (kept.state, kept.error) == (LineState.KEPT, "Changed.")


async def test_later_decisions_that_stand_are_found_by_what_they_merged_into(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        review = await store.journal.begin_review("ada")
        one, other = await begin(store, review, home), await begin(store, review, home, "x")
        two = await begin(store, review, home)
        assert await store.journal.later(one) is None
        two = await store.journal.set_state(two, ResolutionState.PARTLY)
        assert await store.journal.later(one) == two
        assert await store.journal.later(other) is None
        await store.journal.set_state(two, ResolutionState.UNDONE)
        assert await store.journal.later(one) is None


async def test_reviews_end_once_and_what_is_not_there_is_said(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        review = await store.journal.begin_review("ada")
        await store.journal.end_review(review.id)
        await store.journal.review_undone(review.id)
        ended = await store.journal.review(review.id)
        assert ended.ended_at is not None
        assert ended.undone_at is not None
        open_one = await store.journal.begin_review("ada")
        await store.journal.end_reviews(before=open_one.started_at)
        assert await store.journal.review(open_one.id) == open_one
        await store.journal.end_reviews(before=open_one.started_at + timedelta(seconds=1))
        assert (await store.journal.review(open_one.id)).ended_at is not None
        for ask in (store.journal.get, store.journal.review):
            with pytest.raises(NotFoundError):
                await ask("nothing")


async def test_the_journal_outlives_its_connection(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = (await save_connection(store)).id
        made = await begin(store, await store.journal.begin_review("ada"), home)
        await store.connections.delete(home)
        assert (await store.journal.get(made.id)).connection_id is None
        assert len(await store.journal.steps(made.id)) == len(STEPS)
