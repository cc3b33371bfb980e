from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from sandbox_calls import caller, main_album

from pentaprism.sandbox.immich import Sandbox, SandboxError

SERVE = """
import asyncio, sys
from pentaprism.sandbox.immich import serve
asyncio.run(serve(port=0, assets=12, seed=3, json=True))
"""


@contextmanager
def program() -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Run a sandbox as a program of its own and yield it with its ready line."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_as_a_program_it_says_when_it_is_ready_and_ends_cleanly(name: signal.Signals) -> None:
    with program() as (process, ready):
        assert set(ready) == {"url", "api_key", "albums"}
        assert ready["albums"][0]["name"] == "Holiday"
        assert ready["albums"][0]["assets"] == 12
        request = urllib.request.Request(
            f"{ready['url']}/api/albums/{ready['albums'][0]['id']}",
            headers={"x-api-key": ready["api_key"]},
        )
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["assetCount"] == 12
        os.kill(process.pid, name)
        out, err = process.communicate()
        assert (process.returncode, out, err) == (0, "", "")


def test_the_ready_line_is_one_line_with_the_largest_album_first() -> None:
    line = Sandbox(assets=40).ready_line()
    assert "\n" not in line
    albums = json.loads(line)["albums"]
    counts = [album["assets"] for album in albums]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 40
    assert sum(album["name"] == albums[0]["name"] for album in albums) == 1


async def test_a_taken_port_is_an_error_with_a_hint() -> None:
    async with Sandbox(assets=1) as first:
        with pytest.raises(SandboxError, match=str(first.port)) as caught:
            await Sandbox(assets=1, port=first.port).start()
    assert caught.value.code == "port_taken"
    assert caught.value.hint
    with (
        Sandbox(assets=1) as second,
        pytest.raises(SandboxError),
        Sandbox(assets=1, port=second.port),
    ):
        pass


def test_it_runs_in_a_thread_for_callers_that_block() -> None:
    with Sandbox(assets=1) as sandbox:
        address = sandbox.url + "/api/server/ping"
        with urllib.request.urlopen(address) as reply:
            assert json.load(reply) == {"res": "pong"}
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)


def summary(sandbox: Sandbox) -> list[tuple[str, str, bytes]]:
    return [(a.id, a.filename, a.content.sha1) for a in sandbox.library.assets.values()]


def test_the_seed_decides_everything() -> None:
    one, again, other = Sandbox(60, seed=7), Sandbox(60, seed=7), Sandbox(60, seed=8)
    assert summary(one) == summary(again)
    assert one.api_key == again.api_key
    assert not {s for _, _, s in summary(one)} & {s for _, _, s in summary(other)}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20, 50, 401])
@pytest.mark.parametrize("hostile", [True, False])
async def test_the_main_album_counts_what_was_asked_for(count: int, hostile: bool) -> None:
    async with Sandbox(assets=count, hostile=hostile) as sandbox, caller(sandbox) as owner:
        album = await owner.get(f"/api/albums/{main_album(sandbox)}")
        assert album.json["assetCount"] == count
        assert len(await owner.listing(main_album(sandbox))) == count


async def test_a_plain_library_of_one_size() -> None:
    size = 65_536
    sandbox = Sandbox(assets=30, hostile=False, size=size, jpeg_only=True)
    async with sandbox, caller(sandbox) as owner:
        items = await owner.listing(main_album(sandbox), withExif=True)
        assert {item["exifInfo"]["fileSizeInByte"] for item in items} == {size}
        assert {item["originalMimeType"] for item in items} == {"image/jpeg"}
        assert len({item["originalFileName"] for item in items}) == 30
        assert len({item["checksum"] for item in items}) == 30


async def test_a_hundred_thousand_assets_are_listed() -> None:
    async with Sandbox(assets=100_000, hostile=False) as sandbox, caller(sandbox) as owner:
        asked = {"albumIds": [main_album(sandbox)], "size": 1000, "order": "asc"}
        seen: set[str] = set()
        for page in range(1, 101):
            reply = await owner.post("/api/search/metadata", asked | {"page": page})
            found = orjson.loads(reply.body)["assets"]
            seen |= {item["id"] for item in found["items"]}
        assert len(seen) == 100_000
        assert found["nextPage"] is None


async def test_json_is_compressed_where_it_is_accepted() -> None:
    async with Sandbox(assets=30) as sandbox, caller(sandbox) as owner:
        packed = await owner.get("/api/albums", Accept_Encoding="gzip")
        bare = await owner.get("/api/albums", Accept_Encoding="identity")
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in bare.headers
        assert packed.body == bare.body
        same = await owner.get("/api/albums", If_None_Match=bare.headers["etag"])
        assert (same.status, same.body) == (304, b"")


async def test_an_idle_connection_is_announced_and_kept() -> None:
    async with Sandbox(assets=1) as sandbox:
        reader, writer = await asyncio.open_connection(sandbox.host, sandbox.port)
        for _ in range(2):
            writer.write(b"GET /api/server/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"Keep-Alive: timeout=5" in head
            assert b"Server:" not in head
            assert await reader.readexactly(14) == b'{"res":"pong"}'
        writer.close()


@pytest.mark.parametrize("version", ["1.140.0", "2.7.5", "3.1.0", "4.0.0"])
async def test_versions(version: str) -> None:
    async with Sandbox(assets=20, hostile=False, version=version) as sandbox:
        async with caller(sandbox) as owner:
            numbers = (await owner.get("/api/server/version")).json
            assert [str(numbers[n]) for n in ("major", "minor", "patch")] == version.split(".")
            album = (await owner.get(f"/api/albums/{main_album(sandbox)}")).json
            video = next(
                item for item in await owner.listing(main_album(sandbox)) if item["type"] == "VIDEO"
            )
            error = (await owner.get("/api/albums/x")).json
        old = numbers["major"] < 3
        assert (len(album.get("assets", [])) == 20) is old
        assert ("owner" in album) is old
        assert video["duration"] == ("0:00:01.00000" if old else 1000)
        assert ("statusCode" in error) is old


def test_the_package_loads_no_picture_library() -> None:
    said = "import sys, pentaprism.sandbox.immich; print({'PIL', 'av'} & set(sys.modules))"
    made = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert made.stdout == "set()\n"
