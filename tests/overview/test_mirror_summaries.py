"""Mirrors as lists show them, from a real database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, timedelta

import pytest
from google_world import GoogleWorld

from pentaprism.app import App
from pentaprism.connections.albums import AlbumLists
from pentaprism.connections.disks import Disks
from pentaprism.connections.health import Health
from pentaprism.connections.pool import ConnectionPool
from pentaprism.overview.activity import Activities
from pentaprism.overview.attention import Attentions, Target
from pentaprism.overview.mirrors import summaries, summary_of, worst_first
from pentaprism.overview.quota import quota_of
from pentaprism.store.records import Connection, Counters, Mirror, RunStatus


@dataclass(slots=True)
class Running:
    app: App
    connection: Connection
    albums: AlbumLists
    health: Health
    disks: Disks

    @property
    def owner_id(self) -> str:
        return self.connection.owner_id

    async def mirror(self, name: str, place: str, album_id: str | None = None) -> Mirror:
        return await self.app.store.mirrors.create(
            connection_id=self.connection.id,
            album_id=album_id or f"album of {name}",
            album_name=name,
            kind="local_folder",
            place=place,
            options={"path": place},
        )


@pytest.fixture
async def running(world: GoogleWorld) -> AsyncIterator[Running]:
    async with AsyncExitStack() as stack:
        app, connection = await stack.enter_async_context(world.app())
        pool = ConnectionPool(app)
        stack.push_async_callback(pool.close)
        albums = AlbumLists(pool, app.clock)
        stack.push_async_callback(albums.close)
        health = Health(app, pool, albums, app.clock)
        stack.push_async_callback(health.close)
        yield Running(app, connection, albums, health, Disks(app.store, app.clock))


async def test_the_mirrors_by_name_with_their_last_runs(
    world: GoogleWorld, running: Running
) -> None:
    runs = running.app.store.runs
    zoo = await running.mirror("zoo", "/srv/zoo")
    alps = await running.mirror("Alps", "/srv/alps")
    lake = await running.mirror("Lake", "/srv/lake")
    first = await runs.start(zoo.id)
    await runs.finish(first.id, RunStatus.FAILED, Counters(), "No.", code="disk_full")
    world.pass_time(minutes=1)
    second = await runs.start(zoo.id, expected=5)
    await runs.finish(second.id, RunStatus.OK, Counters(total=5, skipped=5))
    held = await runs.start(alps.id)
    await runs.finish(held.id, RunStatus.FAILED, Counters(), "No.", code="disk_full")
    await runs.start(lake.id)

    listed = await summaries(running.app, running.owner_id, {lake.id}, running.albums)
    assert [one.mirror.album_name for one in listed] == ["Alps", "Lake", "zoo"]
    assert [one.state.word for one in listed] == ["Failed", "Running", "Up to date"]
    assert [one.needs_you for one in listed] == [True, False, False]
    assert [one.place for one in listed] == ["/srv/alps", "/srv/lake", "/srv/zoo"]
    assert listed[2].last is not None
    assert (listed[2].last.id, listed[2].state.of) == (second.id, 5)
    assert {(one.icon, one.connection_name, one.cover) for one in listed} == {
        ("folder", running.connection.name, None)
    }
    assert [one.state.name for one in worst_first(listed)] == ["failed", "running", "ok"]
    assert await summary_of(running.app, lake, live=True, albums=running.albums) == listed[1]
    assert await summaries(running.app, "somebody else", (), running.albums) == []


async def test_the_cover_comes_when_the_albums_are_known(
    world: GoogleWorld, running: Running
) -> None:
    asset_id = world.add("a.jpg")
    await running.mirror("Summer", "/srv/summer", world.album.id)
    before = world.sandbox.traffic.of("albums").requests
    (one,) = await summaries(running.app, running.owner_id, (), running.albums)
    assert one.cover is None
    assert world.sandbox.traffic.of("albums").requests == before
    await running.albums.of(running.connection)
    (one,) = await summaries(running.app, running.owner_id, (), running.albums)
    assert one.cover == (running.connection.id, asset_id)


async def test_a_mirror_to_google_says_its_account(world: GoogleWorld, running: Running) -> None:
    account = await world.connect(email="alice@example.com")
    world.add("a.jpg")
    await world.mirror()
    (one,) = await summaries(running.app, running.owner_id, (), running.albums)
    assert (one.place, one.icon, one.kind_label) == (
        f"Google Photos ({account.name})", "cloud", "Google Photos",
    )  # fmt: skip
    assert one.state.word == "Up to date"
    (use,) = await quota_of(running.app, running.owner_id)
    assert (use.names, use.account_ids) == ((account.name,), (account.id,))
    assert 0 < use.used < 20
    assert (use.left, use.budget, use.used_up) == (10_000 - use.used, 10_000, False)
    assert use.resets_at > world.now
    assert await quota_of(running.app, "somebody else") == []


async def test_a_used_up_quota_shows_everywhere(world: GoogleWorld, running: Running) -> None:
    await world.connect()
    for number in range(30):
        world.add(f"{number}.jpg")
    world.google.settings.change({"daily_requests": 12})
    done = await world.mirror()
    assert done.status is RunStatus.WAITING
    (one,) = await summaries(running.app, running.owner_id, (), running.albums)
    assert (one.state.name, one.state.word) == ("waiting", "Waiting for quota")
    assert one.state.until is not None
    (use,) = await quota_of(running.app, running.owner_id)
    assert (use.exhausted, use.left) == (True, 0)
    activities = Activities(running.app)
    for _ in range(2):
        found = await activities.of(running.owner_id, UTC)
        assert found.quota_days >= 1
        assert found.uploaded == done.counters.uploaded
    attentions = Attentions(running.app, running.health, running.disks)
    assert await attentions.of(running.owner_id, [one]) == []  # it goes on by itself


async def test_what_a_person_must_do(world: GoogleWorld, running: Running) -> None:
    account = await world.connect()
    world.add("a.jpg")
    await world.mirror(removals="remove")
    attentions = Attentions(running.app, running.health, running.disks)
    listed = await summaries(running.app, running.owner_id, (), running.albums)
    (one,) = await attentions.of(running.owner_id, listed)
    assert (one.code, one.target) == ("not_granted", Target("account", account.id))

    world.google.state.grants.revoke_all()
    world.pass_time(hours=2)
    world.add("b.jpg")
    await world.run_again()
    listed = await summaries(running.app, running.owner_id, (), running.albums)
    assert listed[0].state.word == "Reconnect needed"
    found = await attentions.of(running.owner_id, listed)
    assert [one.code for one in found] == ["reconnect"]

    world.sandbox.library.remove_key(world.sandbox.api_key)
    await running.health.check(running.connection)
    found = await attentions.of(running.owner_id, listed)
    assert {one.code for one in found} == {"reconnect", "connection"}


async def test_held_removals_of_the_last_run(world: GoogleWorld, running: Running) -> None:
    ids = [world.add(f"{number}.jpg") for number in range(60)]
    await world.run(removals="trash")
    world.library.remove_from_album(world.album.id, ids[:55])
    done = await world.run(removals="trash")
    assert done.hold == "too_many"
    attentions = Attentions(running.app, running.health, running.disks)
    for _ in range(2):
        listed = await summaries(running.app, running.owner_id, (), running.albums)
        found = await attentions.of(running.owner_id, listed)
        held = [one for one in found if one.code == "removals_held"]
        assert [one.target for one in held] == [Target("mirror", done.mirror.id)]
    await world.run(removals="trash", max_removals=55)
    listed = await summaries(running.app, running.owner_id, (), running.albums)
    found = await attentions.of(running.owner_id, listed)
    assert "removals_held" not in {one.code for one in found}


async def test_two_hundred_mirrors_and_five_thousand_runs(
    world: GoogleWorld, running: Running
) -> None:
    made = [await running.mirror(f"Album {n}", f"/srv/{n}") for n in range(200)]
    template = await running.app.store.runs.start(made[0].id)
    await running.app.store.runs.finish(template.id, RunStatus.OK, Counters())
    _multiply(world, template.id, [one.id for one in made], 5_000)
    world.pass_time(days=1)
    attentions = Attentions(running.app, running.health, running.disks)
    activities = Activities(running.app)
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        listed = await summaries(running.app, running.owner_id, (), running.albums)
        took.append(time.perf_counter() - begun)
        assert len(listed) == 200
        assert all(one.last is not None for one in listed)
    assert min(took) < 0.15
    await attentions.of(running.owner_id, listed)
    assert (await activities.of(running.owner_id, UTC)).runs


def _multiply(world: GoogleWorld, run_id: str, mirror_ids: list[str], count: int) -> None:
    """Copy a run many times, to all mirrors in turn."""
    with closing(sqlite3.connect(world.home / "data.db")) as database, database:
        cursor = database.execute("SELECT * FROM runs WHERE id = ?", (run_id,))
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
        holes = ", ".join("?" * len(names))
        step = timedelta(minutes=5) // timedelta(microseconds=1)
        database.executemany(
            f"INSERT INTO runs ({', '.join(names)}) VALUES ({holes})",
            [
                tuple(
                    (row | {
                        "id": f"copy {n}",
                        "mirror_id": mirror_ids[n % len(mirror_ids)],
                        "started_at": row["started_at"] - n * step,
                    })[name]
                    for name in names
                )
                for n in range(count)
            ],
        )  # fmt: skip
