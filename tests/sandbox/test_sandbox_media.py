from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageStat
from sandbox_calls import Caller, caller, main_album

from pentaprism.sandbox.immich import Sandbox


@pytest.fixture
async def plain() -> AsyncIterator[Caller]:
    async with Sandbox(assets=21, hostile=False) as sandbox, caller(sandbox) as open_caller:
        yield open_caller


async def first(caller: Caller) -> str:
    items = await caller.listing(main_album(caller.sandbox))
    return str(items[0]["id"])


async def test_every_original_has_the_checksum_that_is_listed(plain: Caller) -> None:
    items = await plain.listing(main_album(plain.sandbox), withExif=True)
    assert len(items) == 21
    kinds = set()
    for item in items:
        reply = await plain.get(f"/api/assets/{item['id']}/original")
        assert base64.b64encode(hashlib.sha1(reply.body).digest()).decode() == item["checksum"]
        assert len(reply.body) == item["exifInfo"]["fileSizeInByte"]
        assert reply.headers["content-type"] == item["originalMimeType"]
        kinds.add(item["originalMimeType"])
    assert kinds == {"image/jpeg", "image/png", "image/heic", "image/dng", "video/mp4"}


async def test_every_preview_is_a_picture(plain: Caller) -> None:
    for item in await plain.listing(main_album(plain.sandbox)):
        for size, form in (("preview", "JPEG"), ("thumbnail", "WEBP")):
            reply = await plain.get(f"/api/assets/{item['id']}/thumbnail?size={size}")
            with Image.open(io.BytesIO(reply.body)) as image:
                assert image.format == form


async def test_a_thumbnail_has_the_shape_and_the_light_of_its_picture(plain: Caller) -> None:
    shapes, hashes = set(), set()
    for item in await plain.listing(main_album(plain.sandbox)):
        ratio = item["width"] / item["height"]
        thumbnail = await plain.get(f"/api/assets/{item['id']}/thumbnail")
        with Image.open(io.BytesIO(thumbnail.body)) as image:
            assert min(image.size) == 250
            assert image.width / image.height == pytest.approx(ratio, rel=0.01)
            mean = ImageStat.Stat(image.convert("RGB")).mean
        header = base64.b64decode(item["thumbhash"])
        assert (header[0] & 63) / 63 == pytest.approx(sum(mean) / 3 / 255, abs=0.05)
        assert header[4] >> 7 == (ratio > 1)
        original = await plain.get(f"/api/assets/{item['id']}/original")
        if item["type"] == "IMAGE":
            with Image.open(io.BytesIO(original.body)) as image:
                assert image.size == (item["width"], item["height"])
        shapes.add(ratio)
        hashes.add(item["thumbhash"])
    assert len(shapes) >= 4
    assert len(hashes) == 21


async def test_a_replaced_file_has_its_own_thumbnail(plain: Caller) -> None:
    asset_id, picture = await first(plain), io.BytesIO()
    before = (await plain.get(f"/api/assets/{asset_id}")).json["thumbhash"]
    Image.new("RGB", (100, 50), (200, 30, 30)).save(picture, "PNG")
    plain.sandbox.library.replace(asset_id, picture.getvalue())
    thumbnail = await plain.get(f"/api/assets/{asset_id}/thumbnail")
    with Image.open(io.BytesIO(thumbnail.body)) as image:
        assert image.size == (100, 50)
    assert (await plain.get(f"/api/assets/{asset_id}")).json["thumbhash"] != before


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=5-", 206, 5, None),
        ("bytes=-10", 206, -10, None),
        ("bytes=0-99999999", 206, 0, None),
        ("bytes=99999999-", 404, None, None),
        ("bytes=10-5", 404, None, None),
        ("bytes=-0", 404, None, None),
        ("bytes=-99999999", 404, None, None),
        ("bytes=0-4,10-14", 200, 0, None),
        ("bytes=abc", 200, 0, None),
        ("items=0-5", 200, 0, None),
    ],
)
async def test_ranges(
    plain: Caller, asked: str, status: int, start: int | None, stop: int | None
) -> None:
    path = f"/api/assets/{await first(plain)}/original"
    whole = (await plain.get(path)).body
    reply = await plain.get(path, Range=asked)
    assert reply.status == status
    if status == 404:
        assert reply.headers["content-range"] == f"bytes */{len(whole)}"
        assert reply.body == b'{"message":"Not Found"}'
        return
    assert reply.body == whole[start:stop]
    if status == 206:
        begin = whole.index(reply.body)
        end = begin + len(reply.body) - 1
        assert reply.headers["content-range"] == f"bytes {begin}-{end}/{len(whole)}"


