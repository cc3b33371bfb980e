"""The local Google: what it answers, what it checks, and how it goes wrong on demand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import jsonschema
import pytest
from PIL import Image

from pentaprism.sandbox.google import GoogleSandbox, GoogleSettings, SandboxError

DISCOVERY = Path(__file__).parents[3] / "shared" / "google-photos" / "discovery.json"
PHOTOS = "https://www.googleapis.com/auth/photoslibrary."
ALL = f"{PHOTOS}appendonly {PHOTOS}readonly.appcreateddata {PHOTOS}edit.appcreateddata"
REDIRECT = "http://localhost:1/callback"


class Client:
    """A program that has been granted ``scope``."""

    def __init__(self, sandbox: GoogleSandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox, self.session = sandbox, session
        self.token = ""

    async def sign_in(self, scope: str = ALL, **more: str) -> dict[str, Any]:
        query = {
            "client_id": self.sandbox.client_id, "redirect_uri": REDIRECT, "scope": scope,
            "response_type": "code", "access_type": "offline", "prompt": "consent", **more,
        }  # fmt: skip
        page = f"{self.sandbox.url}/o/oauth2/v2/auth"
        async with self.session.get(page, params=query, allow_redirects=False) as response:
            code = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
        status, reply = await self.exchange(code)
        assert status == 200, reply
        self.token = reply["access_token"]
        return reply

    async def exchange(self, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
            "client_id": self.sandbox.client_id, "client_secret": self.sandbox.client_secret,
        }  # fmt: skip
        return await self.ask_token(form | changes)

    async def ask_token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.sandbox.url}/token", data=form) as response:
            return response.status, await response.json()

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        data = body if isinstance(body, bytes) else None
        async with self.session.request(
            method,
            path if path.startswith("http") else f"{self.sandbox.url}/v1/{path}",
            data=data,
            json=None if body is None or data is not None else body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
        ) as response:
            text = await response.text()
            answer = json.loads(text) if text.startswith("{") else text
            return response.status, answer, dict(response.headers)

    async def upload(self, data: bytes) -> str:
        status, token, _ = await self.call(
            "POST", "uploads", data, **{"X-Goog-Upload-Protocol": "raw"}
        )
        assert status == 200, token
        return str(token)

    async def create(self, *tokens: str, **body: Any) -> tuple[int, Any]:
        new = [
            {"simpleMediaItem": {"uploadToken": token, "fileName": f"{n}.jpg"}}
            for n, token in enumerate(tokens)
        ]
        status, answer, _ = await self.call(
            "POST", "mediaItems:batchCreate", {"newMediaItems": new, **body}
        )
        return status, answer

    async def album(self, title: str = "Holiday") -> str:
        _, answer, _ = await self.call("POST", "albums", {"album": {"title": title}})
        return str(answer["id"])


@pytest.fixture
async def sandbox() -> AsyncIterator[GoogleSandbox]:
    async with GoogleSandbox(consent=True) as running:
        yield running


@pytest.fixture
async def client(sandbox: GoogleSandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        made = Client(sandbox, session)
        await made.sign_in()
        yield made


def jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 6), shade).save(out, "JPEG")
    return out.getvalue()


def schema(name: str) -> dict[str, Any]:
    """Return Google's schema as JSON Schema that takes no unknown field."""
    document = json.loads(DISCOVERY.read_text())

    def convert(node: Any) -> Any:
        if isinstance(node, list):
            return [convert(part) for part in node]
        if not isinstance(node, dict):
            return node
        made = {
            key: convert(value)
            for key, value in node.items()
            if key in {"type", "properties", "items", "enum", "additionalProperties"}
        }
        if "properties" in node:
            made["properties"] = {k: convert(v) for k, v in node["properties"].items()}
            made["additionalProperties"] = False
        if "$ref" in node:
            made["$ref"] = f"#/$defs/{node['$ref']}"
        if made.get("type") == "any":
            del made["type"]
        return made

    schemas = {key: convert(value) for key, value in document["schemas"].items()}
    return {"$defs": schemas, "$ref": f"#/$defs/{name}"}


