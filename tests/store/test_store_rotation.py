"""Another key: everything is encrypted with it, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from people_samples import add_session, save_person
from store_samples import KEY, START, Clock, database_in, open_store, save_connection

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.store import Account, AccountState, Consent, Secrets, Store, generate_key
from pentaprism.store.key_file import key_file_of
from pentaprism.store.rotation import SECRETS
from pentaprism.store.tables import metadata

CHANGE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from test_store_rotation import open_with_file

async def main():
    async with open_with_file(Path(sys.argv[1])) as store:
        while True:
            await store.change_key()
            print("changed", flush=True)

asyncio.run(main())
"""
ACCOUNT = Account(
    id="",
    owner_id="user",
    name="Photos",
    subject=None,
    email=None,
    base_url=None,
    client_id="client",
    client_secret="secret",
    refresh_token="refresh",
    scopes=frozenset({"append"}),
    state=AccountState.CONNECTED,
    reason=None,
    token_expires_at=None,
    connected_at=START,
    created_at=START,
)
CONSENT = Consent(
    state="state",
    verifier="verifier",
    redirect_uri="http://127.0.0.1/",
    scopes=frozenset({"append"}),
    account_id=None,
    name=None,
    base_url=None,
    client_id="client",
    client_secret="secret",
    created_at=START,
)


@asynccontextmanager
async def open_with_file(folder: Path) -> AsyncIterator[Store]:
    """Open the store with the key of the file beside it."""
    path = database_in(folder)
    async with await Store.open(path, Secrets.load(None, path), clock=Clock()) as store:
        yield store


async def fill(store: Store) -> None:
    """Put something into every encrypted column."""
    await save_connection(store)
    await save_connection(store, user="other")
    await save_person(store)
    await save_person(store, "other")  # without addresses
    await store.people.set_notification_urls("user", ["ntfy://secret"])
    await add_session(store, b"digest")
    await store.accounts.add(ACCOUNT)
    await store.accounts.add(replace(ACCOUNT, refresh_token=None))
    await store.consents.add(CONSENT)


STORED = 9  # credentials that `fill` stores


async def check(store: Store) -> None:
    """Read everything that `fill` stored."""
    assert {found.api_key for found in await store.connections.list()} == {"key"}
    assert (await store.people.get("user")).notification_urls == ("ntfy://secret",)
    session = await store.sessions.get(b"digest")
    assert session is not None
    assert session.credential == "immich-token"
    accounts = await store.accounts.list()
    assert {(one.client_secret, one.refresh_token) for one in accounts} == {
        ("secret", "refresh"),
        ("secret", None),
    }


def keys_in(folder: Path) -> list[str]:
    return key_file_of(database_in(folder)).read_text(encoding="ascii").strip().split(",")


