"""The gateway before a real Immich: clients and replies with it and without it.

The settings are those of `test_real_sign_in`. All is done by a user who is made for it, and deleted
with all their pictures afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from gateway_door import gateway_before
from immich_browser import opened, visit
from immich_clients import CommandLine, repeatable, told_of, walk, without
from raw_http import Headers, Message, wire

from pentaprism.sandbox.immich.pictures import photo

pytestmark = pytest.mark.real
URL = os.environ.get("PENTAPRISM_REAL_IMMICH", "")
KEY = os.environ.get("PENTAPRISM_REAL_KEY", "")
DOCUMENT = Path(__file__).parents[3] / "shared" / "immich" / "immich-openapi-specs.json"

ANEW = (b"x-correlation-id",)
"""What Immich tells otherwise each time."""

REMADE = (b"etag", b"content-length", b"content-encoding")


def call(method: str, path: str, body: Any = None, key: str = KEY) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api{path}", data, method=method)
    if key:
        request.add_header("x-api-key", key)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


@dataclass
class Person:
    """A user of the server, with an API key of theirs, three pictures and an album of them."""

    id: str
    email: str
    password: str
    key: str
    assets: list[str] = field(default_factory=list)
    album: str = ""

    @property
    def words(self) -> tuple[str, str]:
        return self.email, self.password


@pytest.fixture
def person() -> Iterator[Person]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    email, password = f"{uuid.uuid4().hex}@example.test", uuid.uuid4().hex
    asked = {"email": email, "password": password, "name": "Made for a test"}
    made = call("POST", "/admin/users", asked)["id"]
    try:
        session = {"email": email, "password": password}
        token = call("POST", "/auth/login", session, key="")["accessToken"]
        yield Person(made, email, password, _key(token))
    finally:
        call("DELETE", f"/admin/users/{made}", {"force": True})


def _key(token: str) -> str:
    body = json.dumps({"name": "gateway", "permissions": ["all"]}).encode()
    request = urllib.request.Request(f"{URL}/api/api-keys", body, method="POST")
    request.add_header("authorization", f"Bearer {token}")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.loads(answer.read())["secret"])


@pytest.fixture
async def gateway(person: Person, tmp_path: Path) -> AsyncIterator[str]:
    async with gateway_before(URL, tmp_path / "gateway") as url:
        folder = tmp_path / "pictures"
        folder.mkdir()
        for n in range(3):
            data = photo("jpeg", 7, n, datetime(2024, 5, 6, 7, 8, n))  # noqa: DTZ001 (as cameras)
            (folder / f"IMG_{n}.jpg").write_bytes(data)
        program = CommandLine(tmp_path)
        came = await program.run("login-key", url, person.key)
        assert came.code == 0, str(came)
        told, ended = await program.upload(folder, "--album-name", "Brought")
        assert ended.code == 0, str(ended)
        person.assets = [one["id"] for one in told["newAssets"]]
        assert len(person.assets) == 3
        (person.album,) = [one["id"] for one in call("GET", "/albums", key=person.key)]
        await _until_processed(person)
        yield url


async def _until_processed(person: Person) -> None:
    for _ in range(120):
        found = [call("GET", f"/assets/{id_}", key=person.key) for id_ in person.assets]
        if all(one["thumbhash"] for one in found):
            return
        await asyncio.sleep(0.5)
    pytest.fail("Immich did not process the pictures in a minute")


def settled(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found, but how much room the pictures take: Immich reckons it later."""
    return found | {"me": without(without(found["me"], "quotaUsageInBytes"), "updatedAt")}


async def test_the_command_line_finds_the_same(
    gateway: str, person: Person, tmp_path: Path
) -> None:
    program = CommandLine(tmp_path)
    again, _ = await program.upload(tmp_path / "pictures")
    said = []
    for url in (URL, gateway):
        await program.run("login-key", url, person.key)
        said.append((await program.run("server-info")).out.replace(url, "URL"))
    bare, through = said
    assert through == bare
    assert "Images: 3" in bare
    assert {one["id"] for one in again["duplicates"]} == set(person.assets)


async def test_the_library_finds_the_same(gateway: str, person: Person, tmp_path: Path) -> None:
    asked = {"album": person.album, "asset": person.assets[0]}
    bare = await walk(URL, person.words, asked, tmp_path)
    through = await walk(gateway, person.words, asked, tmp_path)
    assert through["asset"]["pentaprism"] == {"group": None, "duplicates": [], "mirrors": []}
    assert (
        len(told_of([through], "pentaprism")) == 1 + len(through["search"]["assets"]["items"]) + 1
    )
    plain, bare = settled(without(through, "pentaprism")), settled(bare)
    assert plain.keys() == bare.keys()
    assert repeatable(plain) == repeatable(bare)


async def test_a_page_finds_the_same(gateway: str, person: Person) -> None:
    async with opened() as page:
        bare = await visit(page, URL, person.words, person.assets[0])
        through = await visit(page, gateway, person.words, person.assets[0])
    assert len(told_of([through], "pentaprism")) == 1
    assert settled(without(through, "pentaprism")) == settled(bare)
    assert through["heard"] == ["on_server_version", "on_asset_trash", "on_asset_delete"]


def targets(person: Person) -> list[bytes]:
    """Return a request for every GET of the document, with what the person has in its path."""
    if not DOCUMENT.exists():
        pytest.skip(f"the OpenAPI document is not beside the checkout ({DOCUMENT})")
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    month = "2024-05-01"
    queries = {
        "/timeline/bucket": f"?timeBucket={month}",
        "/assets/{id}/thumbnail": "?size=preview",
        "/search/cities": "",
        "/view/folder": "?path=%2F",
    }
    made = []
    for path, methods in paths.items():
        if "get" not in methods:
            continue
        mine = {"/albums/{id}": person.album, "/users/{id}": person.id}
        id_ = next((one for at, one in mine.items() if path.startswith(at)), person.assets[0])
        filled = path.replace("{id}", id_).replace("{userId}", person.id)
        filled = filled.replace("{", "").replace("}", "")
        made.append(f"/api{filled}{queries.get(path, '')}".encode())
    return made


async def test_every_reply_is_immichs(gateway: str, person: Person) -> None:
    host, port = urlsplit(URL).hostname or "", urlsplit(URL).port or 80
    key = (b"x-api-key", person.key.encode())
    told_more, compared = set(), 0
    async with wire("127.0.0.1", urlsplit(gateway).port or 0) as through:
        for target in targets(person):
            for form in (b"identity", b"gzip"):
                sent = [key, (b"accept-encoding", form)]
                bare = await direct(host, port, target, sent)
                reply = await through.ask(b"GET", target, sent)
                if (await direct(host, port, target, sent)).body != bare.body:
                    continue  # what it tells changes by itself: the room on the disk, for one
                compared += 1
                if reply.body == bare.body:
                    assert reply.status == bare.status, target
                    assert reply.lasting(*ANEW) == bare.lasting(*ANEW), target
                    continue
                told_more.add(target.split(b"?")[0])
                assert reply.lasting(*ANEW, *REMADE) == bare.lasting(*ANEW, *REMADE), target
                if form == b"identity":
                    plain = without(json.loads(reply.body), "pentaprism")
                    assert plain == json.loads(bare.body), target
    assert compared > 150
    assert told_more == {
        b"/api/assets/" + person.assets[0].encode(),
        b"/api/timeline/bucket",
    }


async def direct(host: str, port: int, target: bytes, sent: Headers) -> Message:
    async with wire(host, port) as line:
        return await line.ask(b"GET", target, sent)
