"""What is remembered of accounts: their contents, their requests, and who may write."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert
from store_samples import START, open_store

from pentaprism.errors import ConflictError
from pentaprism.holdings import DayCount, Entry
from pentaprism.store import AccountState, Store
from pentaprism.store.locks import Locks
from pentaprism.store.tables import accounts

A, B, C = (bytes([n]) * 20 for n in range(3))
TODAY = date(2024, 5, 1)

HOLD = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(fd, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


async def add_account(store: Store, account_id: str) -> None:
    values = {
        "id": account_id, "name": account_id, "client_id": "client", "client_secret_token": "x",
        "scopes": "", "state": AccountState.CONNECTED, "connected_at": START, "created_at": START,
    }  # fmt: skip
    async with store.contents._database.write() as connection:
        await connection.execute(insert(accounts).values(**values))


async def test_a_content_is_uploaded_sent_and_created(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await add_account(store, "account")
        ledger = store.contents.of("account")
        assert await ledger.find([A, B]) == {}
        await ledger.uploaded([A, B], "token", START)
        assert await ledger.find([A]) == {A: Entry(A, "token", START)}
        await ledger.sending([A], "batch")
        assert (await ledger.find([A, B]))[A].sent_in == "batch"
        await ledger.created({A: "item", C: "other"})
        assert await ledger.find([A, B, C]) == {
            A: Entry(A, "token", START, None, "item"),
            B: Entry(B, "token", START),
            C: Entry(C, media_item_id="other"),
        }
        await ledger.uploaded([A], "second", START)
        assert (await ledger.find([A]))[A] == Entry(A, "second", START, None, "item")
        await ledger.forget([A])
        assert (await ledger.find([A]))[A] == Entry(A)


async def test_accounts_hold_apart_and_survive_the_process(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for name in ("one", "two"):
            await add_account(store, name)
        await store.contents.of("one").uploaded([A], "token", START)
    async with open_store(tmp_path) as store:
        assert await store.contents.of("two").find([A]) == {}
        assert await store.contents.of("one").find([A])


def test_a_token_shows_in_no_repr() -> None:
    assert "secret" not in repr(Entry(A, "secret"))


async def test_requests_are_counted_by_project_and_day(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        count = store.request_days.of_project("one")
        assert await count.of(TODAY) == DayCount(0)
        assert await count.add(TODAY, 10) == DayCount(10)
        assert await count.add(TODAY, -3) == DayCount(7)
        await asyncio.gather(*(count.add(TODAY, 1) for _ in range(20)))
        await count.exhaust(TODAY)
        assert await count.of(TODAY) == DayCount(27, exhausted=True)
        assert await count.add(TODAY, 1) == DayCount(28, exhausted=True)
        assert await count.of(date(2024, 5, 2)) == DayCount(0)
        assert await store.request_days.of_project("two").of(TODAY) == DayCount(0)


async def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    locks, others = Locks(tmp_path / "data.db"), Locks(tmp_path / "data.db")
    inside: list[int] = []
    most = 0

    async def use(locks: Locks, number: int) -> None:
        nonlocal most
        async with locks.hold("name"):
            inside.append(number)
            most = max(most, len(inside))
            await asyncio.sleep(0.002)
            inside.remove(number)

    await asyncio.gather(*(use(locks if n % 2 else others, n) for n in range(10)))
    assert most == 1
    async with locks.hold("name"), others.hold("other name"):
        pass


async def test_a_lock_that_is_held_can_be_refused(tmp_path: Path) -> None:
    locks, others = Locks(tmp_path / "data.db"), Locks(tmp_path / "data.db")
    refused = pytest.raises(ConflictError, match="busy")
    with locks.take("name", ConflictError("no", code="no")), refused:
        others.take("name", ConflictError("busy", code="locked")).__enter__()
    with others.take("name", ConflictError("busy", code="locked")):
        pass


async def test_the_end_of_a_process_releases_its_lock(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "data.db")
    with locks.take("name", ConflictError("busy", code="locked")):
        (file,) = (tmp_path / "data.db-locks").iterdir()
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=-1, stdout=-1) as holder:  # noqa: ASYNC220
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waiting = asyncio.create_task(hold_briefly(locks))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        holder.kill()
        await waiting


async def hold_briefly(locks: Locks) -> None:
    async with locks.hold("name"):
        pass
