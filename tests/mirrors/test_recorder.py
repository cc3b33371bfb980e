"""The writer of a run: what it says was written is in the database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from pentaprism.errors import ActionRequiredError
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.recorder import GROUP_SIZE, Recorder
from pentaprism.mirrors.tally import Tally
from pentaprism.store import Store
from pentaprism.store.records import Run
from pentaprism.store.secrets import Secrets

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
DONE = Outcome(
    events=[event(Code.ALBUM_RENAMED, name="b", before="a", here="x")], counts=Tally(uploaded=1)
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "data.db"
    async with await Store.open(path, Secrets.load(KEY, path)) as opened:
        yield opened


@pytest.fixture
async def run(store: Store) -> Run:
    connection = await store.connections.save(
        url="http://immich.test",
        api_key="key",
        user_id="user",
        user_name="Ada",
        user_email="ada@example.test",
        server_version="3.1.0",
        name="Home",
        ca_file=None,
    )
    mirror = await store.mirrors.create(
        connection_id=connection.id,
        album_id="album",
        album_name="Holiday",
        kind="local_folder",
        place="/photos",
        options={},
    )
    return await store.runs.start(mirror.id)


async def test_everything_is_written_when_the_recorder_closes(store: Store, run: Run) -> None:
    tally = Tally()
    async with Recorder(store, run.id, tally) as recorder:
        for _ in range(2 * GROUP_SIZE + 7):
            await recorder.add(DONE)
    assert tally.uploaded == 2 * GROUP_SIZE + 7
    assert (await store.runs.get(run.id)).counters == tally.counters()
    assert len(await store.runs.events(run.id)) == tally.uploaded


async def test_what_is_counted_is_in_the_database(store: Store, run: Run) -> None:
    tally = Tally()
    async with Recorder(store, run.id, tally) as recorder:
        await recorder.add(DONE)
        while not tally.uploaded:  # noqa: ASYNC110 - the recorder has no event for tests
            await asyncio.sleep(0.01)
        assert (await store.runs.get(run.id)).counters.uploaded == 1
        assert len(await store.runs.events(run.id)) == 1


async def test_nothing_to_record_is_fine(store: Store, run: Run) -> None:
    async with Recorder(store, run.id, Tally()):
        pass
    assert await store.runs.events(run.id) == []


async def test_a_store_that_fails_surfaces_and_nobody_waits(
    store: Store, run: Run, tmp_path: Path
) -> None:
    tally = Tally()
    with closing(sqlite3.connect(tmp_path / "data.db")) as database:
        database.execute("DROP TABLE run_events")
    added = 0

    async def record_all() -> None:
        nonlocal added
        async with Recorder(store, run.id, tally) as recorder:
            while added < 100 * GROUP_SIZE:
                await recorder.add(DONE)
                added += 1

    with pytest.raises(ActionRequiredError) as caught:
        await record_all()
    assert caught.value.code == "database_failed"
    assert added < 100 * GROUP_SIZE
    assert tally.uploaded == 0
    assert (await store.runs.get(run.id)).counters.uploaded == 0


async def test_a_store_that_fails_at_the_end_surfaces_too(
    store: Store, run: Run, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data.db")) as database:
        database.execute("DROP TABLE run_events")
    with pytest.raises(ActionRequiredError):
        async with Recorder(store, run.id, Tally()) as recorder:
            await recorder.add(DONE)


async def test_an_error_of_the_work_is_passed_on_and_what_was_done_is_written(
    store: Store, run: Run
) -> None:
    async def fail() -> None:
        async with Recorder(store, run.id, Tally()) as recorder:
            await recorder.add(DONE)
            raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        await fail()
    assert (await store.runs.get(run.id)).counters.uploaded == 1