async def test_conditions(plain: Caller) -> None:
    path = f"/api/assets/{await first(plain)}/original"
    headers = (await plain.get(path)).headers
    etag, modified = headers["etag"], headers["last-modified"]
    old = "Sat, 01 Jan 2000 00:00:00 GMT"
    part = {"Range": "bytes=5-9"}
    expected = [
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": etag.removeprefix("W/")}, 304),
        ({"If_None_Match": etag, "Cache_Control": "no-cache"}, 200),
        ({"If_Modified_Since": modified}, 304),
        ({"If_Match": '"x"'}, 404),
        ({"If_Match": etag}, 200),
        ({"If_Unmodified_Since": old}, 404),
        (part | {"If_Range": etag}, 206),
        (part | {"If_Range": etag.removeprefix("W/")}, 200),
        (part | {"If_Range": '"x"'}, 200),
        (part | {"If_Range": modified}, 206),
        (part | {"If_Range": old}, 200),
    ]
    for sent, status in expected:
        assert (await plain.get(path, **sent)).status == status, sent


async def test_head_has_the_headers_of_get_and_no_body(plain: Caller) -> None:
    path = f"/api/assets/{await first(plain)}/original"
    whole, head = await plain.get(path), await plain.call("HEAD", path)
    assert head.body == b""
    for name in ("content-length", "content-type", "etag", "last-modified", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


async def test_a_name_in_the_header_is_encoded_and_has_no_folder(plain: Caller) -> None:
    asset_id = await first(plain)
    plain.sandbox.library.rename_asset(asset_id, '../a/né "x"\n.jpg')
    reply = await plain.get(f"/api/assets/{asset_id}/original")
    assert (
        reply.headers["content-disposition"] == "inline; filename*=UTF-8''n%C3%A9%20%22x%22%0A.jpg"
    )


async def test_an_edited_asset_keeps_its_original(plain: Caller) -> None:
    asset_id = await first(plain)
    plain.sandbox.library.edit(asset_id, b"edited bytes")
    path = f"/api/assets/{asset_id}"
    original = (await plain.get(f"{path}/original?edited=false")).body
    details = (await plain.get(path)).json
    assert details["isEdited"]
    assert base64.b64encode(hashlib.sha1(original).digest()).decode() == details["checksum"]
    assert (await plain.get(f"{path}/original?edited=true")).body == b"edited bytes"
    assert (await plain.get(f"{path}/original?edited=1")).status == 400


async def test_what_is_not_there(plain: Caller) -> None:
    library, asset_id = plain.sandbox.library, await first(plain)
    library.set_processed(asset_id, processed=False)
    unready = await plain.get(f"/api/assets/{asset_id}/thumbnail")
    assert (unready.status, unready.json) == (404, {"message": "Asset media not found"})
    details = (await plain.get(f"/api/assets/{asset_id}")).json
    assert [details[name] for name in ("thumbhash", "width", "height")] == [None] * 3
    library.set_offline(asset_id)
    assert (await plain.get(f"/api/assets/{asset_id}/original")).status == 404


async def test_a_big_video_is_made_while_it_is_sent() -> None:
    size = 3_000_000
    async with Sandbox(assets=3, big_video=size) as sandbox, caller(sandbox) as big:
        items = await big.listing(main_album(sandbox))
        (video,) = (item for item in items if item["originalFileName"] == "VID_big.mp4")
        data = (await big.get(f"/api/assets/{video['id']}/original")).body
        assert len(data) == size
        assert base64.b64encode(hashlib.sha1(data).digest()).decode() == video["checksum"]
        part = await big.get(f"/api/assets/{video['id']}/original", Range="bytes=1234567-2345678")
        assert part.body == data[1234567:2345679]
