"""Pages of items, runs and events: the right ones, in their order, each once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, select
from sqlalchemy.dialects import sqlite
from store_samples import START, make_mirror, new_item, open_store

from pentaprism.assets import Role
from pentaprism.store import (
    Counters,
    ItemState,
    Restated,
    Run,
    RunEvent,
    RunStatus,
    StartedBy,
    Store,
)
from pentaprism.store.item_counts import item_counts
from pentaprism.store.item_pages import Span, items_page
from pentaprism.store.tables import UNFINISHED, runs

STATES = st.sampled_from(list(ItemState))
ITEMS = st.tuples(st.sampled_from([Role.PRIMARY, Role.VIDEO]), STATES)


@settings(max_examples=15, deadline=None)
@given(
    made=st.lists(ITEMS, max_size=12),
    wanted=st.none() | st.sets(STATES),
    after=st.integers(0, 14),
    before=st.none() | st.integers(0, 14),
    limit=st.integers(1, 5),
    search=st.sampled_from([None, "", "1", "S", "%"]),
)
async def test_a_page_is_what_a_list_would_give(
    *,
    made: list[tuple[Role, ItemState]],
    wanted: set[ItemState] | None,
    after: int,
    before: int | None,
    limit: int,
    search: str | None,
) -> None:
    with TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as store:
            mirror, other = await make_mirror(store), await make_mirror(store, place="/other")
            new = [new_item(f"shot{i}", role) for i, (role, _) in enumerate(made)]
            await store.items.claim(other.id, new)
            claimed = await store.items.claim(mirror.id, new)
            await store.items.apply(
                [Restated(item.row, state) for item, (_, state) in zip(claimed, made, strict=True)]
            )
            offset = len(made)
            every = await store.items.page(mirror.id)
            assert [item.state for item in every] == [state for _, state in made]
            last = None if before is None else offset + before
            fit = [
                item
                for item in every
                if (wanted is None or item.state in wanted)
                and item.row > offset + after
                and (last is None or item.row < last)
                and (search or "").lower() in item.filename
            ]
            found = await store.items.page(
                mirror.id,
                states=wanted,
                after=offset + after,
                before=last,
                search=search,
                limit=limit,
            )
            assert found == (fit[:limit] if last is None else fit[-limit:])
            for counts, items in (
                (await store.items.count_all(mirror.id), every),
                (await store.items.count(mirror.id), [i for i in every if i.role is Role.PRIMARY]),
            ):
                states = [item.state for item in items]
                assert counts == {state: states.count(state) for state in set(states)}


async def test_items_are_found_by_a_part_of_their_names(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        names = ["IMG_1", "img%2", "x\0\udcff", "Éclair"]
        await store.items.claim(mirror.id, [new_item(name) for name in names])

        async def search(text: str) -> list[str]:
            states = [ItemState.PENDING]
            for given in (states, None):
                found = await store.items.page(mirror.id, search=text, states=given)
            return [item.shot_id for item in found]

        assert await search("iMg") == ["IMG_1", "img%2"]
        assert await search("G_") == ["IMG_1"]
        assert await search("%") == ["img%2"]
        assert await search("\0\udcff") == ["x\0\udcff"]
        assert await search("clAIR.j") == ["Éclair"]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        (item_counts("m"), {"not_ok", "companions", "mirror_id_row"}),
        (items_page("m", Span(0, None, 9), states=[ItemState.FAILED]), {"not_ok"}),
        (
            items_page("m", Span(0, 5, 9), states=[ItemState.FAILED, ItemState.PENDING]),
            {"not_ok"},
        ),
        (items_page("m", Span(5, None, 9), search="x"), {"mirror_id_row"}),
    ],
)
async def test_indexes_are_taken_for_items(
    tmp_path: Path, query: ClauseElement, indexes: set[str]
) -> None:
    plan = await plan_of(query, tmp_path)
    assert set(re.findall(r"ix_items_(\w+)", plan)) == indexes
    assert "SCAN items" not in plan


async def test_the_index_is_taken_for_runs_that_have_not_ended(tmp_path: Path) -> None:
    assert "ix_runs_unfinished" in await plan_of(select(runs).where(UNFINISHED), tmp_path)


async def plan_of(query: ClauseElement, folder: Path) -> str:
    """How the database would find what is asked for, as it says itself."""
    compiled = query.compile(dialect=sqlite.dialect())
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())  # type: ignore[attr-defined]
    async with open_store(folder) as store, store._database.write() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
        return "\n".join(str(row.detail) for row in rows)


async def make_runs(store: Store) -> list[Run]:
    """Five runs of two mirrors, the newest first."""
    one, two = await make_mirror(store, place="/1"), await make_mirror(store, place="/2")
    made = [await store.runs.start(mirror.id) for mirror in (one, two, one, one, two)]
    await store.runs.finish(made[0].id, RunStatus.OK, Counters())
    await store.runs.finish(made[1].id, RunStatus.WAITING, Counters(), "The quota.", code="quota")
    return [await store.runs.get(run.id) for run in reversed(made)]


async def test_runs_by_page(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        made = await make_runs(store)
        async with store._database.write() as connection:  # two that began at the same moment
            await connection.exec_driver_sql(
                "UPDATE runs SET started_at = (SELECT min(started_at) FROM runs)"
            )
        made = sorted(await store.runs.page(), key=lambda run: run.id)
        found: list[Run] = []
        before = None
        while page := await store.runs.page(before=before, limit=2):
            found += page
            before = (page[-1].started_at, page[-1].id)
        assert found == made


async def test_runs_are_narrowed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        made = await make_runs(store)
        assert await store.runs.page(owner_id="user") == made
        assert await store.runs.page(owner_id="nobody") == []
        mine = [run for run in made if run.mirror_id == made[0].mirror_id]
        assert await store.runs.page(mirror_id=made[0].mirror_id, owner_id="user") == mine
        assert await store.runs.page(statuses={RunStatus.OK, RunStatus.WAITING}) == made[3:]
        assert await store.runs.page(before=(made[1].started_at, made[1].id)) == made[2:]
        assert await store.runs.unfinished() == made[:-1][::-1]


async def test_what_a_run_says_of_itself(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        run = await store.runs.start(mirror.id, StartedBy.SCHEDULE, expected=7)
        assert (run.started_by, run.expected, run.code) == (StartedBy.SCHEDULE, 7, None)
        await store.runs.progress(run.id, Counters(total=1))
        assert (await store.runs.get(run.id)).expected == 7
        await store.runs.progress(run.id, Counters(total=2), expected=9)
        waiting = await store.runs.finish(
            run.id, RunStatus.WAITING, Counters(total=2), "The quota.", code="quota"
        )
        assert (waiting.expected, waiting.code) == (9, "quota")
        taken = await store.runs.take_up(run.id)
        assert (taken.code, taken.reason) == (None, None)


EVENTS = [
    RunEvent("uploaded", "info", "IMG_1 is there.", START, filename="IMG_1.jpg"),
    RunEvent("failed", "error", "It is 100% full.", START + timedelta(1), filename="a_b.jpg"),
    RunEvent("skipped", "info", "Nothing to do.", START, filename=None),
    RunEvent("failed", "error", "Ärger", START, filename="aXb\udcff.JPG"),
    RunEvent("held", "warning", "Held.", START),
]


async def test_events_by_page(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        run, other = await store.runs.start(mirror.id), await store.runs.start(mirror.id)
        await store.runs.record(run.id, EVENTS)
        await store.runs.record(other.id, EVENTS)
        newest = await store.runs.event_page(run.id)
        assert newest == EVENTS[::-1]
        rows = [event.row for event in newest]
        assert await store.runs.event_page(run.id, limit=2) == newest[:2]
        assert await store.runs.event_page(run.id, before=rows[1], limit=2) == newest[2:4]
        assert await store.runs.event_page(run.id, after=rows[3], limit=2) == newest[1:3]
        assert await store.runs.event_page(run.id, after=rows[3], before=rows[1]) == [newest[2]]


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"levels": ["error", "warning"]}, [1, 3, 4]),
        ({"levels": []}, []),
        ({"codes": {"failed"}}, [1, 3]),
        ({"search": "img_"}, [0]),
        ({"search": "a_b"}, [1]),
        ({"search": "%"}, [1]),
        ({"search": "b\udcff.jpg"}, [3]),
        ({"search": "HELD"}, [4]),
        ({"search": "", "codes": {"failed"}, "levels": {"info"}}, []),
    ],
)
async def test_events_are_narrowed(
    tmp_path: Path, narrowed: dict[str, str], numbers: list[int]
) -> None:
    filters: dict[str, object] = dict(narrowed)
    async with open_store(tmp_path) as store:
        run = await store.runs.start((await make_mirror(store)).id)
        await store.runs.record(run.id, EVENTS)
        found = await store.runs.event_page(run.id, **filters)  # type: ignore[arg-type]
        assert found == [EVENTS[number] for number in reversed(numbers)]
        assert await store.runs.count_events(run.id, **filters) == len(numbers)  # type: ignore[arg-type]