@pytest.mark.skipif(not DISCOVERY.is_file(), reason="../shared/google-photos is not there")
async def test_replies_are_as_google_describes_them(client: Client) -> None:
    album = await client.album()
    token = await client.upload(jpeg(1))
    _, created = await client.create(token, albumId=album)
    item = created["newMediaItemResults"][0]["mediaItem"]["id"]
    text = {
        "newEnrichmentItem": {"textEnrichment": {"text": "x"}},
        "albumPosition": {"position": "FIRST_IN_ALBUM"},
    }
    calls = [
        ("POST", "albums", {"album": {"title": "x"}}, "Album"),
        ("GET", f"albums/{album}", None, "Album"),
        ("GET", "albums", None, "ListAlbumsResponse"),
        ("PATCH", f"albums/{album}?updateMask=title", {"title": "y"}, "Album"),
        ("POST", f"albums/{album}:addEnrichment", text, "AddEnrichmentToAlbumResponse"),
        ("GET", f"mediaItems/{item}", None, "MediaItem"),
        ("GET", f"mediaItems:batchGet?mediaItemIds={item}", None, "BatchGetMediaItemsResponse"),
        ("GET", "mediaItems", None, "ListMediaItemsResponse"),
        ("POST", "mediaItems:search", {"albumId": album}, "SearchMediaItemsResponse"),
        ("PATCH", f"mediaItems/{item}?updateMask=description", {"description": "d"}, "MediaItem"),
        (
            "POST", f"albums/{album}:batchRemoveMediaItems", {"mediaItemIds": [item]},
            "BatchRemoveMediaItemsFromAlbumResponse",
        ),
    ]  # fmt: skip
    jsonschema.validate(created, schema("BatchCreateMediaItemsResponse"))
    for method, path, body, name in calls:
        status, answer, _ = await client.call(method, path, body)
        assert status == 200, (path, answer)
        jsonschema.validate(answer, schema(name))


async def test_codes_count_once_and_for_their_redirect(client: Client) -> None:
    grant = next(iter(client.sandbox.state.grants._all))
    status, reply = await client.exchange(grant.code)
    assert (status, reply["error"]) == (400, "invalid_grant")
    assert (await client.call("GET", "albums"))[0] == 401  # a stolen code kills what it gave
    for changes, status, error in (
        ({"redirect_uri": "http://localhost:2/"}, 400, "redirect_uri_mismatch"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"code_verifier": "wrong"}, 400, "invalid_grant"),
    ):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(b"right").digest())
        await client.sign_in()
        page = f"{client.sandbox.url}/o/oauth2/v2/auth"
        query = {
            "client_id": client.sandbox.client_id, "redirect_uri": REDIRECT, "scope": ALL,
            "response_type": "code", "code_challenge": challenge.rstrip(b"=").decode(),
        }  # fmt: skip
        async with client.session.get(page, params=query, allow_redirects=False) as response:
            code = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
        answer = await client.exchange(code, **{"code_verifier": "right", **changes})
        assert (answer[0], answer[1]["error"]) == (status, error)


async def test_tokens_die_in_time_and_when_they_are_revoked(client: Client) -> None:
    sandbox = client.sandbox
    sandbox.settings.testing = True
    reply = await client.sign_in()
    assert reply["refresh_token_expires_in"] == 604_799
    assert (await client.call("GET", "albums"))[0] == 200
    sandbox.clock.advance(3601)
    assert (await client.call("GET", "albums"))[0] == 401
    refresh = {
        "grant_type": "refresh_token", "refresh_token": reply["refresh_token"],
        "client_id": sandbox.client_id, "client_secret": sandbox.client_secret,
    }  # fmt: skip
    status, again = await client.ask_token(refresh)
    assert (status, "refresh_token" in again) == (200, False)
    sandbox.clock.advance(7 * 86_400)
    assert (await client.ask_token(refresh))[0] == 400
    live = await client.sign_in()
    async with client.session.post(
        f"{sandbox.url}/revoke", data={"token": live["refresh_token"]}
    ) as response:
        assert response.status == 200
    assert (await client.call("GET", "albums"))[0] == 401


async def test_a_refresh_token_needs_offline_and_consent(client: Client) -> None:
    assert "refresh_token" not in await client.sign_in(access_type="online")
    assert "refresh_token" not in await client.sign_in(prompt="none")


async def test_each_call_has_its_scope(client: Client) -> None:
    album = await client.album()
    await client.sign_in(f"{PHOTOS}appendonly")
    for method, path in (
        ("GET", "albums"),
        ("GET", f"albums/{album}"),
        ("POST", "mediaItems:search"),
        ("PATCH", f"albums/{album}?updateMask=title"),
        ("POST", f"albums/{album}:batchRemoveMediaItems"),
    ):
        status, answer, _ = await client.call(method, path, {} if method != "GET" else None)
        assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED"), path
    await client.sign_in(f"{PHOTOS}readonly.appcreateddata")
    assert (await client.call("POST", "uploads", b"x", **{"X-Goog-Upload-Protocol": "raw"}))[
        0
    ] == 403
    assert (await client.call("GET", "albums"))[0] == 200


