"""Measures a mirror to Google Photos against its limit and a plain client, in one run.

Both servers are the sandboxes, with latency before each reply and a bandwidth of their own;
`bench/README.md` tells how to read it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from peers import Cost, run

HERE = Path(__file__).resolve().parent
PENTAPRISM = [sys.executable, "-m", "pentaprism"]
BATCH = 50
MB = 1_000_000


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--size", type=int, default=2 * MB)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--bandwidth", type=int, default=125 * MB, help="bytes a second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("parts", nargs="*", default=["speed", "memory"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mirror-google-") as work:
        if "speed" in chosen.parts:
            measure_speed(chosen, Path(work))
        if "memory" in chosen.parts:
            measure_memory(Path(work))


def measure_speed(chosen: argparse.Namespace, work: Path) -> None:
    """Print our time as a ratio to the limit and to the plain client."""
    total = chosen.photos * chosen.size
    limit = total / chosen.bandwidth + chosen.photos / BATCH * chosen.latency
    network = ["--latency", str(chosen.latency), "--bandwidth", str(chosen.bandwidth)]
    photos = ["--assets", str(chosen.photos), "--size", str(chosen.size)]
    ours, plain = [], []
    with server("immich", *network, *photos) as immich:
        for number in range(chosen.rounds):
            with server("google", *network) as google:
                ours.append(mirror(immich, google, work / f"{number}.db").wall)
                check(google, chosen.photos)
            if number == 0:  # it takes minutes, and waits for the network nearly all of them
                with server("google", *network) as google:
                    began = time.monotonic()
                    asyncio.run(copy_plainly(immich, google))
                    plain.append(time.monotonic() - began)
                    check(google, chosen.photos)
    mine = statistics.median(ours)
    print(
        f"{chosen.photos} photos of {chosen.size:,} bytes, {chosen.latency * 1000:.0f} ms, ", end=""
    )
    print(f"{chosen.bandwidth / MB:.0f} MB/s")
    print(f"  ours          {mine:7.2f} s  ({min(ours):.2f} to {max(ours):.2f})")
    print(f"  the limit     {limit:7.2f} s  ours is {mine / limit:.2f} times that, aim 1.3")
    print(f"  plain client  {plain[0]:7.2f} s  ours is {plain[0] / mine:.1f} times as fast, aim 12")


def measure_memory(work: Path) -> None:
    """Print what a large video and a large album cost above an album of nothing."""
    with server("google") as google, server("immich", "--assets", "0") as immich:
        idle = mirror(immich, google, work / "idle.db", album="Empty").peak
    print(f"memory: a run over an empty album {idle:.0f} MB")
    for what, options in (
        ("a video of 2 GB", ["--assets", "1", "--big-video", str(2_000 * MB)]),
        ("20,000 photos", ["--assets", "20000"]),
    ):
        with server("google") as google, server("immich", *options) as immich:
            peak = mirror(immich, google, work / f"{len(what)}.db").peak
        print(f"  {what}: {peak - idle:+.0f} MB, aim at most +60 MB")


def mirror(
    immich: dict[str, typing.Any],
    google: dict[str, typing.Any],
    database: Path,
    album: str = "Holiday",
) -> Cost:
    """Mirror an album as the command does, with its start, and return what it cost."""
    environment = {
        **os.environ,
        "APP_SECRET_KEY": "a key that is long enough for a benchmark of this kind",
        "DATABASE_PATH": str(database),
        "IMMICH_URL": immich["url"],
        "IMMICH_API_KEY": immich["api_key"],
        "GOOGLE_URL": google["url"],
        "GOOGLE_CLIENT_ID": google["client_id"],
        "GOOGLE_CLIENT_SECRET": google["client_secret"],
        "GOOGLE_DAILY_REQUESTS": "10000000",
    }
    connect(environment)
    command = [*PENTAPRISM, "mirror", album, "--to", "google-photos", "--json"]
    return run(command, log=database.with_suffix(".log"), env=environment)


def connect(environment: dict[str, str]) -> None:
    """Connect an account, with a browser's part played here."""
    command = [*PENTAPRISM, "account", "connect", "--json"]
    with subprocess.Popen(command, env=environment, stdout=-1, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["authorize_url"]
        subprocess.run(["curl", "-sL", "-o", os.devnull, url], check=True)
        process.communicate()


@contextmanager
def server(which: str, *options: str) -> Iterator[dict[str, typing.Any]]:
    """Run one of the servers, and yield what it says when it is ready."""
    command = [sys.executable, str(HERE / "google_servers.py"), which, *options]
    with subprocess.Popen(command, stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def check(google: dict[str, typing.Any], photos: int) -> None:
    """Fail unless every photo is in the album."""
    command = ["curl", "-s", f"{google['url']}/sandbox/albums"]
    albums = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert [len(album["items"]) for album in albums] == [photos]


async def copy_plainly(immich: dict[str, typing.Any], google: dict[str, typing.Any]) -> None:
    """Do what the simplest tools do: one download, one upload, one create at a time."""
    async with aiohttp.ClientSession() as session:
        token = await sign_in(session, google)
        to_google = {"Authorization": f"Bearer {token}"}
        to_immich = {"x-api-key": immich["api_key"]}
        api = f"{google['url']}/v1"
        body = {"album": {"title": "Holiday"}}
        async with session.post(f"{api}/albums", json=body, headers=to_google) as made:
            album = (await made.json())["id"]
        for asset_id in await list_album(session, immich, to_immich):
            original = f"{immich['url']}/api/assets/{asset_id}/original"
            async with session.get(original, headers=to_immich) as response:
                data = await response.read()
            headers = to_google | {"X-Goog-Upload-Protocol": "raw"}
            async with session.post(f"{api}/uploads", data=data, headers=headers) as response:
                upload = await response.text()
            new = {"simpleMediaItem": {"uploadToken": upload, "fileName": f"{asset_id}.jpg"}}
            items = {"albumId": album, "newMediaItems": [new]}
            create = f"{api}/mediaItems:batchCreate"
            async with session.post(create, json=items, headers=to_google) as response:
                assert response.status == 200, await response.text()


async def list_album(
    session: aiohttp.ClientSession, immich: dict[str, typing.Any], headers: dict[str, str]
) -> list[str]:
    """Return the ids of the assets of the largest album."""
    found: list[str] = []
    page: str | None = "1"
    while page is not None:
        query = {"albumIds": [immich["albums"][0]["id"]], "page": int(page), "size": 1000}
        search = f"{immich['url']}/api/search/metadata"
        async with session.post(search, json=query, headers=headers) as response:
            assets = (await response.json())["assets"]
        found += [asset["id"] for asset in assets["items"]]
        page = assets["nextPage"]
    return found


async def sign_in(session: aiohttp.ClientSession, google: dict[str, typing.Any]) -> str:
    """Return an access token."""
    redirect = "http://localhost:1/"
    query = {
        "client_id": google["client_id"],
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": "https://www.googleapis.com/auth/photoslibrary.appendonly",
    }
    page = f"{google['url']}/o/oauth2/v2/auth"
    async with session.get(page, params=query, allow_redirects=False) as response:
        code = response.headers["Location"].partition("code=")[2].partition("&")[0]
    form = {
        "grant_type": "authorization_code",
        "code": code.replace("%2F", "/"),
        "redirect_uri": redirect,
        "client_id": google["client_id"],
        "client_secret": google["client_secret"],
    }
    async with session.post(f"{google['url']}/token", data=form) as response:
        return str((await response.json())["access_token"])


if __name__ == "__main__":
    main()
