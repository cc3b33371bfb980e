"""Runs over HTTP: begun once, watched, cancelled, and told of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from api_world import ApiWorld

from pentaprism.api.stream import HEARTBEAT, LASTS, watch
from pentaprism.mirrors.events import Code, event
from pentaprism.store import RunStatus


async def test_a_run_of_the_first_mirror_is_begun_once(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    first = await world.mirror(connection, world.album("Summer", 40))
    await world.mirror(connection, world.album("Winter", 1))
    world.world.sandbox.faults.add("slow", route="original", seconds=0.2)
    begun = await caller.post("/api/sync/run")
    assert begun.status == 200, begun.text
    assert set(begun.body) == {"success", "run_id", "message"}
    assert begun.body["success"] is True
    again = await caller.post("/api/sync/run", {"mirror_id": first.id})
    assert (again.status, again.code) == (409, "locked")
    assert again.body["run_id"] == begun.body["run_id"]
    also = await caller.post(f"/api/mirrors/{first.id}/run", {"max_removals": 3})
    assert also.body["run_id"] == begun.body["run_id"]
    status = (await caller.get("/api/sync/status")).body
    assert status["running"] is True
    assert status["mirror_id"] == first.id
    assert status["progress"]["run_id"] == begun.body["run_id"]
    cancelled = await caller.post(f"/api/runs/{begun.body['run_id']}/cancel")
    assert cancelled.status == 202
    run = await world.ended(first.id)
    assert run.status is RunStatus.CANCELLED
    assert run.started_by.value == "api"
    over = await caller.post(f"/api/runs/{run.id}/cancel")
    assert (over.status, over.code) == (422, "over")


async def test_a_finished_run_cannot_cancel_the_one_that_is_at_work(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    album = world.album("Summer", 2)
    mirror = await world.mirror(connection, album)
    old = (await caller.post("/api/sync/run")).body["run_id"]
    await world.ended(mirror.id)
    world.world.pass_time(seconds=1)
    world.world.library.add_to_album(album.id, [world.world.make(f"{n}.jpg").id for n in range(40)])
    world.world.sandbox.faults.add("slow", route="original", seconds=0.2)
    new = (await caller.post("/api/sync/run")).body["run_id"]
    assert (await caller.post(f"/api/runs/{old}/cancel")).code == "over"
    live = world.program.runner.live(mirror.id)
    assert live is not None
    assert not live.ending
    await caller.post(f"/api/runs/{new}/cancel")
    assert (await world.ended(mirror.id)).status is RunStatus.CANCELLED


async def test_runs_come_in_pages_newest_first(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    made = []
    for _ in range(5):
        made.append((await caller.post("/api/sync/run")).body["run_id"])
        await world.ended(mirror.id)
        world.world.pass_time(seconds=1)
    found: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await caller.get("/api/sync/runs", limit=2, **before)).body
        found += [run["id"] for run in page["runs"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert found == made[::-1]
    assert [run["id"] for run in (await caller.get("/api/runs")).body["runs"]] == found
    none = await caller.get("/api/runs", status="FAILED", mirror_id=mirror.id)
    assert none.body == {"runs": [], "next": None}
    one = (await caller.get(f"/api/sync/runs/{made[0]}")).body
    assert one["status"] == "OK"
    assert one["uploaded"] == 1
    assert one["progress"] is None
    assert one == (await caller.get(f"/api/runs/{made[0]}")).body


async def test_events_come_in_pages_and_as_a_file(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 5))
    run_id = (await caller.post("/api/sync/run")).body["run_id"]
    await world.ended(mirror.id)
    every = (await caller.get(f"/api/runs/{run_id}/events", limit=1000)).body["events"]
    rows = [event["row"] for event in every]
    assert rows == sorted(rows, reverse=True)
    page = (await caller.get(f"/api/runs/{run_id}/events", limit=2, code="put")).body
    assert page["total"] == 5
    assert [event["code"] for event in page["events"]] == ["put", "put"]
    rest = await caller.get(f"/api/runs/{run_id}/events", before=page["next"], code="put")
    assert len(rest.body["events"]) == 3
    assert rest.body["next"] is None
    some = (await caller.get(f"/api/runs/{run_id}/events", search="summer 3")).body["events"]
    assert {event["filename"] for event in some} == {"Summer 3.jpg"}
    text = await caller.get(f"/api/runs/{run_id}/log")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"pentaprism-run-{run_id[:8]}.log" in text.headers["content-disposition"]
    assert len(text.text.splitlines()) == len(every)
    assert "INFO    Summer 3.jpg: put at" in text.text
    lines = await caller.get(f"/api/runs/{run_id}/log", format="jsonl")
    assert [json.loads(line) for line in lines.text.splitlines()] == every[::-1]
    assert (await caller.get(f"/api/runs/{run_id}/log", level="error")).text == ""


async def test_a_run_is_watched_and_the_stream_resumes(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 30))
    world.world.sandbox.faults.add("slow", route="original", seconds=0.3)
    run_id = (await caller.post("/api/sync/run")).body["run_id"]
    path = f"/api/runs/{run_id}/events"
    async with caller.watching(f"{path}?after=0") as events:
        seen = [event async for event in events]
    names = [name for name, _, _ in seen]
    assert names[-1] == "end"
    assert names.count("end") == 1
    assert seen[-1][2]["status"] == "OK"
    assert seen[-1][2]["uploaded"] == 30
    told = [data for name, _, data in seen if name == "event"]
    recorded = (await caller.get(path, limit=1000)).body["events"]
    assert told == recorded[::-1]
    ids = [id_ for name, id_, _ in seen if name == "event"]
    assert ids == [str(event["row"]) for event in told]
    progress = [data for name, _, data in seen if name == "progress"]
    assert progress[0]["status"] == "RUNNING"
    assert progress[-1]["total"] == 30
    async with caller.watching(path, **{"Last-Event-ID": ids[-3]}) as events:
        rest = [id_ async for name, id_, _ in events if name == "event"]
    assert rest == ids[-2:]
    async with caller.watching(path) as events:
        assert [name async for name, _, _ in events] == ["progress", "end"]
    assert mirror.id == seen[-1][2]["mirror_id"]


async def test_a_stream_ends_when_the_server_stops(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    run = await world.app.store.runs.start(mirror.id)
    async with caller.watching(f"/api/runs/{run.id}/events") as events:
        assert (await anext(events))[0] == "progress"
        world.program.runner.changes.close()
        async with asyncio.timeout(2):
            assert [event async for event in events] == []


async def test_a_stream_ends_when_its_mirror_is_deleted(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    run = await world.app.store.runs.start(mirror.id)
    run = await world.app.store.runs.finish(
        run.id, RunStatus.WAITING, run.counters, "later", code="quota"
    )
    async with caller.watching(f"/api/runs/{run.id}/events") as events:
        assert (await anext(events))[0] == "progress"
        assert (await caller.delete(f"/api/mirrors/{mirror.id}")).status == 204
        async with asyncio.timeout(5):
            assert {name async for name, _, _ in events} <= {"progress", "end"}
    assert (await caller.get(f"/api/runs/{run.id}")).code == "run_not_found"


async def test_names_that_no_encoding_can_hold_are_told_all_the_same(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    run = await world.app.store.runs.start(mirror.id)
    happened = event(Code.PUT, path="caf\udce9.jpg")
    await world.app.store.runs.record(run.id, [replace(happened, filename="caf\udce9.jpg")])
    await world.app.store.runs.finish(run.id, RunStatus.OK, run.counters)
    path = f"/api/runs/{run.id}"
    (told,) = (await caller.get(f"{path}/events")).body["events"]
    assert told["filename"] == "caf\ufffd.jpg"
    assert told["details"] == {"path": "caf\ufffd.jpg"}
    assert "caf\ufffd.jpg" in (await caller.get(f"{path}/log")).text
    async with caller.watching(f"{path}/events?after=0") as events:
        assert (await anext(events))[2] == told


async def test_a_quiet_stream_shows_that_it_lives_and_ends_after_an_hour(world: ApiWorld) -> None:
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    run = await world.app.store.runs.start(mirror.id)
    seconds = 0.0
    changes = world.program.runner.changes
    chunks: list[bytes] = []
    stream = watch(world.program, run, after=None, ticks=lambda: seconds)
    async for chunk in stream:
        chunks.append(chunk)
        seconds += HEARTBEAT if seconds < LASTS - 60 else 60
        asyncio.get_running_loop().call_later(0.001, changes.tell)
    assert chunks[0].startswith(b"retry: ")
    assert chunks[1].startswith(b"event: progress\ndata: {")
    assert set(chunks[2:]) == {b": still here\n\n"}
    assert LASTS <= seconds < LASTS + 60


async def test_who_goes_away_is_told_no_more(world: ApiWorld) -> None:
    caller = await world.with_token()
    (connection,) = await world.app.store.connections.list()
    mirror = await world.mirror(connection, world.album("Summer", 1))
    run = await world.app.store.runs.start(mirror.id)
    changes = world.program.runner.changes
    async with caller.watching(f"/api/runs/{run.id}/events") as events:
        assert (await anext(events))[0] == "progress"
        await _until(lambda: len(changes._waiting) == 1)
    await _until(lambda: len(changes._waiting) == 0)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
