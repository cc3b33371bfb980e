"""What is remembered of the database, and for how long."""

from __future__ import annotations

import asyncio
from pathlib import Path

from store_samples import make_mirror, open_store

from pentaprism.store import Remembered


async def test_the_version_is_another_one_after_each_change_by_whomever(tmp_path: Path) -> None:
    async with open_store(tmp_path) as one, open_store(tmp_path) as other:
        first = await one.version()
        assert await one.version() == first
        await one.mirrors.list()
        assert await one.version() == first
        await make_mirror(one)
        second = await one.version()
        assert second != first
        await other.program_settings.set("log_level", "DEBUG")
        assert await one.version() != second


async def test_what_is_remembered_is_made_again_only_after_a_change(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        made: list[str] = []

        async def names() -> tuple[str, ...]:
            made.append("")
            return tuple(mirror.place for mirror in await store.mirrors.list())

        remembered = Remembered[tuple[str, ...]](store.version)
        assert await remembered.get("me", names) == ()
        assert await remembered.get("me", names) == ()
        assert len(made) == 1
        await make_mirror(store, place="/1")
        assert await remembered.get("me", names) == ("/1",)
        assert len(made) == 2
        assert await remembered.get("you", names) == ("/1",)
        assert len(made) == 3


async def test_a_change_while_it_is_made_is_not_missed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        remembered = Remembered[int](store.version)

        async def slow() -> int:
            found = len(await store.mirrors.list())
            await make_mirror(store, place="/meanwhile")
            return found

        assert await remembered.get("me", slow) == 0

        async def quick() -> int:
            return len(await store.mirrors.list())

        assert await remembered.get("me", quick) == 1


async def test_only_so_much_is_remembered(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        remembered = Remembered[int](store.version, most=2)
        made: list[int] = []

        async def number(n: int) -> int:
            made.append(n)
            return n

        for n in (1, 2, 3, 3, 1):
            assert await remembered.get(n, lambda n=n: number(n)) == n  # type: ignore[misc]
        assert made == [1, 2, 3, 1]


async def test_readers_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await make_mirror(store)
        found = await asyncio.gather(*(store.mirrors.list() for _ in range(20)))
        assert all(len(mirrors) == 1 for mirrors in found)


async def test_a_reader_that_is_cancelled_leaves_the_store_in_order(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await make_mirror(store)
        for _ in range(20):
            reading = asyncio.create_task(store.mirrors.list())
            await asyncio.sleep(0)
            reading.cancel()
        assert len(await store.mirrors.list()) == 1
