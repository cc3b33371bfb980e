"""Owners: each connection, mirror, run and account is one person's, or asked for by all."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_samples import START, open_store

from pentaprism.errors import NotFoundError
from pentaprism.store import (
    Account,
    AccountState,
    Connection,
    Consent,
    Counters,
    Mirror,
    RunStatus,
    Store,
)


async def connect(
    store: Store, owner: str, user: str, *, home: bool | None = None, name: str = "Home"
) -> Connection:
    return await store.connections.save(
        url="http://immich.test",
        api_key="key",
        user_id=user,
        user_name="Ada",
        user_email="ada@example.test",
        server_version="3.0.0",
        name=name,
        ca_file=None,
        owner_id=owner,
        home=home,
    )


async def mirror_of(store: Store, connection: Connection, place: str = "/photos") -> Mirror:
    return await store.mirrors.create(
        connection_id=connection.id,
        album_id="album",
        album_name="Holiday",
        kind="local_folder",
        place=place,
        options={},
    )


async def test_two_people_may_connect_as_the_same_user(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        own = await connect(store, "ada", "ada")
        guest = await connect(store, "bob", "ada", home=False)
        assert own.id != guest.id
        assert (await connect(store, "bob", "ada")).id == guest.id
        assert await store.connections.list("ada") == [own]
        assert [found.id for found in await store.connections.list()] == [guest.id, own.id]
        assert (await store.connections.default("ada")) == own
        assert await store.connections.default("nobody") is None


async def test_home_stays_unless_it_is_given(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        first = await connect(store, "ada", "ada")
        away = await connect(store, "ada", "ada-elsewhere", home=False)
        last = await connect(store, "bob", "bob")
        assert (first.home, away.home) == (True, False)
        assert not (await connect(store, "ada", "ada-elsewhere")).home
        assert await store.connections.homes() == [first, last]
        assert (await connect(store, "ada", "ada-elsewhere", home=True)).home
        assert len(await store.connections.homes()) == 3


async def test_a_connection_is_renamed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        made = await connect(store, "ada", "ada")
        assert (await store.connections.rename(made.id, "Attic")).name == "Attic"
        with pytest.raises(NotFoundError):
            await store.connections.rename("nothing", "Attic")


async def test_mirrors_and_runs_belong_to_the_owner_of_their_connection(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        ada = await mirror_of(store, await connect(store, "ada", "x"))
        bob = await mirror_of(store, await connect(store, "bob", "x"))
        run = await store.runs.start(bob.id)
        assert await store.mirrors.list("ada") == [ada]
        assert await store.mirrors.list() == [ada, bob]
        assert await store.mirrors.list("nobody") == []
        assert await store.mirrors.owner_of(bob.id) == await store.runs.owner_of(run.id) == "bob"
        with pytest.raises(NotFoundError, match="no mirror"):
            await store.mirrors.owner_of("nothing")
        with pytest.raises(NotFoundError, match="no run"):
            await store.runs.owner_of("nothing")


async def test_the_last_runs_and_the_figures_of_one_owner(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        home = await connect(store, "ada", "ada")
        one, two, idle = [await mirror_of(store, home, f"/{i}") for i in range(3)]
        theirs = await mirror_of(store, await connect(store, "bob", "bob"))
        _, old, _, new = [await store.runs.start(m.id) for m in (one, two, theirs, one)]
        new = await store.runs.finish(
            new.id, RunStatus.FAILED, Counters(uploaded=3, bytes=7), "Full.", code="disk_full"
        )
        assert await store.runs.last_of(owner_id="ada") == {one.id: new, two.id: old}
        assert await store.runs.last_of([one.id, idle.id]) == {one.id: new}
        assert await store.runs.last_of([theirs.id], owner_id="ada") == {}
        assert set(await store.runs.last_of()) == {one.id, two.id, theirs.id}
        assert await store.runs.last_of([]) == {}
        figures = await store.runs.days("ada", START)
        assert len(figures) == 3
        assert figures[-1] == (new.started_at, 3, 0, 7, RunStatus.FAILED, "disk_full")
        assert await store.runs.days("ada", new.started_at) == figures[-1:]


async def test_accounts_and_consents_know_their_owner(tmp_path: Path) -> None:
    def account(owner: str | None) -> Account:
        return Account(
            id="",
            owner_id=owner,
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

    async with open_store(tmp_path) as store:
        added = [await store.accounts.add(account(owner)) for owner in ("ada", "bob", None)]
        assert await store.accounts.list() == added
        assert await store.accounts.list("ada") == added[:1]
        with pytest.raises(NotFoundError, match="no account"):
            await store.accounts.get("nothing")
        consent = Consent(
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
            owner_id="ada",
        )
        await store.consents.add(consent)
        assert await store.consents.take("state", not_before=START) == consent
