"""kill -9 at random points of a mirror to a faulty Google: at the end each photo is there once.

A few kills run with every `make test`, a hundred with `make soak`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from google_world import REDIRECT, consent
from pydantic import SecretStr

from pentaprism.app import App
from pentaprism.sandbox.google import GoogleSandbox, GoogleSettings
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.settings import Settings

ALBUM = "Holiday"
IN_FLIGHT = 32
BATCH = 50
KEY = "forty characters of nothing to be guessed"


class Target:
    """Both servers, and the program that mirrors the one to the other as a process."""

    def __init__(self, immich: Sandbox, google: GoogleSandbox, home: Path) -> None:
        self.immich, self.google = immich, google
        self.environment = {
            **os.environ,
            "APP_SECRET_KEY": KEY,
            "DATABASE_PATH": str(home / "data.db"),
            "IMMICH_URL": immich.url,
            "IMMICH_API_KEY": immich.api_key,
            "GOOGLE_URL": google.url,
        }
        library = immich.library
        members = [library.assets[id_] for id_ in library.album_named(ALBUM).assets]
        self.taken = {
            hashlib.sha1(read(asset.content)).hexdigest(): asset.taken for asset in members
        }
        assert len(self.taken) == len(members)
        asyncio.run(self._connect(home))

    async def _connect(self, home: Path) -> None:
        settings = Settings(
            app_secret_key=SecretStr(KEY),
            database_path=home / "data.db",
            google_url=self.google.url,
            google_client_id=self.google.client_id,
            google_client_secret=SecretStr(self.google.client_secret),
        )
        async with App.open(settings) as app:
            started = await app.accounts.start(REDIRECT)
            await app.accounts.finish(await consent(started.authorize_url))

    def start(self) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "pentaprism", "mirror", ALBUM, "--to", "google-photos"]
        return subprocess.Popen(
            [*program, "--json"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_and_kill(self, after: float) -> bool:
        """Start the program and kill it after so many seconds; return whether it was running."""
        process = self.start()
        deadline = time.monotonic() + after
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return running

    def run(self) -> dict[str, object]:
        """Run the program to its end and return what it printed."""
        out, err = self.start().communicate(timeout=300)
        assert "Traceback" not in err, err
        answer: dict[str, object] = json.loads(out)
        return answer

    def check(self) -> None:
        """Check that each photo is in the one album that is not empty, once, in order."""
        filled = [album for album in self.google.albums() if album["items"]]
        assert len(filled) == 1
        sha1s = [item["sha1"] for item in filled[0]["items"]]
        assert sorted(sha1s) == sorted(self.taken)
        times = [self.taken[sha1] for sha1 in sha1s]
        assert times == sorted(times)

    @property
    def extra_uploads(self) -> int:
        return sum(upload["uploads"] - 1 for upload in self.google.uploads())


def add_faults(google: GoogleSandbox, seed: int) -> None:
    """Let some requests break off, before or after they were carried out, or fail for a moment."""
    add = google.faults.add
    add("drop_before", route="uploads", probability=0.01, seed=seed)
    add("drop_reply", route="uploads", probability=0.01, seed=seed + 1)
    add("status", route="uploads", probability=0.01, seed=seed + 2)
    add("drop_reply", route="batchCreate", probability=0.15, seed=seed + 3)
    add("status", route="batchCreate", probability=0.05, seed=seed + 4)
    add("item_code", route="batchCreate", probability=0.1, item=20, seed=seed + 5)
    add("unauthorized", probability=0.005, seed=seed + 6)


def kill_until_done(target: Target, *, kills: int, seed: int, longest: float) -> None:
    moments = random.Random(seed)
    add_faults(target.google, seed)
    interrupted = sum(target.run_and_kill(moments.uniform(0.6, longest)) for _ in range(kills))
    assert interrupted >= min(3, kills)
    lost = [f for f in target.google.faults.listed() if f["kind"] == "drop_reply"]
    last = target.run()
    assert last["status"] == "OK", last
    target.check()
    reuse = target.google.settings.upload_reuse
    # What was in flight at each kill, and what Google took without our hearing of it.
    allowed = kills * IN_FLIGHT + sum(f["fired"] for f in lost if f["route"] == "uploads")
    if reuse != "accept":
        creates = sum(f["fired"] for f in lost if f["route"] == "batchCreate")
        allowed += (interrupted + creates) * BATCH
    assert target.extra_uploads <= allowed
    again = target.run()
    assert (again["uploaded"], again["failed"], again["bytes"]) == (0, 0, 0)
    target.check()


def mirror_and_kill(
    home: Path, *, assets: int, kills: int, seed: int, latency: float, longest: float, reuse: str
) -> None:
    settings = GoogleSettings(upload_reuse=reuse)  # type: ignore[arg-type]  # one of its words
    with (
        Sandbox(assets=assets, seed=seed, port=0, hostile=False, jpeg_only=True) as immich,
        GoogleSandbox(consent=True, latency=latency, settings=settings) as google,
    ):
        target = Target(immich, google, home)
        kill_until_done(target, kills=kills, seed=seed, longest=longest)


@pytest.mark.parametrize("reuse", ["accept", "refuse_request"])
def test_killed_now_and_then(tmp_path: Path, reuse: str) -> None:
    mirror_and_kill(tmp_path, assets=120, kills=2, seed=7, latency=0.1, longest=2.0, reuse=reuse)


@pytest.mark.soak
@pytest.mark.parametrize("reuse", ["accept", "refuse_item", "refuse_request"])
def test_killed_a_hundred_times(tmp_path: Path, reuse: str) -> None:
    mirror_and_kill(tmp_path, assets=300, kills=100, seed=11, latency=0.6, longest=3.0, reuse=reuse)


def test_two_processes_at_once_put_each_photo_once(tmp_path: Path) -> None:
    with (
        Sandbox(assets=120, seed=5, port=0, hostile=False, jpeg_only=True) as immich,
        GoogleSandbox(consent=True, latency=0.2) as google,
    ):
        target = Target(immich, google, tmp_path)
        processes = [target.start() for _ in range(3)]
        answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
        done = [answer for answer in answers if answer.get("status") == "OK"]
        refused = [answer["error"]["code"] for answer in answers if "status" not in answer]
        assert len(done) + len(refused) == 3
        assert sum(answer["uploaded"] for answer in done) == 120
        assert set(refused) <= {"locked"}
        target.check()
        assert target.extra_uploads == 0


def test_the_network_comes_back(tmp_path: Path) -> None:
    with (
        Sandbox(assets=60, seed=6, port=0, hostile=False, jpeg_only=True) as immich,
        GoogleSandbox(consent=True, latency=0.1) as google,
    ):
        target = Target(immich, google, tmp_path)
        google.faults.add("drop_before", skip=30, times=60)
        process = target.start()
        out, err = process.communicate(timeout=110)
        assert "Traceback" not in err
        assert json.loads(out)["status"] == "OK"
        target.check()
