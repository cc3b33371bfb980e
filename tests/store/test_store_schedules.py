"""Schedules: a run that is due is taken once, whoever looks."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from store_samples import START, make_mirror, open_store

CLAIM = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from store_samples import START, open_store

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        sys.stdin.readline()
        won = 0
        for hour in range(50):
            seen = START + timedelta(hours=hour)
            won += await store.mirrors.claim(sys.argv[2], seen, seen + timedelta(hours=1))
            while (await store.mirrors.get(sys.argv[2])).next_run_at == seen:
                await asyncio.sleep(0)
        print(won)

asyncio.run(main())
"""
HOUR = timedelta(hours=1)


def start(folder: Path, mirror_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(folder), mirror_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


async def test_a_schedule_comes_back_as_it_was(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        assert (mirror.schedule, mirror.next_run_at) == (None, None)
        schedule = {"cron": "0 3 * * *", "jitter": 60}
        changed = await store.mirrors.update(mirror.id, schedule=schedule, next_run_at=START)
        assert (changed.schedule, changed.next_run_at) == (schedule, START)
        changed = await store.mirrors.update(mirror.id, schedule=None, next_run_at=None)
        assert changed == mirror
        await store.mirrors.update(mirror.id, schedule=None)
        async with store._database.write() as connection:
            found = await connection.exec_driver_sql("SELECT schedule IS NULL FROM mirrors")
            assert found.scalar() == 1


async def test_what_is_due_comes_in_its_order_without_what_is_paused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert await store.mirrors.next_due() is None
        mirrors = [await make_mirror(store, place=f"/{i}") for i in range(5)]
        for mirror, hours in zip(mirrors[:4], (2, 1, 0, 9), strict=True):
            await store.mirrors.update(mirror.id, next_run_at=START + hours * HOUR)
        await store.mirrors.update(mirrors[2].id, paused=True)
        due = await store.mirrors.due(START + 2 * HOUR)
        assert [mirror.place for mirror in due] == ["/1", "/0"]
        assert await store.mirrors.next_due() == START + HOUR
        assert await store.mirrors.due(START + HOUR - timedelta(microseconds=1)) == []


async def test_a_claim_fails_when_anything_changed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        assert not await store.mirrors.claim(mirror.id, START, None)
        await store.mirrors.update(mirror.id, next_run_at=START, paused=True)
        assert not await store.mirrors.claim(mirror.id, START, None)
        await store.mirrors.update(mirror.id, paused=False)
        assert not await store.mirrors.claim(mirror.id, START + HOUR, None)
        assert not await store.mirrors.claim("nothing", START, None)
        with pytest.raises(ValueError, match="another time"):
            await store.mirrors.claim(mirror.id, START, START)
        assert await store.mirrors.claim(mirror.id, START, None)
        assert (await store.mirrors.get(mirror.id)).next_run_at is None


async def test_of_many_tasks_one_claims(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, open_store(tmp_path) as other:
        mirror = await make_mirror(store)
        await store.mirrors.update(mirror.id, next_run_at=START)
        claims = [s.mirrors.claim(mirror.id, START, START + HOUR) for s in (store, other) * 20]
        assert sorted(await asyncio.gather(*claims)) == [False] * 39 + [True]


async def test_of_several_processes_one_claims_each_time(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        await store.mirrors.update(mirror.id, next_run_at=START)
    started = [start(tmp_path, mirror.id) for _ in range(3)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate()[0]) for process in started) == 50
