"""What goes wrong on the way to Google, and how it is made good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from google_world import GoogleWorld

from pentaprism.app import RunOptions
from pentaprism.errors import ActionRequiredError, ConflictError, WaitingError
from pentaprism.mirrors.run import MirrorRun
from pentaprism.store.records import AccountState, ItemState, RunStatus

NAMES = [f"{n}.jpg" for n in range(120)]


@pytest.fixture
async def full(world: GoogleWorld) -> GoogleWorld:
    """A world with a connected account and 120 pictures in the album."""
    await world.connect()
    for name in NAMES:
        world.add(name)
    return world


@pytest.mark.parametrize("same_bytes", ["merge", "code_6", "code_6_without_item"])
@pytest.mark.parametrize("reuse", ["accept", "refuse_item", "refuse_request"])
async def test_a_lost_reply_is_made_good_without_a_double(
    full: GoogleWorld, reuse: str, same_bytes: str
) -> None:
    full.google.settings.change({"upload_reuse": reuse, "same_bytes": same_bytes})
    full.google.faults.add("drop_reply", route="batchCreate", skip=1, times=1)
    done = await full.mirror()
    assert (done.status, done.counters.failed) == (RunStatus.OK, 0)
    assert full.shown() == NAMES
    assert (await full.mirror()).counters.skipped == 120


async def test_a_reply_lost_between_older_photos_keeps_the_order(full: GoogleWorld) -> None:
    await full.mirror()
    taken = full.library.assets[full.add("last.jpg")].taken
    for n in range(60):  # all of them between the first two
        asset = full.library.assets[full.add(f"new {n:02}.jpg")]
        asset.taken = taken - 120 * 60_000 + 1 + n
    full.google.faults.add("drop_reply", route="batchCreate", times=1)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == [
        "0.jpg",
        *(f"new {n:02}.jpg" for n in range(60)),
        *NAMES[1:],
        "last.jpg",
    ]


@pytest.mark.parametrize("kind", ["drop_before", "drop_reply"])
async def test_broken_connections_are_taken_up_again(full: GoogleWorld, kind: str) -> None:
    full.google.faults.add(kind, route="uploads", probability=0.2, seed=1)  # type: ignore[arg-type]  # one of the kinds
    done = await full.mirror()
    assert (done.status, done.counters.uploaded) == (RunStatus.OK, 120)
    assert full.shown() == NAMES


async def test_server_errors_are_waited_out(full: GoogleWorld) -> None:
    full.google.faults.add("status", status=503, probability=0.2, seed=2)
    full.google.faults.add("status", status=500, html=True, probability=0.1, seed=3)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES
    assert full.waits.slept
    assert min(full.waits.slept) >= 1.0


async def test_a_burst_limit_is_waited_for_by_all(full: GoogleWorld) -> None:
    full.google.faults.add("rate_limit", limit="burst", route="uploads", skip=30, times=3)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES
    assert max(full.waits.slept) >= 22.5
    assert full.doubled() == {}


async def test_a_concurrent_write_is_waited_for_by_minutes(full: GoogleWorld) -> None:
    full.google.faults.add("rate_limit", limit="concurrent", route="batchCreate", times=2)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES
    assert [s for s in full.waits.slept if s >= 45] == [60.0, 120.0]


async def test_the_days_quota_lets_the_run_wait_and_the_next_day_go_on(full: GoogleWorld) -> None:
    full.now = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)  # before the clocks change in California
    full.google.settings.daily_requests = 138  # the album, and 137 more
    for n in range(50):
        full.add(f"more {n:02}.jpg")
    first = await full.mirror()
    stopped = first.stopped
    assert isinstance(stopped, WaitingError)
    assert (first.status, stopped.code) == (RunStatus.WAITING, "quota")
    assert first.of("failed") == []
    assert stopped.until == datetime(2026, 3, 8, 8, 1, tzinfo=UTC)
    asked = full.google.requests.total()
    second = await full.mirror()  # told again, without asking Google
    assert (second.status, full.google.requests.total()) == (RunStatus.WAITING, asked)
    full.now = stopped.until
    last = await full.mirror()
    assert (last.status, last.stopped) == (RunStatus.OK, None)
    assert full.shown() == [*NAMES, *(f"more {n:02}.jpg" for n in range(50))]
    assert full.doubled() == {}
    assert last.of("run_resumed")
    # one run, from its first photo to its last
    assert (last.counters.uploaded, last.counters.total) == (170, 170)
    async with full.app() as (app, _):
        assert len(await app.store.runs.recent()) == 1


async def test_the_budget_of_the_person_counts_before_googles(full: GoogleWorld) -> None:
    full.daily_requests = 50
    done = await full.mirror()
    assert isinstance(done.stopped, WaitingError)
    assert sum(full.google.state.days.values()) <= 50
    staged = [item for item in await full.items() if item.state is ItemState.STAGED]
    put = len(full.google.accounts[0].photos.items)
    assert staged or put
    full.daily_requests = 10_000
    assert (await full.mirror()).status is RunStatus.OK
    assert full.shown() == NAMES
    assert full.doubled() == {}


async def test_a_full_account_stops_the_run_with_one_sentence(full: GoogleWorld) -> None:
    full.google.settings.storage = sum(
        len(full.content(id_)) for id_ in list(full.album.assets)[:70]
    )
    done = await full.mirror()
    assert isinstance(done.stopped, ActionRequiredError)
    assert (done.status, done.stopped.code) == (RunStatus.FAILED, "storage_full")
    assert done.of("failed") == []
    assert len(done.of("run_stopped")) == 1
    assert full.shown() == NAMES[:50]
    full.google.settings.storage = None
    again = await full.mirror()
    assert again.status is RunStatus.OK
    assert full.shown() == NAMES
    assert full.doubled() == {}


@pytest.mark.parametrize("removals", [False, True])
async def test_a_deleted_album_is_made_anew_and_filled(full: GoogleWorld, removals: bool) -> None:
    if removals:
        await full.connect(removals=True)
    await full.mirror()
    full.pass_time(hours=30)
    photos = full.google.accounts[0].photos
    photos.albums.clear()
    full.add("new.jpg")
    done = await full.mirror()
    assert (done.status, done.originals) == (RunStatus.OK, 1)
    assert done.of("album_remade")
    assert full.shown() == [*NAMES, "new.jpg"]
    assert (full.doubled(), len(photos.items)) == ({}, 121)
    assert (await full.mirror()).codes == []


async def test_an_album_deleted_in_mid_run_is_made_anew(full: GoogleWorld) -> None:
    full.google.faults.add("slow", route="batchCreate", seconds=0.4)
    tasks: set[asyncio.Task[None]] = set()

    def during(run: MirrorRun) -> None:
        async def delete() -> None:
            while run.tally.uploaded < 50:  # noqa: ASYNC110 - the run tells no event
                await asyncio.sleep(0.005)
            full.google.accounts[0].photos.albums.clear()

        tasks.add(asyncio.create_task(delete()))

    done = await full.mirror(during=during)
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES
    assert full.doubled() == {}


async def test_tokens_are_not_trusted_after_23_hours(full: GoogleWorld) -> None:
    full.google.faults.add("status", status=400, route="batchCreate")
    assert (await full.mirror()).status is RunStatus.FAILED
    full.google.faults.clear()
    full.pass_time(hours=22)
    young = full.google.requests["uploads"]
    assert (await full.mirror()).status is RunStatus.OK
    assert full.google.requests["uploads"] == young
    assert full.shown() == NAMES


async def test_old_tokens_are_thrown_away_and_the_bytes_sent_again(full: GoogleWorld) -> None:
    full.google.faults.add("rate_limit", limit="daily", route="batchCreate", times=1)
    assert (await full.mirror()).status is RunStatus.WAITING
    full.pass_time(hours=24)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES


async def test_a_revoked_right_waits_for_its_person_and_goes_on(full: GoogleWorld) -> None:
    full.google.faults.add("revoked", route="uploads", skip=60, times=1)
    done = await full.mirror()
    assert isinstance(done.stopped, WaitingError)
    assert (done.status, done.stopped.code, done.stopped.until) == (
        RunStatus.WAITING, "reconnect", None,
    )  # fmt: skip
    assert done.of("failed") == []
    async with full.app() as (app, _):
        (account,) = await app.accounts.list()
        assert account.state is AccountState.RECONNECT
        assert account.reason
        assert [m.album_name for m in await app.waiting_for(account)] == ["Summer"]
    asked = full.google.requests.total()
    assert (await full.mirror()).status is RunStatus.WAITING
    assert full.google.requests.total() == asked
    again = await full.connect()
    assert (again.id, again.state) == (account.id, AccountState.CONNECTED)
    last = await full.mirror()
    assert (last.status, last.counters.total) == (RunStatus.OK, 120)
    assert full.shown() == NAMES
    assert full.doubled() == {}


async def test_an_access_token_that_dies_is_renewed_once_for_all(full: GoogleWorld) -> None:
    full.google.faults.add("unauthorized", route="uploads", skip=20, times=1)
    full.google.faults.add("unauthorized", route="batchCreate", times=1)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES


async def test_tokens_that_die_one_after_the_other_stop_nothing(full: GoogleWorld) -> None:
    full.google.faults.add("unauthorized", route="batchCreate", times=4)
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == NAMES


async def test_tokens_that_are_never_taken_are_told(full: GoogleWorld) -> None:
    full.google.faults.add("unauthorized", route="batchCreate")
    done = await full.mirror()
    assert done.stopped is not None
    assert (done.stopped.code, done.status) == ("unauthenticated", RunStatus.FAILED)


async def test_two_processes_at_once_put_each_photo_once(full: GoogleWorld) -> None:
    full.google.faults.add("slow", route="batchCreate", seconds=0.05)
    results = await asyncio.gather(full.mirror(), full.mirror(), return_exceptions=True)
    refused = [r for r in results if isinstance(r, ConflictError)]
    assert [r.code for r in refused] == ["locked"]
    assert full.shown() == NAMES
    assert full.doubled() == {}


async def test_two_mirrors_of_one_account_never_write_at_once(full: GoogleWorld) -> None:
    other = full.library.add_album("Best of")
    full.library.add_to_album(other.id, list(full.album.assets)[:60])
    full.google.faults.add("slow", route="batchCreate", seconds=0.02)
    done = await asyncio.gather(full.mirror(), full.mirror(album=other))
    assert {one.status for one in done} == {RunStatus.OK}
    assert full.shown() == NAMES
    assert full.shown("Best of") == NAMES[:60]
    assert not full.waits.slept  # which a "concurrent write" would have brought about


async def test_an_item_that_stumbles_is_tried_again_in_its_place(full: GoogleWorld) -> None:
    full.google.faults.add("item_code", filename="7.jpg", code=13, times=2)
    full.google.faults.add("item_code", filename="50.jpg", code=13, times=2, skip=1)
    done = await full.mirror()
    assert (done.status, done.counters.failed) == (RunStatus.OK, 0)
    assert full.shown() == NAMES


async def test_an_item_that_google_refuses_fails_alone(full: GoogleWorld) -> None:
    full.google.faults.add("item_code", filename="7.jpg", code=3)
    done = await full.mirror()
    assert (done.status, done.counters.failed) == (RunStatus.FAILED, 1)
    (failed,) = done.of("failed")
    assert (failed.filename, failed.details["code"]) == ("7.jpg", "google_refused")
    assert full.shown() == [name for name in NAMES if name != "7.jpg"]
    full.google.faults.clear()
    assert (await full.mirror()).status is RunStatus.OK
    assert full.shown() == NAMES


async def test_what_the_account_has_from_elsewhere_is_told_and_left(full: GoogleWorld) -> None:
    await full.mirror()
    full.google.settings.same_bytes = "code_6_without_item"
    other = full.library.add_album("Other")
    full.library.add_to_album(other.id, list(full.album.assets)[:3])
    async with full.app() as (app, _):
        (account,) = await app.accounts.list()
        held = [bytes.fromhex(upload["sha1"]) for upload in full.google.uploads()]
        await app.store.contents.of(account.id).forget(held)
    done = await full.mirror(album=other)
    assert (done.status, done.counters.uploaded, done.counters.skipped) == (RunStatus.OK, 0, 3)
    assert len(done.of("already_in_account")) == 3
    assert full.shown("Other") == []
    assert (await full.mirror(album=other)).codes == []


async def test_a_photo_taken_out_by_a_person_is_no_place_for_others(full: GoogleWorld) -> None:
    await full.mirror()
    (album,) = full.google.accounts[0].photos.albums.values()
    first = album.items.pop(0)
    assert first
    asset = full.library.assets[full.add("new.jpg")]
    asset.taken = full.library.assets[next(iter(full.album.assets))].taken + 1
    done = await full.mirror()
    assert done.status is RunStatus.OK
    assert full.shown() == [*NAMES[1:], "new.jpg"]


async def test_repair_finds_what_was_taken_out_where_it_may_look(full: GoogleWorld) -> None:
    await full.connect(removals=True)
    await full.mirror()
    (album,) = full.google.accounts[0].photos.albums.values()
    del album.items[10:13]
    done = await full.mirror(run=RunOptions(thorough=True))
    assert (done.status, len(done.of("repaired"))) == (RunStatus.OK, 3)
    assert full.shown() == NAMES
    assert done.originals == 0


async def test_the_network_away_ends_the_run_and_the_next_goes_on(full: GoogleWorld) -> None:
    full.google.faults.add("drop_before", skip=70)
    done = await full.mirror()
    assert done.status is RunStatus.FAILED
    assert done.stopped is not None
    assert done.stopped.hint
    full.google.faults.clear()
    assert (await full.mirror()).status is RunStatus.OK
    assert full.shown() == NAMES


async def test_a_cancelled_run_ends_soon_also_while_it_waits(full: GoogleWorld) -> None:
    full.google.faults.add("slow", route="uploads", seconds=30, skip=40)
    tasks: set[asyncio.Task[None]] = set()

    def during(run: MirrorRun) -> None:
        async def cancel() -> None:
            await asyncio.sleep(0.5)
            run.cancel()

        tasks.add(asyncio.create_task(cancel()))

    async with asyncio.timeout(15):
        done = await full.mirror(during=during)
    assert done.status is RunStatus.CANCELLED
    full.google.faults.clear()
    assert (await full.mirror()).status is RunStatus.OK
    assert full.shown() == NAMES
