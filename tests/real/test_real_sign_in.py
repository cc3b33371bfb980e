"""Sign-in at a real Immich, with a user made for it and deleted afterwards.

`PENTAPRISM_REAL_IMMICH` is the address of a server that may be written to, `PENTAPRISM_REAL_KEY` an
API key of an admin with all permissions.
"""

from __future__ import annotations

import json
import os
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.immich import READ_ONLY, ImmichClient, ImmichOptions, SignIn, Statistics

pytestmark = pytest.mark.real
URL = os.environ.get("PENTAPRISM_REAL_IMMICH", "")
KEY = os.environ.get("PENTAPRISM_REAL_KEY", "")


def call(method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api{path}", data, method=method)
    request.add_header("x-api-key", KEY)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


@dataclass
class Person:
    id: str
    email: str
    password: str


@pytest.fixture
def person() -> Iterator[Person]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    made = Person("", f"{uuid.uuid4().hex}@example.test", uuid.uuid4().hex)
    asked = {"email": made.email, "password": made.password, "name": "Made for a test"}
    made.id = call("POST", "/admin/users", asked)["id"]
    yield made
    call("DELETE", f"/admin/users/{made.id}", {"force": True})


async def test_a_session_from_sign_in_to_sign_out(person: Person) -> None:
    door = SignIn(URL)
    found = await door.with_password(person.email.upper(), person.password)
    assert (found.user.id, found.user.email) == (person.id, person.email)
    assert (found.user.name, found.user.is_admin) == ("Made for a test", False)
    assert await door.check("password", found.credential) == found.user

    key = await door.make_api_key(found.credential, "Pentaprism", READ_ONLY)
    assert (await door.with_api_key(key)).user == found.user
    async with ImmichClient(ImmichOptions(URL, key)) as client:
        (await client.preflight()).require()
        assert await client.statistics() is None
    every = await door.make_api_key(found.credential, "All", ["all"])
    async with ImmichClient(ImmichOptions(URL, every)) as client:
        assert await client.statistics() == Statistics(0, 0, 0)

    await door.sign_out(found.credential)
    await door.sign_out(found.credential)
    assert await door.check("password", found.credential) is None
    assert await door.check("api_key", key) == found.user
    with pytest.raises(ActionRequiredError) as ended:
        await door.make_api_key(found.credential, "x", READ_ONLY)
    assert ended.value.code == "session_ended"


async def test_what_is_refused(person: Person) -> None:
    door = SignIn(URL)
    for email, password in (
        (person.email, "wrong"),
        (person.email, ""),
        ("nobody@example.test", person.password),
        ("no address", person.password),
    ):
        with pytest.raises(InvalidError) as wrong:
            await door.with_password(email, password)
        assert wrong.value.code == "bad_credentials"
    with pytest.raises(ActionRequiredError) as bad:
        await door.with_api_key("wrong")
    assert bad.value.code == "bad_key"
    token = (await door.with_password(person.email, person.password)).credential
    for permissions in ([], ["no.such.permission"]):
        with pytest.raises(InvalidError) as unknown:
            await door.make_api_key(token, "x", permissions)
        assert unknown.value.code == "permissions"
    weak = await door.make_api_key(token, "x", ["album.read"])
    with pytest.raises(ActionRequiredError) as missing:
        await door.with_api_key(weak)
    assert missing.value.code == "permissions"


async def test_a_deleted_user_is_signed_out(person: Person) -> None:
    door = SignIn(URL)
    token = (await door.with_password(person.email, person.password)).credential
    key = await door.make_api_key(token, "x", ["user.read"])
    call("DELETE", f"/admin/users/{person.id}", {})
    assert await door.check("password", token) is None
    assert await door.check("api_key", key) is None
    with pytest.raises(InvalidError):
        await door.with_password(person.email, person.password)
    call("POST", f"/admin/users/{person.id}/restore")
    assert await door.check("password", token) is not None


async def test_a_server_without_password_login(person: Person) -> None:
    settings = call("GET", "/system-config")
    off = settings | {"passwordLogin": {"enabled": False}}
    call("PUT", "/system-config", off)
    try:
        with pytest.raises(InvalidError) as refused:
            await SignIn(URL).with_password(person.email, person.password)
    finally:
        call("PUT", "/system-config", settings)
    assert refused.value.code == "password_login_disabled"
