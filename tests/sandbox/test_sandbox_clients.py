"""What Immich's own clients ask the sandbox for, beyond what Pentaprism does."""

from __future__ import annotations

import base64
import hashlib

import aiohttp
import pytest
from sandbox_calls import caller

from pentaprism.sandbox.immich import Sandbox

MEDIA = b"\xff\xd8\xff\xe0 a picture"


def form(data: bytes) -> aiohttp.FormData:
    made = aiohttp.FormData()
    made.add_field("assetData", data, filename="a.jpg", content_type="image/jpeg")
    return made


async def test_the_media_types_are_for_anybody() -> None:
    async with Sandbox(assets=3, hostile=False) as sandbox, caller(sandbox, "") as stranger:
        told = (await stranger.get("/api/server/media-types")).json
    assert {".jpg", ".heic", ".dng"} <= set(told["image"])
    assert {".mp4", ".mov"} <= set(told["video"])
    assert told["sidecar"] == [".xmp"]


async def test_the_statistics_add_up_and_are_an_admins() -> None:
    async with Sandbox(assets=40) as sandbox, caller(sandbox) as owner:
        told = (await owner.get("/api/server/statistics")).json
        assert len(told["usageByUser"]) == len(sandbox.library.users)
        for name in ("photos", "videos", "usage", "usagePhotos", "usageVideos"):
            assert told[name] == sum(user[name] for user in told["usageByUser"])
        assert told["usage"] == told["usagePhotos"] + told["usageVideos"] > 0
        counted = (await owner.get("/api/assets/statistics")).json
        mine = told["usageByUser"][0]
        assert (mine["photos"], mine["videos"]) == (counted["images"], counted["videos"])
        second = list(sandbox.library.users)[1]
        key = sandbox.library.add_key(user_id=second).secret
        async with caller(sandbox, key) as other:
            refused = await other.get("/api/server/statistics")
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})


async def test_the_disk_has_room() -> None:
    async with Sandbox(assets=3, hostile=False) as sandbox, caller(sandbox) as owner:
        told = (await owner.get("/api/server/storage")).json
    assert told["diskAvailableRaw"] + told["diskUseRaw"] == told["diskSizeRaw"]


@pytest.mark.parametrize("in_hex", [True, False])
async def test_a_checksum_that_is_known_is_a_duplicate_before_the_bytes(*, in_hex: bool) -> None:
    digest = hashlib.sha1(MEDIA, usedforsecurity=False)
    told = digest.hexdigest() if in_hex else base64.b64encode(digest.digest()).decode()
    async with Sandbox(assets=3, hostile=False) as sandbox, caller(sandbox) as owner:
        url, headers = sandbox.url + "/api/assets", {"x-immich-checksum": told}
        async with owner.session.post(url, data=form(MEDIA), headers=headers) as first:
            made = await first.json()
            assert (first.status, made["status"]) == (201, "created")
        async with owner.session.post(url, data=form(b"other"), headers=headers) as second:
            assert second.status == 200
            assert await second.json() == {"status": "duplicate", "id": made["id"]}
