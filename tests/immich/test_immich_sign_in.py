"""Sign-in at Immich, against the sandbox and against servers that are something else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from scripted_server import always, reply

from pentaprism.errors import (
    ActionRequiredError,
    InvalidError,
    PentaprismError,
    RetryableError,
)
from pentaprism.immich import READ_ONLY, ImmichClient, ImmichOptions, SignedIn, SignIn
from pentaprism.sandbox.immich import Sandbox

EMAIL, PASSWORD = "third@example.test", "sandbox"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=3, hostile=False) as running:
        yield running


@pytest.fixture
def door(sandbox: Sandbox) -> SignIn:
    return SignIn(sandbox.url)


async def refused(call: Awaitable[Any]) -> PentaprismError:
    with pytest.raises(PentaprismError) as caught:
        await call
    return caught.value


def third(sandbox: Sandbox) -> str:
    return next(user.id for user in sandbox.library.users.values() if user.email == EMAIL)


@pytest.mark.parametrize("version", ["2.4.1", "3.1.0"])
async def test_a_password_signs_in_until_it_signs_out(version: str) -> None:
    async with Sandbox(assets=3, hostile=False, version=version) as sandbox:
        door = SignIn(sandbox.url + "/api/")
        found = await door.with_password(f"  {EMAIL.upper()} ", PASSWORD)
        assert (found.user.id, found.user.email) == (third(sandbox), EMAIL)
        assert (found.user.name, found.user.is_admin) == ("Third Example", False)
        assert found.method == "password"
        assert await door.check("password", found.credential) == found.user
        await door.sign_out(found.credential)
        assert await door.check("password", found.credential) is None
        await door.sign_out(found.credential)


async def test_an_admin_is_known_as_one(door: SignIn) -> None:
    assert (await door.with_password("admin@example.test", PASSWORD)).user.is_admin


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        (EMAIL, f"{PASSWORD} "),
        (EMAIL, "\ud800"),
        ("nobody@example.test", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ],
)
async def test_wrong_credentials_do_not_tell_which_was_wrong(
    door: SignIn, email: str, password: str
) -> None:
    error = await refused(door.with_password(email, password))
    assert isinstance(error, InvalidError)
    assert error.code == "bad_credentials"
    assert error.message == "Immich does not know this e-mail address with this password."


async def test_a_server_without_password_login(sandbox: Sandbox, door: SignIn) -> None:
    found = await door.with_password(EMAIL, PASSWORD)
    sandbox.library.password_login = False
    error = await refused(door.with_password(EMAIL, PASSWORD))
    assert isinstance(error, InvalidError)
    assert error.code == "password_login_disabled"
    assert "API key" in error.hint
    assert await door.check("password", found.credential) == found.user


async def test_an_api_key_signs_in(sandbox: Sandbox, door: SignIn) -> None:
    key = sandbox.library.add_key(sorted(READ_ONLY), user_id=third(sandbox))
    found = await door.with_api_key(f" {key.secret}\n")
    assert found == SignedIn(found.user, "api_key", key.secret)
    assert found.user.email == EMAIL
    assert await door.check("api_key", key.secret) == found.user
    sandbox.library.permit(key.secret, ["album.read"])
    assert (await refused(door.check("api_key", key.secret))).code == "permissions"
    sandbox.library.remove_key(key.secret)
    assert await door.check("api_key", key.secret) is None


async def test_api_keys_that_do_not_sign_in(sandbox: Sandbox, door: SignIn) -> None:
    weak = sandbox.library.add_key(["album.read"]).secret
    for key, code in (
        ("wrong", "bad_key"),
        ("", "bad_key"),
        ("ö", "bad_key"),
        (weak, "permissions"),
    ):
        error = await refused(door.with_api_key(key))
        assert isinstance(error, ActionRequiredError)
        assert error.code == code
        assert not key or key not in f"{error.message} {error.hint}"
    assert await door.check("api_key", "ö") is None


async def test_a_check_finds_what_changed_at_immich(sandbox: Sandbox, door: SignIn) -> None:
    found = await door.with_password(EMAIL, PASSWORD)
    user = sandbox.library.users[found.user.id]
    user.name, user.is_admin = "Renamed", True
    now = await door.check("password", found.credential)
    assert now is not None
    assert (now.name, now.is_admin) == ("Renamed", True)
    sandbox.library.delete_user(user.id)
    assert await door.check("password", found.credential) is None
    assert (await refused(door.with_password(EMAIL, PASSWORD))).code == "bad_credentials"
    sandbox.library.delete_user(user.id, deleted=False)
    assert await door.check("password", found.credential) == now
    sandbox.library.end_sessions(user.id)
    assert await door.check("password", found.credential) is None


async def test_a_session_makes_a_key_for_mirroring(sandbox: Sandbox, door: SignIn) -> None:
    found = await door.with_password(EMAIL, PASSWORD)
    secret = await door.make_api_key(found.credential, "Pentaprism", READ_ONLY)
    made = sandbox.library.keys[secret]
    assert (made.name, frozenset(made.permissions), made.user_id) == (
        "Pentaprism",
        READ_ONLY,
        found.user.id,
    )
    await door.sign_out(found.credential)
    async with ImmichClient(ImmichOptions(sandbox.url, secret)) as client:
        (await client.preflight()).require()
        assert [album.name for album in await client.albums()] == ["Garden"]
    error = await refused(door.make_api_key(found.credential, "x", READ_ONLY))
    assert isinstance(error, ActionRequiredError)
    assert error.code == "session_ended"


async def test_a_key_that_immich_does_not_make(door: SignIn) -> None:
    token = (await door.with_password(EMAIL, PASSWORD)).credential
    error = await refused(door.make_api_key(token, "x", []))
    assert isinstance(error, InvalidError)
    assert error.code == "permissions"


async def test_a_server_in_trouble_says_nothing_about_a_session(
    sandbox: Sandbox, door: SignIn
) -> None:
    token = (await door.with_password(EMAIL, PASSWORD)).credential
    other = (await door.with_password(EMAIL, PASSWORD)).credential
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: door.check("password", token),
        lambda: door.sign_out(other),
        lambda: door.make_api_key(token, "x", READ_ONLY),
        lambda: door.with_password(EMAIL, PASSWORD),
    ]
    for kind in ("status", "maintenance", "drop_before_headers"):
        sandbox.faults.clear()
        sandbox.faults.add(kind)
        for call in calls:
            assert isinstance(await refused(call()), RetryableError), kind
    sandbox.faults.clear()
    sandbox.faults.add("html")
    for call in calls:
        assert (await refused(call())).code == "not_immich"
    sandbox.faults.clear()
    assert await door.check("password", token) is not None


async def test_a_server_that_is_away() -> None:
    away = SignIn(NOBODY)
    first = await refused(away.with_password(EMAIL, PASSWORD))
    assert isinstance(first, ActionRequiredError)
    assert first.code == "unreachable"
    for call in (away.check("password", "token"), away.sign_out("token")):
        later = await refused(call)
        assert isinstance(later, RetryableError)
        assert later.code == "unreachable"


async def test_a_password_is_sent_to_an_immich_only(serve: Any) -> None:
    for answer in (
        reply({"message": "login"}, 401),
        reply(b"login", 401, WWW_Authenticate="Basic"),
        reply(b"", 302, Location="https://example.test/login"),
        reply({"res": "ping"}),
        reply({"major": 9, "minor": 0, "patch": 0, "res": "pong"}),
    ):
        server = serve(always(answer))
        error = await refused(SignIn(server.url).with_password(EMAIL, PASSWORD))
        assert isinstance(error, ActionRequiredError)
        key = await refused(SignIn(server.url).with_api_key("secret-key"))
        assert isinstance(key, ActionRequiredError)
        assert {request.method for request in server.requests} == {"GET"}
        for request in server.requests:
            assert not {"x-api-key", "authorization"} & request.headers.keys()


async def test_a_proxys_login_is_not_an_ended_session(serve: Any) -> None:
    server = serve(always(reply(b"<html>", 401, Content_Type="text/html")))
    assert (await refused(SignIn(server.url).check("password", "token"))).code == "not_immich"


async def test_a_session_goes_as_bearer_and_nothing_is_asked_twice(serve: Any) -> None:
    server = serve(always(reply({"message": "Service Unavailable"}, 503)))
    assert isinstance(await refused(SignIn(server.url).check("password", "tok")), RetryableError)
    [request] = server.requests
    assert request.headers["authorization"] == "Bearer tok"
    assert "x-api-key" not in request.headers


async def test_secrets_are_not_shown(
    sandbox: Sandbox, door: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.library.users[third(sandbox)].password = "correct horse"
    found = await door.with_password(EMAIL, "correct horse")
    secret = await door.make_api_key(found.credential, "Pentaprism", READ_ONLY)
    await door.sign_out(found.credential)
    ended = await refused(door.make_api_key(found.credential, "x", READ_ONLY))
    wrong = await refused(door.with_password(EMAIL, "wrong horse"))
    shown = f"{found!r} {door!r} {ended.message} {ended.hint} {wrong.message} {wrong.hint}"
    for hidden in ("correct horse", "wrong horse", found.credential, secret):
        assert hidden not in shown
        assert hidden not in caplog.text


@pytest.mark.parametrize("url", ["photos.example.test", "ftp://x", "http://a:b@x", "http://x?y"])
def test_an_address_that_can_be_none(url: str) -> None:
    with pytest.raises(InvalidError) as caught:
        SignIn(url)
    assert caught.value.code == "url"