async def test_a_resumable_upload_keeps_to_its_rules(client: Client) -> None:
    data = bytes(range(256)) * 2048  # two pieces of 256 KiB
    start = {
        "X-Goog-Upload-Protocol": "resumable", "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Raw-Size": str(len(data)),
    }  # fmt: skip
    _, _, headers = await client.call("POST", "uploads", b"", **start)
    url = headers["X-Goog-Upload-URL"]
    assert headers["X-Goog-Upload-Chunk-Granularity"] == "262144"

    async def send(piece: bytes, offset: int, command: str) -> tuple[int, Any]:
        headers = {"X-Goog-Upload-Command": command, "X-Goog-Upload-Offset": str(offset)}
        return (await client.call("POST", url, piece, **headers))[:2]

    assert (await send(data[:1000], 0, "upload"))[0] == 400
    assert (await send(data[:262_144], 7, "upload"))[0] == 400
    assert (await send(data[:262_144], 0, "upload"))[0] == 200
    _, _, told = await client.call("POST", url, b"", **{"X-Goog-Upload-Command": "query"})
    assert told["X-Goog-Upload-Size-Received"] == "262144"
    assert (await send(data[262_144:-1], 262_144, "upload, finalize"))[0] == 400
    _, _, headers = await client.call("POST", "uploads", b"", **start)
    url = headers["X-Goog-Upload-URL"]
    status, token = await send(data, 0, "upload, finalize")
    assert status == 200
    _, created = await client.create(token)
    assert created["newMediaItemResults"][0]["status"]["message"] == "Success"
    (upload,) = client.sandbox.uploads()
    assert upload == {"sha1": hashlib.sha1(data).hexdigest(), "uploads": 1, "creates": 1}


async def test_items_keep_their_order_and_place(client: Client) -> None:
    album = await client.album()
    tokens = [await client.upload(jpeg(n)) for n in range(5)]
    _, first = await client.create(tokens[0], tokens[4], albumId=album)
    zero = first["newMediaItemResults"][0]["mediaItem"]["id"]
    behind = {"position": "AFTER_MEDIA_ITEM", "relativeMediaItemId": zero}
    await client.create(tokens[2], tokens[3], albumId=album, albumPosition=behind)
    await client.create(tokens[1], albumId=album, albumPosition={"position": "FIRST_IN_ALBUM"})
    wanted = [hashlib.sha1(jpeg(n)).hexdigest() for n in (1, 0, 2, 3, 4)]
    (shown,) = client.sandbox.albums()
    assert [item["sha1"] for item in shown["items"]] == wanted
    stranger = {"position": "AFTER_MEDIA_ITEM", "relativeMediaItemId": "x"}
    assert (await client.create(tokens[1], albumId=album, albumPosition=stranger))[0] == 400


@pytest.mark.parametrize(
    ("same", "codes", "shown"),
    [("merge", [0], 1), ("code_6", [6], 1), ("code_6_without_item", [6], 0)],
)
async def test_the_same_bytes_are_one_item(
    client: Client, same: str, codes: list[int], shown: int
) -> None:
    await client.create(await client.upload(jpeg(1)))
    client.sandbox.settings.change({"same_bytes": same})
    album = await client.album()
    _, answer = await client.create(await client.upload(jpeg(1)), albumId=album)
    results = answer["newMediaItemResults"]
    assert [result["status"].get("code", 0) for result in results] == codes
    assert len(client.sandbox.accounts[0].photos.items) == 1
    assert len(client.sandbox.albums()[0]["items"]) == shown


@pytest.mark.parametrize(
    ("reuse", "status", "code"),
    [("accept", 200, 0), ("refuse_item", 200, 3), ("refuse_request", 400, None)],
)
async def test_a_token_used_again(
    client: Client, reuse: str, status: int, code: int | None
) -> None:
    client.sandbox.settings.change({"upload_reuse": reuse})
    token = await client.upload(jpeg(1))
    await client.create(token)
    answered, body = await client.create(token)
    assert answered == status
    if code is not None:
        assert body["newMediaItemResults"][0]["status"].get("code", 0) == code


async def test_limits_are_enforced(client: Client) -> None:
    settings = client.sandbox.settings
    token = await client.upload(jpeg(1))
    assert (await client.create(*[token] * 51))[0] == 400
    assert (await client.create("unknown"))[0] == 400
    client.sandbox.clock.advance(86_401)
    await client.sign_in()
    assert (await client.create(token))[0] == 400
    token = await client.upload(jpeg(1))
    settings.storage = 10
    status, full = await client.create(token)
    assert (status, "storage" in full["error"]["message"]) == (400, True)
    settings.storage = None
    assert (await client.create(token, albumId="unknown"))[0] == 400
    settings.writes_per_minute = 1
    await client.create(token)
    status, answer = await client.create(token)
    assert (status, "WritesPerMinutePerUser" in answer["error"]["message"]) == (429, True)
    settings.writes_per_minute = None
    state = client.sandbox.state
    settings.daily_requests = state.days[state.clock.pacific_day()]
    status, answer = await client.create(token)
    assert (status, "All requests per day" in answer["error"]["message"]) == (429, True)
    client.sandbox.clock.advance(86_400)
    await client.sign_in()
    assert (await client.call("GET", "albums"))[0] == 200


