"""Sessions: what is stored of them, how long they last, and when Immich ends them."""

from __future__ import annotations

import pytest
from access_world import AccessWorld

from pentaprism.access import Door, Sessions, TooManyError, home_servers
from pentaprism.errors import ActionRequiredError, InvalidError, RetryableError
from pentaprism.immich import SignIn


async def test_the_database_holds_neither_the_token_nor_the_credential(
    world: AccessWorld,
) -> None:
    await world.connect()
    token = await world.sign_in()
    session = await world.sessions.find(token)
    assert session is not None
    assert len(token) == 43
    assert session.person.id == world.library.owner.id
    assert session.person.is_admin
    (immich_token,) = world.library.sessions
    files = b"".join(path.read_bytes() for path in world.home.iterdir() if path.is_file())
    assert token.encode() not in files
    assert immich_token.encode() not in files
    assert world.library.owner.password.encode() not in files


@pytest.mark.parametrize("token", ["", "x", "é", "\udcff", "x" * 43, "x" * 100_000])
async def test_other_tokens_find_nothing(world: AccessWorld, token: str) -> None:
    await world.connect()
    await world.sign_in()
    assert await world.sessions.find(token) is None


async def test_a_session_ends_when_it_is_not_used_for_its_days(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    for _ in range(3):
        world.clock.pass_time(days=29)
        assert await world.sessions.find(token) is not None
        await world.sessions.idle()
    world.clock.pass_time(days=30)
    assert await world.sessions.find(token) is None
    assert await world.store.sessions.list_of(world.library.owner.id) == []


async def test_use_is_noted_once_a_minute_at_most(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    begun = world.clock.now
    world.clock.pass_time(seconds=59)
    await world.sessions.find(token)
    (session,) = await world.store.sessions.list_of(world.library.owner.id)
    assert session.seen_at == begun
    world.clock.pass_time(seconds=1)
    await world.sessions.find(token)
    (session,) = await world.store.sessions.list_of(world.library.owner.id)
    assert session.seen_at == world.clock.now
    assert session.expires_at == world.clock.now + world.sessions.lasts


async def test_it_ends_when_immich_ends_its_own(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    world.library.end_sessions()
    world.clock.pass_time(minutes=9)
    assert await world.sessions.find(token) is not None
    await world.sessions.idle()
    assert await world.sessions.find(token) is not None
    world.clock.pass_time(minutes=1)
    assert await world.sessions.find(token) is not None, "the answer comes after this request"
    await world.sessions.idle()
    assert await world.sessions.find(token) is None


async def test_it_ends_when_the_key_or_the_user_is_gone(world: AccessWorld) -> None:
    await world.connect()
    key = world.library.add_key(["user.read"])
    token = await world.door.with_api_key(key.secret, address="192.0.2.1")
    world.library.remove_key(key.secret)
    world.clock.pass_time(minutes=10)
    await world.sessions.find(token)
    await world.sessions.idle()
    assert await world.sessions.find(token) is None


async def test_what_immich_says_of_the_person_is_taken_over(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    world.library.owner.name = "Renamed"
    world.library.owner.is_admin = False
    world.clock.pass_time(minutes=10)
    await world.sessions.find(token)
    await world.sessions.idle()
    session = await world.sessions.find(token)
    assert session is not None
    assert (session.person.name, session.person.is_admin) == ("Renamed", False)
    assert session.checked_at == world.clock.now


async def test_immich_is_asked_once_however_many_requests_come(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    world.asked.clear()
    world.clock.pass_time(minutes=10)
    for _ in range(20):
        await world.sessions.find(token)
    await world.sessions.idle()
    await world.sessions.find(token)
    await world.sessions.idle()
    assert len(world.asked) == 1


async def test_it_stays_while_immich_cannot_be_asked_and_it_is_asked_again_later(
    world: AccessWorld,
) -> None:
    await world.connect()
    token = await world.sign_in()
    asked: list[str] = []

    def dead(url: str, _: object) -> SignIn:
        asked.append(url)
        return SignIn("http://127.0.0.1:9", timeout=1)

    sessions = Sessions(world.store, world.clock, 30, dead)
    world.clock.pass_time(minutes=10)
    for _ in range(3):
        assert await sessions.find(token) is not None
        await sessions.idle()
    assert len(asked) == 1
    world.clock.pass_time(minutes=1)
    assert await sessions.find(token) is not None
    await sessions.idle()
    assert len(asked) == 2


async def test_it_ends_with_the_last_home_connection_of_its_server(world: AccessWorld) -> None:
    connection = await world.connect()
    token = await world.sign_in()
    await world.store.connections.delete(connection.id)
    world.clock.pass_time(minutes=10)
    await world.sessions.find(token)
    await world.sessions.idle()
    assert await world.sessions.find(token) is None


async def test_signing_out_ends_it_here_and_at_immich(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    other = await world.sign_in()
    await world.sessions.end(token)
    await world.sessions.end(token)
    await world.sessions.idle()
    assert await world.sessions.find(token) is None
    assert await world.sessions.find(other) is not None
    assert len(world.library.sessions) == 1


async def test_signing_out_everywhere_else_keeps_this_one(world: AccessWorld) -> None:
    await world.connect()
    kept = await world.sign_in()
    others = [await world.sign_in() for _ in range(2)]
    assert await world.sessions.end_others(world.library.owner.id, kept) == 2
    await world.sessions.idle()
    assert await world.sessions.find(kept) is not None
    assert [await world.sessions.find(token) for token in others] == [None, None]
    assert len(world.library.sessions) == 1


async def test_closing_gives_up_what_hangs(world: AccessWorld) -> None:
    await world.connect()
    token = await world.sign_in()
    world.clock.pass_time(minutes=10)
    await world.sessions.find(token)
    await world.sessions.close(patience=0)
    await world.sessions.end(token)
    await world.sessions.idle()


async def test_wrong_words_are_told_and_counted(world: AccessWorld) -> None:
    await world.connect()
    owner = world.library.owner
    for number in range(10):
        with pytest.raises(InvalidError) as caught:
            await world.door.with_password(owner.email, "wrong", address=f"192.0.2.{number}")
        assert caught.value.code == "bad_credentials"
    with pytest.raises(TooManyError):
        await world.door.with_password(owner.email.upper(), owner.password, address="198.51.100.1")
    world.clock.pass_time(minutes=10)
    assert await world.sign_in()


async def test_one_address_can_only_try_so_many_people(world: AccessWorld) -> None:
    await world.connect()
    for number in range(5):
        with pytest.raises(InvalidError):
            await world.door.with_password(f"{number}@example.com", "x", address="192.0.2.1")
        with pytest.raises(ActionRequiredError):
            await world.door.with_api_key(f"wrong{number}", address="192.0.2.1")
    with pytest.raises(TooManyError):
        await world.door.with_api_key(world.sandbox.api_key, address="192.0.2.1")
    assert await world.door.with_api_key(world.sandbox.api_key, address="192.0.2.2")


async def test_an_immich_that_does_not_answer_costs_no_attempts(world: AccessWorld) -> None:
    await world.connect(url="http://127.0.0.1:9")
    for _ in range(12):
        with pytest.raises((RetryableError, ActionRequiredError)) as caught:
            await world.sign_in()
        assert caught.value.code != "too_many_attempts"


async def test_people_sign_in_at_home_servers_only(world: AccessWorld) -> None:
    await world.connect(home=False)
    assert await home_servers(world.store) == []
    with pytest.raises(InvalidError) as caught:
        await world.sign_in()
    assert caught.value.code == "unknown_server"
    await world.connect(home=True)
    (server,) = await world.door.servers()
    owner = world.library.owner
    assert await world.door.with_password(
        owner.email, owner.password, server_url=server.url, address="192.0.2.1"
    )
    with pytest.raises(InvalidError):
        await world.door.with_password(
            owner.email, owner.password, server_url="http://127.0.0.1:9", address="192.0.2.1"
        )


async def test_a_user_of_the_home_server_needs_no_connection(world: AccessWorld) -> None:
    await world.connect()
    bob = world.library.add_user("Bob", "bob@example.com", "secret")
    token = await world.door.with_password("bob@example.com", "secret", address="192.0.2.1")
    session = await world.sessions.find(token)
    assert session is not None
    assert (session.person.id, session.person.is_admin) == (bob.id, False)


@pytest.mark.parametrize(("email", "password"), [("", "x"), ("  ", "x"), ("a@example.com", "")])
async def test_empty_fields_ask_nobody(world: AccessWorld, email: str, password: str) -> None:
    await world.connect()
    door: Door = world.door
    with pytest.raises(InvalidError) as caught:
        await door.with_password(email, password, address="192.0.2.1")
    assert caught.value.code == "incomplete"
    with pytest.raises(InvalidError):
        await door.with_api_key(" ", address="192.0.2.1")
    assert world.asked == []
