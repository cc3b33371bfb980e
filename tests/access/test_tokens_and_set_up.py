"""API tokens, and the code that opens set-up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from access_world import AccessWorld

from pentaprism.access import TooManyError
from pentaprism.errors import InvalidError


async def test_a_token_finds_its_person_until_it_is_revoked(world: AccessWorld) -> None:
    person = await world.person()
    token, secret = await world.tokens.make(person, "  my   script ")
    assert re.fullmatch(r"pentaprism_[\w-]{43}", secret)
    assert token.name == "my script"
    found = await world.tokens.find(secret)
    assert found is not None
    assert found[1].id == person.id
    for wrong in ("", secret[:-1], secret.removeprefix("pentaprism_"), secret + "x", "pentaprism_"):
        assert await world.tokens.find(wrong) is None
    await world.store.api_tokens.delete(token.id, person.id)
    assert await world.tokens.find(secret) is None


async def test_a_token_ends_and_its_use_is_noted_once_a_minute(world: AccessWorld) -> None:
    person = await world.person()
    ends = world.clock.now + timedelta(hours=1)
    _, secret = await world.tokens.make(person, "script", ends)
    begun = world.clock.now
    for _ in range(2):
        await world.tokens.find(secret)
        (token,) = await world.store.api_tokens.list_of(person.id)
        assert token.last_used_at == begun
        world.clock.pass_time(seconds=59)
    world.clock.pass_time(hours=1)
    assert await world.tokens.find(secret) is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
async def test_a_token_needs_a_name(world: AccessWorld, name: str) -> None:
    with pytest.raises(InvalidError):
        await world.tokens.make(await world.person(), name)


async def test_a_token_that_has_ended_is_not_made(world: AccessWorld) -> None:
    with pytest.raises(InvalidError):
        await world.tokens.make(await world.person(), "script", world.clock.now)


async def test_set_up_is_needed_until_the_first_connection(world: AccessWorld) -> None:
    assert await world.set_up.needed()
    assert await world.set_up.needed()
    (code,) = world.announced
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){2}", code)
    token = world.set_up.open(code)
    assert world.set_up.holds(token)
    connection = await world.connect()
    assert not await world.set_up.needed()
    assert not world.set_up.holds(token)
    with pytest.raises(InvalidError):
        world.set_up.open(code)
    await world.store.connections.delete(connection.id)
    assert not await world.set_up.needed()


async def test_the_code_may_be_spelled_as_people_do(world: AccessWorld) -> None:
    await world.set_up.needed()
    (code,) = world.announced
    assert world.set_up.open(f" {code.lower().replace('-', ' ')} ")


async def test_guessing_is_limited_whoever_guesses(world: AccessWorld) -> None:
    await world.set_up.needed()
    (code,) = world.announced
    for guess in ["", "AAAA-AAAA-AAAA", code[:-1], "é\udcff", "x" * 1000] * 2:
        with pytest.raises(InvalidError) as caught:
            world.set_up.open(guess)
        assert caught.value.code == "setup_code"
    with pytest.raises(TooManyError):
        world.set_up.open(code)
    world.clock.pass_time(minutes=10)
    assert world.set_up.open(code)


async def test_a_visit_lasts_two_hours(world: AccessWorld) -> None:
    await world.set_up.needed()
    token = world.set_up.open(world.announced[0])
    assert not world.set_up.holds("")
    world.clock.pass_time(hours=2)
    assert not world.set_up.holds(token)


async def test_without_a_code_nothing_opens(world: AccessWorld) -> None:
    for code in ("", "None"):
        with pytest.raises(InvalidError):
            world.set_up.open(code)
