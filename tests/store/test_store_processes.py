"""Several processes at one database, and some that die."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from store_samples import database_in, make_mirror, new_item, open_store, put, save_connection

from pentaprism.errors import ActionRequiredError
from pentaprism.store import Counters, ItemState
from pentaprism.store.database import Database

GROUP = 20
COMMON = """
import asyncio, sys
from pathlib import Path
from pentaprism.store import Counters
from store_samples import make_mirror, new_item, open_store, put

async def claim(store, mirror_id, number):
    new = [new_item(f"{number}-{i}") for i in range(20)]
    return await store.items.claim(mirror_id, new)
"""
PUT_FOR_EVER = (
    COMMON
    + """
async def main():
    async with open_store(Path(sys.argv[1])) as store:
        mirror = await make_mirror(store)
        run = await store.runs.start(mirror.id)
        number = 0
        while True:
            claimed = await claim(store, mirror.id, number)
            number += 1
            counters = Counters(uploaded=20 * number)
            await store.write([put(item) for item in claimed], run.id, counters)
            print(number, flush=True)

asyncio.run(main())
"""
)
PUT_FIFTY = (
    COMMON
    + """
async def main():
    async with open_store(Path(sys.argv[1])) as store:
        mirror = await store.mirrors.resolve(sys.argv[2])
        run = await store.runs.start(mirror.id)
        for number in range(50):
            claimed = await claim(store, mirror.id, number)
            counters = Counters(uploaded=20 * (number + 1))
            await store.write([put(item) for item in claimed], run.id, counters)

asyncio.run(main())
"""
)


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("seed", range(6))
async def test_a_killed_process_leaves_whole_groups_and_all_it_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    process = start(PUT_FOR_EVER, str(tmp_path))
    assert process.stdout is not None
    chance = random.Random(seed)
    lines = [process.stdout.readline() for _ in range(chance.randrange(1, 30))]
    await asyncio.sleep(chance.random() / 50)  # to any point of the next group
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.readlines()
    acknowledged = int(lines[-1])
    process.wait()
    process.stdout.close()

    async with open_store(tmp_path) as store:
        (run,) = await store.runs.interrupted()
        count = await store.items.count(run.mirror_id)
        assert count[ItemState.OK] == run.counters.uploaded
        assert count[ItemState.OK] % GROUP == 0
        assert count[ItemState.OK] >= acknowledged * GROUP > 0
        assert count.get(ItemState.PENDING, 0) in {0, GROUP}
        async for page in store.items.pages(run.mirror_id):
            assert all((item.sha1 is not None) == (item.state is ItemState.OK) for item in page)


async def test_two_processes_write_at_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirrors = [await make_mirror(store, place=f"/{i}") for i in range(2)]
        started = [start(PUT_FIFTY, str(tmp_path), mirror.id) for mirror in mirrors]
        ours = await make_mirror(store, place="/ours")
        for i in range(50):
            await store.items.claim(ours.id, [new_item(f"{i}")])
        for process in started:
            process.communicate()
            assert process.returncode == 0
        for mirror in mirrors:
            assert await store.items.count(mirror.id) == {ItemState.OK: 1000}
            (run,) = await store.runs.interrupted(mirror.id)
            assert run.counters.uploaded == 1000
        assert await store.items.count(ours.id) == {ItemState.PENDING: 50}


async def test_a_transaction_keeps_others_out_from_its_beginning(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    database = await Database.open(database_in(tmp_path), patience=5)
    other = sqlite3.connect(database_in(tmp_path), isolation_level=None, timeout=0)
    async with database.write() as connection:
        await connection.exec_driver_sql("SELECT 1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()
    await database.close()


async def test_tasks_that_write_and_read_at_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)

        async def claim_and_put(number: int) -> None:
            claimed = await store.items.claim(mirror.id, [new_item(f"{number}")])
            await store.items.apply([put(claimed[0])])
            (found,) = (await store.items.of_shots(mirror.id, [f"{number}"]))[f"{number}"]
            assert found.state is ItemState.OK

        await asyncio.gather(*map(claim_and_put, range(60)))
        assert await store.items.count(mirror.id) == {ItemState.OK: 60}


async def test_a_cancelled_write_holds_up_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path, patience=5) as store:
        mirror = await make_mirror(store)
        run = await store.runs.start(mirror.id)
        for number in range(40):
            new = [new_item(f"{number}-{i}") for i in range(5)]
            task = asyncio.create_task(store.items.claim(mirror.id, new))
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await store.runs.progress(run.id, Counters(total=1))
        async with open_store(tmp_path, patience=5) as other:
            await save_connection(other, user="other")
        rows = await store.items.page(mirror.id, limit=1000)
        assert len(rows) % 5 == 0


async def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        first = await store.items.claim(mirror.id, [new_item("first")])
        async with store._database.write() as connection:
            # SQLite then answers as it does when the disk is full, for this connection.
            await connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(ActionRequiredError) as caught:
            await store.items.claim(mirror.id, [new_item(f"{i}") for i in range(2000)])
        assert caught.value.code == "disk_full"
        assert await store.items.page(mirror.id) == first
        await store.items.apply([put(first[0])])
    async with open_store(tmp_path) as store:
        assert await store.items.count(mirror.id) == {ItemState.OK: 1}


async def test_a_database_that_another_program_holds(tmp_path: Path) -> None:
    async with open_store(tmp_path, patience=0.1) as store:
        mirror = await make_mirror(store)
        other = sqlite3.connect(database_in(tmp_path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert await store.mirrors.list() == [mirror]
        with pytest.raises(ActionRequiredError) as caught:
            await store.mirrors.update(mirror.id, paused=True)
        assert caught.value.code == "database_locked"
        other.close()
        assert (await store.mirrors.update(mirror.id, paused=True)).paused
