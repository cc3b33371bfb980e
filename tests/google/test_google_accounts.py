"""Connecting Google accounts: what is asked for, what comes back, what can be wrong with it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from google_world import REDIRECT, GoogleWorld, consent

from pentaprism.accounts import expiry_warning
from pentaprism.errors import (
    ActionRequiredError,
    InvalidError,
    NotFoundError,
    RetryableError,
    WaitingError,
)
from pentaprism.store.records import Account, AccountState

APPEND = "https://www.googleapis.com/auth/photoslibrary.appendonly"


async def begin(world: GoogleWorld, *, removals: bool = False) -> str:
    async with world.app() as (app, _):
        return (await app.accounts.start(REDIRECT, removals=removals)).authorize_url


async def finish(world: GoogleWorld, answer: str) -> Account:
    async with world.app() as (app, _):
        return await app.accounts.finish(answer)


async def test_no_more_is_asked_for_than_adding(world: GoogleWorld) -> None:
    query = parse_qs(urlsplit(await begin(world)).query)
    assert query["scope"][0].split() == [APPEND, "email", "openid"]
    assert query["access_type"] == ["offline"]
    assert query["prompt"] == ["consent"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) >= 32
    more = parse_qs(urlsplit(await begin(world, removals=True)).query)["scope"][0]
    assert "readonly.appcreateddata" in more
    assert "edit.appcreateddata" in more


async def test_an_account_is_named_by_its_address_and_its_secrets_are_nowhere(
    world: GoogleWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    account = await world.connect()
    assert (account.name, account.email) == ("alice@example.com",) * 2
    assert account.scopes == {"appendonly"}
    assert account.refresh_token is not None
    files = b"".join(f.read_bytes() for f in world.home.iterdir() if f.is_file())
    for secret in (account.refresh_token, account.client_secret):
        assert secret.encode() not in files
        assert secret not in caplog.text
        assert secret not in repr(account)


async def test_a_declined_consent_connects_nothing(world: GoogleWorld) -> None:
    world.google.settings.decline = True
    answer = await consent(await begin(world))
    with pytest.raises(InvalidError) as caught:
        await finish(world, answer)
    assert caught.value.code == "declined"


async def test_a_box_left_unticked_is_told(world: GoogleWorld) -> None:
    world.google.settings.grant_scopes = ("email", "openid")
    answer = await consent(await begin(world))
    with pytest.raises(ActionRequiredError) as caught:
        await finish(world, answer)
    assert caught.value.code == "scope"
    assert "ticked" in caught.value.hint


async def test_without_its_identity_an_account_works_all_the_same(world: GoogleWorld) -> None:
    world.google.settings.grant_scopes = ("photoslibrary.appendonly", "appendonly")
    account = await finish(world, await consent(await begin(world)))
    assert (account.name, account.email, account.subject) == ("Google account 1", None, None)
    world.google.state.grants.revoke_all()
    async with world.app() as (app, _):
        access = await app.accounts.access(account)
        with pytest.raises(WaitingError):
            await access.tokens.access_token()
    # the only one that waits is the one that is meant
    again = await finish(world, await consent(await begin(world)))
    assert again.id == account.id


async def test_a_wrong_secret_says_where_to_look(world: GoogleWorld) -> None:
    world.client_secret = "another"
    answer = await consent(await begin(world))
    with pytest.raises(ActionRequiredError) as caught:
        await finish(world, answer)
    assert caught.value.code == "client"
    assert "GOOGLE_CLIENT_SECRET" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"client_id": "unknown"}, "invalid_client"),
        ({"redirect_uri": "http://192.168.1.10:8080/callback"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "https://elsewhere.example/callback"}, "redirect_uri_mismatch"),
    ],
)
async def test_google_shows_a_page_and_leads_nowhere(
    world: GoogleWorld, change: dict[str, str], says: str
) -> None:
    there = urlsplit(await begin(world))
    query = {name: values[0] for name, values in parse_qs(there.query).items()} | change
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.google.url}{there.path}", params=query) as response,
    ):
        assert response.status == 400
        assert says in await response.text()


async def test_another_redirect_at_the_exchange_names_the_one_to_register(
    world: GoogleWorld,
) -> None:
    answer = await consent(await begin(world))
    async with world.app() as (app, _):
        state = parse_qs(urlsplit(answer).query)["state"][0]
        asked = await app.store.consents.take(state, not_before=world.now - timedelta(hours=1))
        assert asked is not None
        other = replace(asked, redirect_uri="http://localhost:2/elsewhere")
        await app.store.consents.add(other)
    with pytest.raises(ActionRequiredError) as caught:
        await finish(world, answer)
    assert caught.value.code == "redirect_mismatch"
    assert "http://localhost:2/elsewhere" in caught.value.hint


async def test_an_answer_counts_once_and_for_an_hour(world: GoogleWorld) -> None:
    answer = await consent(await begin(world))
    await finish(world, answer)
    with pytest.raises(InvalidError) as caught:
        await finish(world, answer)
    assert caught.value.code == "consent_expired"
    late = await consent(await begin(world))
    world.pass_time(hours=2)
    with pytest.raises(InvalidError) as caught:
        await finish(world, late)
    assert caught.value.code == "consent_expired"


async def test_a_code_that_was_used_elsewhere_is_refused(world: GoogleWorld) -> None:
    answer = await consent(await begin(world))
    code = parse_qs(urlsplit(answer).query)["code"][0]
    world.google.state.grants.by_code(code).code_used = True
    with pytest.raises(InvalidError) as caught:
        await finish(world, answer)
    assert caught.value.code == "consent_expired"


@pytest.mark.parametrize(
    "answer",
    ["", "nonsense", "http://localhost:1/", "http://localhost:1/?state=x", "?code=y", "\0\ud800"],
)
async def test_nonsense_is_not_an_answer(world: GoogleWorld, answer: str) -> None:
    with pytest.raises(InvalidError) as caught:
        await finish(world, answer)
    assert caught.value.code in {"answer", "consent_expired"}


async def test_the_query_alone_is_enough(world: GoogleWorld) -> None:
    answer = urlsplit(await consent(await begin(world))).query
    assert (await finish(world, answer)).state is AccountState.CONNECTED


async def test_the_same_person_is_the_same_account_and_another_is_another(
    world: GoogleWorld,
) -> None:
    first = await world.connect()
    world.pass_time(seconds=1)
    again = await world.connect()
    bob = await world.connect(email="bob@example.com")
    assert again.id == first.id != bob.id
    async with world.app() as (app, _):
        assert [one.name for one in await app.accounts.list()] == [
            "alice@example.com",
            "bob@example.com",
        ]
        assert (await app.accounts.find("BOB@example.com")).id == bob.id
        assert (await app.accounts.find(bob.id[:6])).id == bob.id
        with pytest.raises(NotFoundError):
            await app.accounts.find("carol")


async def test_the_wrong_account_is_not_connected_in_anothers_place(world: GoogleWorld) -> None:
    alice = await world.connect()
    with pytest.raises(InvalidError) as caught:
        await world.connect(email="bob@example.com", account=alice.id)
    assert caught.value.code == "other_account"
    async with world.app() as (app, _):
        assert await app.accounts.list() == [alice]


async def test_a_reconnect_asks_again_for_what_was_granted(world: GoogleWorld) -> None:
    account = await world.connect(removals=True)
    again = await world.connect(account=account.id)
    assert again.scopes == {
        "appendonly",
        "edit.appcreateddata",
        "readonly.appcreateddata",
    }


async def test_many_wait_for_one_refresh(world: GoogleWorld) -> None:
    account = await world.connect()
    async with world.app() as (app, _):
        tokens = (await app.accounts.access(account)).tokens
        grant = world.google.state.grants.by_refresh_token(account.refresh_token or "")
        before = len(grant.access_tokens)
        got = await asyncio.gather(*(tokens.access_token() for _ in range(50)))
        assert len(set(got)) == 1
        renewed = await asyncio.gather(*(tokens.renew(got[0]) for _ in range(50)))
        assert len(set(renewed)) == 1
        assert renewed[0] != got[0]
        world.pass_time(minutes=59, seconds=30)
        assert await tokens.access_token() != renewed[0]
        assert len(grant.access_tokens) == before + 3


async def test_a_right_that_another_process_got_is_used(world: GoogleWorld) -> None:
    account = await world.connect()
    async with world.app() as (app, _):
        tokens = (await app.accounts.access(account)).tokens
        world.google.state.grants.revoke_all()
        await world.connect()
        assert await tokens.access_token()
        assert (await app.accounts.find("")).state is AccountState.CONNECTED


async def test_a_sign_in_in_testing_is_told_with_its_date(world: GoogleWorld) -> None:
    world.google.settings.testing = True
    account = await world.connect()
    assert account.token_expires_at is not None
    days = (account.token_expires_at - world.now) / timedelta(days=1)
    assert 6.9 < days < 7.1
    warning = expiry_warning(account, world.now)
    assert warning is not None
    assert "Publish" in warning
    world.add("a.jpg")
    assert (await world.mirror()).of("sign_in_ends")
    world.pass_time(days=8)
    world.add("b.jpg")
    done = await world.mirror()
    assert isinstance(done.stopped, WaitingError)
    assert done.stopped.code == "reconnect"


async def test_disconnecting_revokes_at_google(world: GoogleWorld) -> None:
    account = await world.connect()
    world.add("a.jpg")
    await world.mirror()
    async with world.app() as (app, _):
        done = await app.accounts.disconnect(account)
        assert (done.state, done.refresh_token) == (AccountState.DISCONNECTED, None)
    assert world.google.state.grants.revoke(account.refresh_token or "") is False
    world.add("b.jpg")
    stopped = (await world.mirror()).stopped
    assert isinstance(stopped, WaitingError)
    again = await world.connect()
    assert again.id == account.id
    done_again = await world.mirror()
    assert (done_again.counters.uploaded, world.doubled()) == (1, {})


async def test_a_google_that_is_away_is_told(world: GoogleWorld) -> None:
    account = await world.connect()
    answer = await consent(await begin(world))
    await world.google.stop()
    with pytest.raises(RetryableError) as caught:
        await finish(world, answer)
    assert caught.value.code == "unreachable"
    async with world.app() as (app, _):
        with pytest.raises(RetryableError):
            await app.accounts.disconnect(account)
        assert (await app.accounts.find("")).state is AccountState.CONNECTED
        forced = await app.accounts.disconnect(account, force=True)
        assert forced.state is AccountState.DISCONNECTED


async def test_an_api_that_is_not_enabled_says_how_to(world: GoogleWorld) -> None:
    await world.connect()
    world.add("a.jpg")
    world.google.settings.api_enabled = False
    stopped = (await world.mirror()).stopped
    assert isinstance(stopped, ActionRequiredError)
    assert stopped.code == "api_disabled"
    assert re.search(r"https://console\S+photoslibrary", stopped.hint)


async def test_the_consent_page_can_be_clicked(world: GoogleWorld) -> None:
    world.google._consent = False
    await world.google.stop()
    world.google.port = 0
    async with world.google:
        url = await begin(world)
        async with aiohttp.ClientSession() as session:
            page = await (await session.get(url)).text()
            assert 'name="answer" value="allow"' in page
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page))
            fields = {n: v.replace("&amp;", "&") for n, v in fields.items() if n != "answer"}
            form = [*fields.items(), ("granted", APPEND), ("account", "bob@example.com")]
            for button, name in (("cancel", "error"), ("allow", "code")):
                response = await session.post(
                    f"{world.google.url}/o/oauth2/v2/auth",
                    data=[*form, ("answer", button)],
                    allow_redirects=False,
                )
                assert response.status == 302
                assert name in parse_qs(urlsplit(response.headers["Location"]).query)
