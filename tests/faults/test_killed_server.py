"""kill -9 at random points of a server that runs mirrors: the same run goes on, nothing is twice.

A few kills run with every `make test`, many with `make soak`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from http_world import CALLBACK, Client, consent, free_port, settings_of
from web_world import KEY

from pentaprism.access import Tokens
from pentaprism.app import App
from pentaprism.jobs.schedule import interval
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.settings import Settings
from pentaprism.store.records import Run

ALBUM = "Holiday"
IN_FLIGHT = 32


@dataclass
class House:
    """An Immich, a Google, a database with one mirror, and the server as a process."""

    home: Path
    sandbox: Sandbox
    google: GoogleSandbox
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    token: str = ""
    mirror_id: str = ""

    @property
    def settings(self) -> Settings:
        return settings_of(self.home, self.google, immich_retries=5)

    @property
    def folder(self) -> Path:
        return self.home / "photos"

    def set_up(self, to: str, *, due: datetime | None = None) -> None:
        """Define a mirror of the album to a folder or to Google, and make a token for it."""

        async def work() -> None:
            async with App.open(self.settings) as app:
                connection, _ = await app.connect(self.sandbox.url, self.sandbox.api_key, home=True)
                owner = connection.owner_id
                person = await app.store.people.save(
                    owner, server_url=connection.url, name="A", email="a@b.c", is_admin=True
                )
                _, self.token = await Tokens(app.store, app.clock).make(person, "test")
                if to == "google-photos":
                    started = await app.accounts.start(CALLBACK, owner_id=owner)
                    answer = await consent(started.authorize_url)
                    await app.accounts.finish(answer, owner_id=owner)
                async with app.immich(connection) as client:
                    album = next(a for a in await client.albums() if a.name == ALBUM)
                mirror = await (await app.definition(connection, album, to)).save()
                self.mirror_id = mirror.id
                if due is not None:
                    schedule = interval(60 * 24).record()
                    await app.store.mirrors.update(mirror.id, schedule=schedule, next_run_at=due)

        asyncio.run(work())

    def start(self, *, wait: bool = True, port: int | None = None) -> subprocess.Popen[str]:
        """Start the server; with ``wait`` return when it answers."""
        environment = {
            **os.environ,
            "APP_SECRET_KEY": KEY,
            "DATABASE_PATH": str(self.home / "data.db"),
            "GOOGLE_URL": self.google.url,
        }
        command = [sys.executable, "-m", "pentaprism", "serve", "--gateway-port", "off"]
        with (self.home / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port or self.port)],
                env=environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        if wait:
            until(self.answers)
        return self.process

    def answers(self) -> bool:
        assert self.process is None or self.process.poll() is None, self.log
        with suppress(OSError):
            return Client(self.port).ask("GET", "/healthz").status == 200
        return False

    @property
    def log(self) -> str:
        return (self.home / "server.log").read_text()

    def send(self, number: int, seconds: float = 30) -> int:
        """Send the server a signal and return how it ended."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def api(self, method: str, path: str) -> Any:
        body: object = {} if method == "POST" else None
        answer = Client(self.port).ask(method, path, token=self.token, json_body=body)
        assert answer.status < 300, answer
        return answer.json

    def begin(self) -> str:
        """Start a run and return its id."""
        return str(self.api("POST", "/api/sync/run")["run_id"])

    def status(self, run_id: str) -> str:
        return str(self.api("GET", f"/api/runs/{run_id}")["status"])

    def page(self, run_id: str) -> int:
        """Return the status of the run's page, which a token does not open."""
        return Client(self.port).ask("GET", f"/runs/{run_id}", token=self.token).status

    def runs(self) -> list[Run]:
        """Return all runs as they are recorded, the newest first."""

        async def work() -> list[Run]:
            async with App.open(self.settings) as app:
                return await app.store.runs.recent(100)

        return asyncio.run(work())

    def expected(self) -> Counter[str]:
        """Return the SHA-1 of every file that the folder shall hold."""
        library = self.sandbox.library
        members = [library.assets[id_] for id_ in library.album_named(ALBUM).assets]
        videos = [library.assets[m.live_video_id] for m in members if m.live_video_id]
        return Counter(
            hashlib.sha1(read(asset.content)).hexdigest() for asset in [*members, *videos]
        )

    def files(self) -> Counter[str]:
        return Counter(
            hashlib.sha1(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file() and ".pentaprism" not in path.relative_to(self.folder).parts
        )

    @property
    def originals(self) -> int:
        return self.sandbox.traffic.of("original").requests


@contextmanager
def house(home: Path, *, assets: int = 60, latency: float = 0.05) -> Iterator[House]:
    with (
        Sandbox(assets=assets, seed=3, hostile=False, jpeg_only=True, latency=latency) as sandbox,
        GoogleSandbox(consent=True, latency=latency) as google,
    ):
        made = House(home, sandbox, google)
        try:
            yield made
        finally:
            if made.process is not None and made.process.poll() is None:
                made.process.kill()
                made.process.wait()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def kill_until_done(house: House, *, kills: int, seed: int, longest: float) -> None:
    """Kill the server at random moments of one run, and let it go on by itself each time."""
    moments = random.Random(seed)
    house.start()
    run_id = house.begin()
    interrupted = 0
    for number in range(kills):
        time.sleep(moments.uniform(0.0, longest))
        interrupted += house.status(run_id) == "RUNNING"
        house.send(signal.SIGKILL)
        assert [run.id for run in house.runs()] == [run_id]
        # Now and then it does not even come to answering.
        if number % 3 == 2:
            house.start(wait=False)
            time.sleep(moments.uniform(0.3, 1.5))
            house.send(signal.SIGKILL)
        house.start()
    assert interrupted >= min(2, kills)
    until(lambda: house.status(run_id) == "OK", 90)
    assert house.page(run_id) == 303
    assert [run.id for run in house.runs()] == [run_id]
    assert "Traceback" not in house.log
    assert house.send(signal.SIGTERM) == 0


def test_a_killed_server_goes_on_with_its_run_to_a_folder(tmp_path: Path) -> None:
    with house(tmp_path, assets=150, latency=0.1) as made:
        made.set_up(f"folder:{made.folder}")
        kill_until_done(made, kills=5, seed=5, longest=0.6)
        assert made.files() == made.expected()
        assert os.listdir(made.folder / ".pentaprism/tmp") == []
        assert made.originals <= sum(made.expected().values()) + 7 * IN_FLIGHT


def test_a_killed_server_puts_nothing_twice_at_google(tmp_path: Path) -> None:
    with house(tmp_path, assets=120, latency=0.15) as made:
        made.set_up("google-photos")
        kill_until_done(made, kills=3, seed=6, longest=0.8)
        check_google(made)


def check_google(house: House) -> None:
    """Check that each photo is in the one album that is not empty, once."""
    (filled,) = [album for album in house.google.albums() if album["items"]]
    assert Counter(item["sha1"] for item in filled["items"]) == house.expected()


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_forty_times(tmp_path: Path, seed: int) -> None:
    with house(tmp_path, assets=600, latency=0.4) as made:
        made.set_up("google-photos" if seed == 1 else f"folder:{made.folder}")
        kill_until_done(made, kills=40, seed=seed, longest=1.5)
        if seed == 1:
            check_google(made)
        else:
            assert made.files() == made.expected()


def test_a_server_that_is_told_to_end_parks_its_run(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.set_up(f"folder:{made.folder}")
        made.sandbox.faults.add("stall", route="original", skip=20, seconds=600)
        made.start()
        run_id = made.begin()
        until(lambda: made.originals > 20)
        began = time.monotonic()
        assert made.send(signal.SIGTERM) == 0
        assert time.monotonic() - began < 10
        (run,) = made.runs()
        assert (run.id, run.status, run.code) == (run_id, "WAITING", "stopping")
        assert os.listdir(made.folder / ".pentaprism/tmp") == []
        made.sandbox.faults.clear()
        made.start()
        until(lambda: made.status(run_id) == "OK")
        assert made.files() == made.expected()
        assert [run.id for run in made.runs()] == [run_id]
        assert "Traceback" not in made.log


def test_a_second_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        made.set_up(f"folder:{made.folder}")
        made.sandbox.faults.add("stall", route="original", skip=5, seconds=600)
        made.start()
        run_id = made.begin()
        until(lambda: made.originals > 5)
        assert made.process is not None
        with closing(watching(made, run_id)):
            made.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            began = time.monotonic()
            made.send(signal.SIGINT)
        assert time.monotonic() - began < 3
        made.sandbox.faults.clear()
        made.start()
        until(lambda: made.status(run_id) == "OK")
        assert made.files() == made.expected()


def watching(house: House, run_id: str) -> socket.socket:
    """Return a connection on which the events of a run are sent."""
    stream = socket.create_connection(("127.0.0.1", house.port), timeout=10)
    stream.sendall(
        f"GET /api/runs/{run_id}/events HTTP/1.1\r\nHost: localhost:{house.port}\r\n"
        f"Accept: text/event-stream\r\nAuthorization: Bearer {house.token}\r\n\r\n".encode()
    )
    assert b"200" in stream.recv(1000)
    return stream


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with house(tmp_path) as made, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = made.start(wait=False, port=port)
        assert process.wait(30) == 3
        assert f"Port {port} at 127.0.0.1 cannot be had" in made.log
        assert "--port" in made.log
        assert "Traceback" not in made.log


def test_an_immich_that_is_away_at_the_start_is_found_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with (
        GoogleSandbox(consent=True) as google,
        Sandbox(assets=20, seed=3, port=port, hostile=False, jpeg_only=True) as sandbox,
    ):
        made = House(tmp_path, sandbox, google)
        made.set_up(f"folder:{made.folder}", due=datetime.now(UTC) - timedelta(hours=1))
    made.start()
    try:
        assert made.answers()
        until(lambda: bool(made.runs()))
        with (
            GoogleSandbox(consent=True),
            Sandbox(assets=20, seed=3, port=port, hostile=False, jpeg_only=True) as again,
        ):
            made.sandbox = again
            until(lambda: made.runs()[0].status != "RUNNING", 60)
            run_id = made.runs()[0].id
            if made.status(run_id) != "OK":
                run_id = made.begin()
                until(lambda: made.status(run_id) == "OK")
            assert made.files() == made.expected()
        assert "Traceback" not in made.log
    finally:
        made.send(signal.SIGKILL)


def test_what_came_due_meanwhile_is_run_once(tmp_path: Path) -> None:
    with house(tmp_path, assets=10, latency=0) as made:
        made.set_up(f"folder:{made.folder}", due=datetime.now(UTC) - timedelta(days=3))
        for _ in range(2):
            made.start()
            until(lambda: [run.status for run in made.runs()] == ["OK"])
            time.sleep(0.5)
            (run,) = made.runs()
            assert run.started_by == "schedule"
            assert made.send(signal.SIGTERM) == 0
        assert made.files() == made.expected()