async def test_two_writes_at_once_are_refused() -> None:
    async with GoogleSandbox(consent=True, latency=0.2) as sandbox, aiohttp.ClientSession() as s:
        client = Client(sandbox, s)
        await client.sign_in()
        body = {"album": {"title": "x"}}
        answers = await asyncio.gather(*(client.call("POST", "albums", body) for _ in range(3)))
        assert sorted(status for status, _, _ in answers) == [200, 429, 429]


async def test_batch_add_refuses_what_is_fresh_or_there(client: Client) -> None:
    _, created = await client.create(await client.upload(jpeg(1)))
    item = created["newMediaItemResults"][0]["mediaItem"]["id"]
    add = f"albums/{await client.album()}:batchAddMediaItems"
    body = {"mediaItemIds": [item]}
    assert (await client.call("POST", add, body))[0] == 400
    client.sandbox.clock.advance(3600)
    await client.sign_in()
    assert (await client.call("POST", add, body))[0] == 200
    assert (await client.call("POST", add, body))[0] == 400


async def test_faults_strike_before_and_after_the_work(client: Client) -> None:
    faults = client.sandbox.faults
    for kind, made in (("drop_before", 0), ("drop_reply", 1)):
        faults.clear()
        faults.add(kind, route="albums.create", times=1)  # type: ignore[arg-type]  # one of the kinds
        client.sandbox.accounts[0].photos.albums.clear()
        with pytest.raises(aiohttp.ClientError):
            await client.album()
        assert len(client.sandbox.albums()) == made
    for conditions, status in (
        ({"kind": "status", "status": 503}, 503),
        ({"kind": "rate_limit", "limit": "daily"}, 429),
        ({"kind": "unauthorized", "times": 1}, 401),
    ):
        faults.clear()
        faults.add(**conditions)
        assert (await client.call("GET", "albums"))[0] == status
    with pytest.raises(ValueError, match="no fault"):
        faults.add("nonsense")  # type: ignore[arg-type]  # what a person might type


async def test_everything_is_reached_from_outside(client: Client) -> None:
    control = f"{client.sandbox.url}/sandbox"
    album = await client.album()
    _, created = await client.create(await client.upload(jpeg(1)), albumId=album)
    item = created["newMediaItemResults"][0]["mediaItem"]["id"]

    async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, answer, _ = await client.call(method, f"{control}/{path}", body)
        return status, answer

    async with client.session.get(f"{control}/albums") as response:
        (shown,) = await response.json()
    assert shown == {
        "id": album,
        "title": "Holiday",
        "items": [{"id": item, "filename": "0.jpg", "sha1": hashlib.sha1(jpeg(1)).hexdigest()}],
    }
    assert (await ask("POST", "faults", {"kind": "slow", "seconds": 0.01}))[0] == 200
    assert (await ask("POST", "faults", {"kind": "nonsense"}))[0] == 400
    assert (await ask("DELETE", "faults"))[0] == 200
    assert (await ask("PATCH", "settings", {"storage": 5}))[1]["storage"] == 5
    assert (await ask("PATCH", "settings", {"nonsense": 5}))[0] == 400
    moved = await ask("POST", "clock", {"now": "2030-01-01T00:00:00+00:00"})
    assert moved[1]["now"].startswith("2030-01-01")
    assert (await ask("POST", "clock", {"advance": 60}))[1]["now"].startswith("2030-01-01T00:01")
    assert (await ask("GET", "requests"))[1]["routes"]["batchCreate"] == 1
    assert (await ask("DELETE", f"albums/{album}/items/{item}"))[0] == 200
    assert (await ask("DELETE", f"items/{item}"))[0] == 200
    assert (await ask("DELETE", f"items/{item}"))[0] == 404
    assert (await ask("DELETE", f"albums/{album}"))[0] == 200
    assert (await ask("POST", "revoke"))[0] == 200


async def test_a_taken_port_is_told(sandbox: GoogleSandbox) -> None:
    with pytest.raises(SandboxError, match=str(sandbox.port)):
        await GoogleSandbox(port=sandbox.port, settings=GoogleSettings()).start()
