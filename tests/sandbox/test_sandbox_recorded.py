"""The sandbox's replies against those that were recorded from a real Immich 3.1.0.

A recorded file is compared by status, headers, keys, types and the form of strings such as dates;
errors word for word.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sandbox_calls import Answer, Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.population import OWNER_PASSWORD

RECORDED = Path(__file__).parents[3] / "shared" / "immich" / "recorded"
NOT_PLAYED = {"sync-stream-session-token"}
UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"
DATES = {"fileCreatedAt": "2024-01-01T00:00:00.000Z", "fileModifiedAt": "2024-01-01T00:00:00.000Z"}

SAME_VALUE = {
    "accept-ranges", "cache-control", "connection", "content-type", "keep-alive", "vary",
    "x-powered-by",
}  # fmt: skip
FORMS = [
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?"),
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"[A-Za-z0-9+/]{27}="),
]

type Scene = Callable[["Stage"], Awaitable[Answer]]


class Stage:
    """A sandbox whose library resembles what the recorded server held."""

    def __init__(self, sandbox: Sandbox, owner: Caller) -> None:
        self.sandbox, self.owner, self.library = sandbox, owner, sandbox.library
        self.album = main_album(sandbox)
        mine = [self.library.assets[id_] for id_ in self.library.albums[self.album].assets]
        photos = [a for a in mine if a.kind == "jpeg"]
        self.photo = next(a for a in photos if a.place).id
        self.video = next(a for a in mine if a.kind == "mp4").id
        self.pair = [photos[-1].id, photos[-2].id]
        self.other = list(self.library.users)[1]
        self.library.tag(self.photo, "trips/berlin")
        self.library.share_album(self.album, self.other)
        self.library.delete_album(self.library.album_named("Empty").id)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.owner.get(path, Accept_Encoding="identity", **headers)

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        return await self.owner.call(method, path, body, Accept_Encoding="identity")

    async def search(self, **asked: Any) -> Answer:
        said = {"albumIds": [self.album], "order": "asc"} | asked
        return await self.send("POST", "/api/search/metadata", said)

    async def as_key(self, permissions: list[str], path: str, user: str | None = None) -> Answer:
        key = self.library.add_key(permissions, user_id=user)
        async with caller(self.sandbox, key.secret) as session:
            return await session.get(path, Accept_Encoding="identity")

    async def with_secret(self, secret: str, method: str, path: str) -> Answer:
        async with caller(self.sandbox, secret) as session:
            return await session.call(method, path, Accept_Encoding="identity")

    def original(self, **headers: str) -> Awaitable[Answer]:
        return self.get(f"/api/assets/{self.photo}/original", **headers)

    async def not_modified(self) -> Answer:
        return await self.original(If_None_Match=(await self.original()).headers["etag"])

    async def no_thumbnail(self) -> Answer:
        self.library.set_processed(self.photo, processed=False)
        return await self.get(f"/api/assets/{self.photo}/thumbnail?size=preview")

    async def stacked(self, path: str) -> Answer:
        stack = self.library.add_stack(self.pair)
        return await self.get(path.format(id=stack.asset_ids[0]))

    async def upload(self) -> Answer:
        form = aiohttp.FormData(DATES)
        form.add_field("assetData", b"\xff\xd8\xff\xd9", filename="IMG_0001.jpg")
        url, headers = self.sandbox.url + "/api/assets", {"Accept-Encoding": "identity"}
        async with self.owner.session.post(url, data=form, headers=headers) as reply:
            names = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(reply.status, names, await reply.read(), await reply.json())

    async def check(self) -> Answer:
        known = self.library.assets[self.photo].checksum.hex()
        asked = [{"id": "a", "checksum": known}, {"id": "b", "checksum": "0" * 40}]
        return await self.send("POST", "/api/assets/bulk-upload-check", {"assets": asked})

    def duplicates(self) -> str:
        group = self.library.new_id()
        for id_ in self.pair:
            self.library.assets[id_].duplicate_id = group
            self.library.touch(id_)
        return group

    async def resolve(self) -> Answer:
        keep, lose = self.pair
        group = {"duplicateId": self.duplicates(), "keepAssetIds": [keep], "trashAssetIds": [lose]}
        return await self.send("POST", "/api/duplicates/resolve", {"groups": [group]})

    async def list_duplicates(self) -> Answer:
        self.duplicates()
        return await self.get("/api/duplicates")

    async def bucket(self) -> Answer:
        months = (await self.get(f"/api/timeline/buckets?albumId={self.album}")).json
        month = months[0]["timeBucket"]
        return await self.get(f"/api/timeline/bucket?albumId={self.album}&timeBucket={month}")


def asset(path: str) -> Scene:
    return lambda s: s.get(f"/api/assets/{s.photo}{path}")


LOGIN = {"email": "admin@example.test", "password": OWNER_PASSWORD}
SCENES: dict[str, Scene] = {
    "album-get": lambda s: s.get(f"/api/albums/{s.album}"),
    "albums-list": lambda s: s.get("/api/albums"),
    "albums-list-shared-viewer": lambda s: s.as_key(["all"], "/api/albums", s.other),
    "api-key-create": lambda s: s.send(
        "POST", "/api/api-keys", {"name": "full key", "permissions": ["all"]}
    ),
    "asset-get": asset(""),
    "asset-get-in-stack": lambda s: s.stacked("/api/assets/{id}"),
    "asset-get-video": lambda s: s.get(f"/api/assets/{s.video}"),
    "asset-original-304": lambda s: s.not_modified(),
    "asset-original-full": lambda s: s.original(),
    "asset-original-range": lambda s: s.original(Range="bytes=0-99"),
    "asset-original-range-416": lambda s: s.original(Range="bytes=99999999-"),
    "asset-thumbnail-404": lambda s: s.no_thumbnail(),
    "asset-thumbnail-preview": asset("/thumbnail?size=preview"),
    "asset-upload-created": lambda s: s.upload(),
    "assets-bulk-upload-check": lambda s: s.check(),
    "assets-delete-to-trash": lambda s: s.send("DELETE", "/api/assets", {"ids": [s.photo]}),
    "auth-login": lambda s: s.send("POST", "/api/auth/login", LOGIN),
    "auth-validateToken": lambda s: s.send("POST", "/api/auth/validateToken"),
    "duplicates-list": lambda s: s.list_duplicates(),
    "duplicates-resolve": lambda s: s.resolve(),
    "error-400-malformed-uuid": lambda s: s.get("/api/albums/not-a-uuid"),
    "error-400-unknown-album": lambda s: s.get(f"/api/albums/{UNKNOWN}"),
    "error-401-bad-key": lambda s: s.with_secret("wrong", "POST", "/api/auth/validateToken"),
    "error-401-no-auth": lambda s: s.with_secret("", "GET", "/api/albums"),
    "error-403-missing-permission": lambda s: s.as_key(
        ["asset.read"], f"/api/assets/{s.photo}/original"
    ),
    "error-404-unknown-route": lambda s: s.get("/api/no-such-route"),
    "legacy-404-assets-exist": lambda s: s.send("POST", "/api/assets/exist", {}),
    "search-metadata-album-last-page": lambda s: s.search(size=18, page=2),
    "search-metadata-album-page1": lambda s: s.search(size=3, page=1),
    "search-metadata-withExif": lambda s: s.search(size=2, withExif=True),
    "server-about": lambda s: s.get("/api/server/about"),
    "server-ping": lambda s: s.get("/api/server/ping"),
    "server-version": lambda s: s.get("/api/server/version"),
    "stack-create": lambda s: s.send("POST", "/api/stacks", {"assetIds": s.pair}),
    "stacks-list": lambda s: s.stacked("/api/stacks"),
    "timeline-bucket": lambda s: s.bucket(),
    "timeline-buckets": lambda s: s.get(f"/api/timeline/buckets?albumId={s.album}"),
    "users-me": lambda s: s.get("/api/users/me"),
}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Sandbox(assets=20, hostile=False) as sandbox, caller(sandbox) as owner:
        yield Stage(sandbox, owner)


def recorded(name: str) -> Any:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recorded replies are not beside the checkout ({RECORDED})")
    return json.loads(path.read_text(encoding="utf-8"))


def differences(real: Any, ours: Any, at: str = "") -> list[str]:
    """Return where ours has other keys, types or forms than the real reply."""
    if real is None or ours is None:
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        keys = [f"{at}.{key}: only one has it" for key in real.keys() ^ ours.keys()]
        common = real.keys() & ours.keys()
        return keys + [
            d for key in common for d in differences(real[key], ours[key], f"{at}.{key}")
        ]
    if isinstance(real, list) and isinstance(ours, list):
        return [d for item in ours for d in _unlike_any(real, item, f"{at}[]")]
    if isinstance(real, str) and isinstance(ours, str):
        form = next((form for form in FORMS if form.fullmatch(real)), None)
        wrong = form is not None and not form.fullmatch(ours)
        return [f"{at}: {real!r} and {ours!r}"] if wrong else []
    kinds = [float if type(value) is int else type(value) for value in (real, ours)]
    return [] if kinds[0] is kinds[1] else [f"{at}: {real!r} and {ours!r}"]


def _unlike_any(real: list[Any], ours: Any, at: str) -> list[str]:
    """Return the differences from the first of the real items, or none if ours is like one."""
    found = [differences(item, ours, at) for item in real]
    return [] if not found or [] in found else found[0]


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_a_reply_looks_like_the_recorded_one(stage: Stage, name: str) -> None:
    real, ours = recorded(name), await SCENES[name](stage)
    assert ours.status == real["status"]
    free = {"date", "x-correlation-id"}
    assert ours.headers.keys() - free == real["response_headers"].keys() - free
    for header in SAME_VALUE & real["response_headers"].keys():
        assert ours.headers[header] == real["response_headers"][header]
    if isinstance(real["response_body"], str):
        assert ours.json is None  # a file, of which only the length was recorded
    elif ours.status >= 400:
        assert json.loads(ours.body) == real["response_body"]
    else:
        assert differences(real["response_body"], ours.json) == []


def test_every_recorded_reply_is_compared() -> None:
    names = {path.stem for path in RECORDED.glob("*.json")}
    if not names:
        pytest.skip(f"the recorded replies are not beside the checkout ({RECORDED})")
    assert names - set(SCENES) == NOT_PLAYED


@pytest.mark.parametrize(
    ("real", "ours"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": 1}),
        ([{"a": 1}], [{"a": 1}, {"a": "x"}]),
        ("2019-07-14T07:12:33.250Z", "2019-07-14T07:12:33Z"),
        (UNKNOWN, "x"),
    ],
)
def test_the_comparison_sees_differences(real: Any, ours: Any) -> None:
    assert differences(real, ours) != []