async def test_no_encrypted_column_is_forgotten(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await fill(store)
    encrypted = set()
    with closing(sqlite3.connect(database_in(tmp_path))) as connection:
        for table in metadata.tables.values():
            for column in table.c:
                query = f'SELECT "{column.name}" FROM "{table.name}"'
                if any(str(value).startswith("gAAAAA") for (value,) in connection.execute(query)):
                    encrypted.add(column)
    assert encrypted == set(SECRETS)
    named = {c for t in metadata.tables.values() for c in t.c if c.name.endswith("_token")}
    assert named == encrypted


async def test_a_new_key_of_the_setting_opens_all_alone(tmp_path: Path) -> None:
    new = generate_key()
    async with open_store(tmp_path) as store:
        await fill(store)
    async with open_store(tmp_path, key=f"{new},{KEY}") as store:
        assert await store.change_key() == (STORED, False)
    async with open_store(tmp_path, key=new) as store:
        await check(store)
        consent = await store.consents.take("state", not_before=START)
        assert consent == CONSENT
    assert not key_file_of(database_in(tmp_path)).exists()


async def test_one_key_in_the_setting_cannot_be_changed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await fill(store)
        with pytest.raises(InvalidError) as caught:
            await store.change_key()
        assert caught.value.code == "one_key"
        assert "key generate" in caught.value.hint
        assert await store.rotate() == STORED
        await check(store)


async def test_what_cannot_be_decrypted_leaves_all_as_it_was(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await save_connection(store)
    async with open_store(tmp_path, key=generate_key()) as store:
        await save_connection(store, user="other")
        with pytest.raises(ActionRequiredError) as caught:
            await store.rotate()
        assert caught.value.code == "secret_key"
    with closing(sqlite3.connect(database_in(tmp_path))) as connection:
        query = "SELECT api_key_token FROM connections WHERE user_id = 'user'"
        (token,) = connection.execute(query).fetchone()
    assert Secrets.load(KEY, database_in(tmp_path)).decrypt(token) == "key"


async def test_the_key_file_gets_a_new_key_and_keeps_the_one_before(tmp_path: Path) -> None:
    async with open_with_file(tmp_path) as store:
        await fill(store)
        (first,) = keys_in(tmp_path)
        assert await store.change_key() == (STORED, True)
        second, before = keys_in(tmp_path)
        assert before == first
        await store.change_key()
        third, before = keys_in(tmp_path)
        assert before == second
        await check(store)
    assert len({first, second, third}) == 3
    file = key_file_of(database_in(tmp_path))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {found.name for found in file.parent.iterdir()} == {
        "pentaprism.db",
        "pentaprism.db.key",
        "pentaprism.db-locks",
    }
    async with open_store(tmp_path, key=third) as store:
        await check(store)


async def test_a_key_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    file = key_file_of(database_in(tmp_path))
    file.parent.mkdir()
    elsewhere = tmp_path / "elsewhere.key"
    elsewhere.write_text(KEY, encoding="ascii")
    file.symlink_to(elsewhere)
    async with open_with_file(tmp_path) as store:
        await store.change_key()
    assert file.is_symlink()
    assert elsewhere.read_text(encoding="ascii").strip().endswith(f",{KEY}")


async def test_a_store_that_is_open_goes_on_whatever_changes(tmp_path: Path) -> None:
    async with open_with_file(tmp_path) as running:
        await fill(running)
        for _ in range(3):
            async with open_with_file(tmp_path) as other:
                await other.change_key()
        await check(running)
        async with open_with_file(tmp_path) as other:
            await other.change_key()
            await other.change_key()
        await save_connection(running, api_key="written")  # with the newest key, as the next shows
        async with open_store(tmp_path, key=keys_in(tmp_path)[0]) as newest:
            found = await newest.connections.default()
            assert found is not None
            assert found.api_key == "written"


async def test_the_new_key_is_in_the_file_before_anything_is_encrypted(tmp_path: Path) -> None:
    async with open_with_file(tmp_path) as store:
        await fill(store)
        (first,) = keys_in(tmp_path)
    path = database_in(tmp_path)
    Secrets.load(None, path).add_key()  # and here the process died
    assert keys_in(tmp_path)[1:] == [first]
    async with open_with_file(tmp_path) as store:
        await check(store)
        Secrets.load(None, path).add_key()
        await check(store)
        await store.change_key()
        await check(store)
        assert len(keys_in(tmp_path)) == 2


async def test_a_damaged_key_file_is_not_written_over(tmp_path: Path) -> None:
    async with open_with_file(tmp_path) as store:
        await fill(store)
        (first,) = keys_in(tmp_path)
        file = key_file_of(database_in(tmp_path))
        file.write_text("short", encoding="ascii")
        with pytest.raises(InvalidError):
            await store.change_key()
        assert file.read_text(encoding="ascii") == "short"
        await check(store)
        file.unlink()
        await store.change_key()  # with the key that is known here
        await check(store)
    assert keys_in(tmp_path)[1:] == [first]


async def test_changes_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    async with open_with_file(tmp_path) as one, open_with_file(tmp_path) as two:
        await fill(one)
        await asyncio.gather(*(store.change_key() for store in (one, two) * 5))
        await check(one)
    async with open_store(tmp_path, key=keys_in(tmp_path)[0]) as store:
        await check(store)


@pytest.mark.parametrize("seed", range(6))
def test_a_process_killed_while_it_changes_keys_loses_nothing(tmp_path: Path, seed: int) -> None:
    async def fill_it() -> None:
        async with open_with_file(tmp_path) as store:
            await fill(store)

    async def check_it() -> None:
        async with open_with_file(tmp_path) as store:
            await check(store)
            await store.change_key()
            await check(store)

    asyncio.run(fill_it())
    process = subprocess.Popen(
        [sys.executable, "-c", CHANGE_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "changed\n"
    time.sleep(random.Random(seed).random() / 20)  # to any point of one of the next
    process.send_signal(signal.SIGKILL)
    process.communicate()
    asyncio.run(check_it())
