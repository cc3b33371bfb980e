"""Whom the end of a run is told, and how often: by a real server that takes the messages."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from job_world import jobs
from mirror_world import World

from pentaprism.app import App, RunOptions
from pentaprism.jobs.notices import Notices
from pentaprism.jobs.runner import Runner
from pentaprism.store.records import Counters, Mirror, Run, RunEvent, RunStatus

SITE = "https://photos.example.org"


@dataclass
class Listener:
    """A server for notices, and what it was told."""

    port: int = 0
    status: int = 200
    told: list[dict[str, Any]] = field(default_factory=list)

    def serve(self) -> ThreadingHTTPServer:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                listener.told.append(json.loads(self.rfile.read(length)))
                self.send_response(listener.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @property
    def titles(self) -> list[str]:
        return [told["title"] for told in self.told]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    server = listening.serve()
    yield listening
    server.shutdown()
    server.server_close()


@dataclass
class Telling:
    """A mirror of somebody who wants to be told, and what happens to it."""

    world: World
    app: App
    mirror: Mirror
    owner: str
    notices: Notices

    def restart(self) -> None:
        """Forget what a process knows that has ended."""
        self.notices = Notices(self.app, lambda path: SITE + path)

    async def listen_at(self, *urls: str) -> None:
        await self.app.store.people.set_notification_urls(self.owner, urls)

    async def ends(
        self,
        status: RunStatus,
        code: str | None = None,
        reason: str | None = None,
        *,
        until: datetime | None = None,
        run: Run | None = None,
        counters: Counters = Counters(),  # noqa: B008 - frozen
    ) -> Run:
        """Let a run end and tell of it; ``run`` is one that waited, and was taken up."""
        self.world.pass_time(seconds=1)
        run = run or await self.app.store.runs.start(self.mirror.id, expected=10)
        done = await self.app.store.runs.finish(
            run.id, status, counters, reason, waits_until=until, code=code
        )
        await self.notices.tell(self.mirror, done)
        return done

    async def fails(self, code: str = "bad_key") -> Run:
        return await self.ends(RunStatus.FAILED, code, f"It failed by {code}.")

    @property
    def later(self) -> datetime:
        return self.world.now + timedelta(hours=8)

    async def recorded(self) -> list[tuple[str, str | None]]:
        notices = await self.app.store.notices.recent(self.owner)
        return [(notice.kind, notice.error) for notice in reversed(notices)]


@pytest.fixture
async def telling(world: World, listener: Listener) -> AsyncIterator[Telling]:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        owner = job.connection.owner_id
        await job.app.store.people.save(
            owner, server_url=world.sandbox.url, name="Ann", email="a@example.org", is_admin=False
        )
        notices = Notices(job.app, lambda path: SITE + path)
        made = Telling(world, job.app, mirror, owner, notices)
        await made.listen_at(f"json://127.0.0.1:{listener.port}/")
        yield made


async def test_a_failure_is_told_once_and_another_reason_again(
    telling: Telling, listener: Listener
) -> None:
    run = await telling.fails()
    assert listener.titles == ["“Holiday” is not being mirrored"]
    message = listener.told[0]["message"]
    assert "It failed by bad_key." in message
    assert message.endswith(f"{SITE}/runs/{run.id}")
    await telling.fails()
    await telling.fails()
    assert len(listener.told) == 1
    await telling.fails("disk_full")
    assert len(listener.told) == 2
    assert "disk_full" in listener.told[1]["message"]
    assert await telling.recorded() == [("run_failed", None)] * 2


async def test_the_hint_of_the_last_event_is_in_the_message(
    telling: Telling, listener: Listener
) -> None:
    run = await telling.app.store.runs.start(telling.mirror.id)
    hint = RunEvent(
        "run_failed", "error", "It failed.", telling.world.now, details={"hint": "Empty the disk."}
    )
    await telling.app.store.write((), run.id, None, [hint])
    await telling.ends(RunStatus.FAILED, "disk_full", "The disk is full.", run=run)
    assert "What to do: Empty the disk." in listener.told[0]["message"]


async def test_it_is_told_when_all_is_well_again_and_only_then(
    telling: Telling, listener: Listener
) -> None:
    await telling.ends(RunStatus.OK)
    assert listener.told == []
    await telling.fails()
    await telling.ends(RunStatus.CANCELLED, "cancelled", "The run was cancelled.")
    await telling.fails()
    assert len(listener.told) == 1
    await telling.ends(RunStatus.OK, counters=Counters(total=3, uploaded=3))
    await telling.ends(RunStatus.OK)
    assert listener.titles[1:] == ["“Holiday” is mirrored again"]
    assert "put 3 files there" in listener.told[1]["message"]
    await telling.fails()
    assert len(listener.told) == 3


async def test_a_restart_is_no_reason_to_be_told_again(
    telling: Telling, listener: Listener
) -> None:
    await telling.fails()
    telling.restart()
    await telling.fails()
    assert len(listener.told) == 1
    telling.restart()
    await telling.ends(RunStatus.OK)
    assert listener.titles[1:] == ["“Holiday” is mirrored again"]


async def test_a_used_up_quota_is_told_once_however_many_days_it_takes(
    telling: Telling, listener: Listener
) -> None:
    run = await telling.ends(
        RunStatus.WAITING, "quota", "The day's requests are used up.", until=telling.later
    )
    assert len(listener.told) == 1
    assert "goes on" in listener.titles[0]
    for _ in range(3):
        await telling.ends(
            RunStatus.WAITING, "quota", "They are used up.", until=telling.later, run=run
        )
    assert len(listener.told) == 1
    await telling.ends(RunStatus.OK, run=run)
    assert len(listener.told) == 1
    assert await telling.recorded() == [("quota_reached", None)]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_run_that_waits_again_under_its_id_is_told_once(
    telling: Telling, listener: Listener, restart: bool
) -> None:
    run = await telling.ends(RunStatus.WAITING, "reconnect", "Google wants a sign-in.")
    assert listener.titles == ["“Holiday” waits for you to sign in again"]
    assert listener.told[0]["message"].endswith(f"{SITE}/accounts")
    if restart:
        telling.restart()
    await telling.ends(RunStatus.WAITING, "reconnect", "Google wants a sign-in.", run=run)
    assert len(listener.told) == 1
    await telling.ends(RunStatus.OK, run=run)
    assert listener.titles[1:] == ["“Holiday” is mirrored again"]


@pytest.mark.parametrize("code", ["paused", "queued", "stopping"])
async def test_what_somebody_wanted_is_not_told(
    telling: Telling, listener: Listener, code: str
) -> None:
    run = await telling.ends(RunStatus.WAITING, code, "It waits.")
    await telling.ends(RunStatus.WAITING, code, "It waits.", until=telling.later, run=run)
    await telling.ends(RunStatus.OK, run=run)
    assert listener.told == []
    assert await telling.recorded() == []


async def test_a_pause_in_between_does_not_hide_that_it_is_well_again(
    telling: Telling, listener: Listener
) -> None:
    await telling.fails()
    run = await telling.ends(RunStatus.WAITING, "paused", "The mirror was paused.")
    await telling.ends(RunStatus.OK, run=run)
    assert listener.titles[1:] == ["“Holiday” is mirrored again"]


async def test_nobody_is_told_who_gave_no_address(telling: Telling, listener: Listener) -> None:
    await telling.listen_at()
    await telling.fails()
    assert await telling.notices.try_out(telling.owner) is None
    assert listener.told == []
    assert await telling.recorded() == []


async def test_somebody_who_never_signed_in_is_no_error(world: World, listener: Listener) -> None:
    async with jobs(world) as job:
        mirror = await job.mirror("Holiday")
        run = await job.app.store.runs.start(mirror.id)
        failed = await job.app.store.runs.finish(
            run.id, RunStatus.FAILED, Counters(), "It failed.", code="bad_key"
        )
        await Notices(job.app, lambda path: path).tell(mirror, failed)
        assert listener.told == []


async def test_an_address_that_does_not_answer_is_recorded_and_hides_none(
    telling: Telling, listener: Listener
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = taken.getsockname()[1]
    await telling.listen_at(
        f"json://anna:hush-hush-hush@127.0.0.1:{dead}/", f"json://127.0.0.1:{listener.port}/"
    )
    await telling.fails()
    assert len(listener.told) == 1
    ((kind, error),) = await telling.recorded()
    assert kind == "run_failed"
    assert error is not None
    assert "could not be reached" in error
    assert "hush-hush-hush" not in error
    assert "anna" not in error


async def test_an_address_that_refuses_is_told_to_whoever_tries_it(
    telling: Telling, listener: Listener
) -> None:
    assert await telling.notices.try_out(telling.owner) is None
    assert listener.titles == ["Pentaprism can reach you here"]
    assert f"{SITE}/settings" in listener.told[0]["message"]
    listener.status = 403
    error = await telling.notices.try_out(telling.owner)
    assert error is not None
    assert "403" in error
    assert await telling.recorded() == [("test", None), ("test", error)]


async def test_a_run_of_the_runner_is_told(telling: Telling, listener: Listener) -> None:
    sandbox = telling.world.sandbox
    runner = Runner(telling.app, at_once=1, ended=telling.notices.tell)
    try:
        sandbox.library.remove_key(sandbox.api_key)
        run = await runner.start(telling.mirror, RunOptions())
        while runner.live(telling.mirror.id) is not None or not listener.told:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.01)
    finally:
        await runner.close()
    assert listener.titles == ["“Holiday” is not being mirrored"]
    assert (await telling.app.store.runs.get(run.id)).status is RunStatus.FAILED
