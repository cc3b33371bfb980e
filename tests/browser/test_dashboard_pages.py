from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

from pentaprism.program import Program
from pentaprism.store.records import Connection, Counters, Mirror, RunStatus

MIRRORS = 200


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("home"), immich_bandwidth=60_000) as made:
        made.connect()
        yield made


@pytest.fixture(scope="module")
def page(world: WebWorld) -> Page:
    return world.signed_in()


def fine(page: Page) -> None:
    assert axe(page) == []
    assert troubles(page) == []
    assert sideways(page) == 0


async def connection_of(program: Program) -> Connection:
    return (await program.app.store.connections.list())[0]


def add(world: WebWorld, name: str) -> Mirror:
    """Save a mirror of a new album called ``name`` in a folder of that name."""
    library = world.sandbox.library
    library.add_album(name, list(library.album_named("Holiday").assets))

    async def made(program: Program) -> Mirror:
        connection = await connection_of(program)
        async with program.pool.client(connection) as client:
            found = next(one for one in await client.albums() if one.name == name)
        definition = await program.app.definition(connection, found, f"folder:{world.home / name}")
        return await definition.save()

    return world.server.call(made)


def test_an_empty_dashboard_leads_to_the_first_mirror(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    expect(page.locator("#health .pill")).to_have_text("Healthy", timeout=15_000)
    expect(page.locator("#health")).to_contain_text("All permissions are there.")
    fine(page)
    page.get_by_role("link", name="Make the first mirror").click()
    page.wait_for_url(re.compile("/mirrors/new"))


def test_a_run_is_seen_live_from_its_start_to_its_end(world: WebWorld, page: Page) -> None:
    mirror = add(world, "live")
    page.goto("/")
    row = page.locator(f"#row-{mirror.id}")
    expect(row.locator(".pill")).to_have_text("Not started")
    page.evaluate("() => { window.stays = true }")
    headers = {"Origin": world.url}
    assert page.request.post(f"/mirrors/{mirror.id}/run", headers=headers).ok
    expect(row.locator(".pill")).to_have_text("Running")
    expect(row.locator("progress")).to_be_visible()
    expect(page.locator("#lead")).to_contain_text("is running")
    fine(page)
    page.get_by_role("button", name="More for live").click()
    expect(page.locator("#mirror-menu-items")).to_contain_text("Cancel the run")
    page.keyboard.press("Escape")
    expect(row.locator(".pill")).to_have_text("Up to date", timeout=30_000)
    expect(page.locator("#lead")).to_contain_text("up to date")
    assert page.evaluate("() => window.stays") is True
    assert troubles(page) == []


def test_a_run_is_cancelled_from_its_row(world: WebWorld, page: Page) -> None:
    mirror = add(world, "cancelled")
    page.goto("/")
    page.request.post(f"/mirrors/{mirror.id}/run", headers={"Origin": world.url})
    page.get_by_role("button", name="Cancel the run of cancelled").click()
    page.wait_for_url(re.compile(r"/$"))
    pill = page.locator(f"#row-{mirror.id} .pill")
    expect(pill).to_have_text("Cancelled", timeout=20_000)
    page.get_by_role("button", name="More for cancelled").click()
    page.locator("#mirror-menu-items").get_by_role("button", name="Pause").click()
    expect(page.locator(".toast")).to_contain_text("“cancelled” is paused.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile("/mirrors/"))
    expect(page.locator("#standing .pill")).to_have_text("Cancelled")


def test_what_needs_a_person_is_told_with_the_way_out(world: WebWorld, page: Page) -> None:
    mirror = add(world, "needy")

    async def fail(program: Program) -> str:
        runs = program.app.store.runs
        run = await runs.start(mirror.id)
        counters = Counters(total=38, uploaded=30, failed=8)
        await runs.finish(run.id, RunStatus.FAILED, counters, "The disk is full.", code="disk_full")
        return run.id

    run_id = world.server.call(fail)
    page.goto("/")
    needs = page.locator("#needs")
    expect(needs).to_contain_text("needy stopped")
    expect(needs).to_contain_text("The disk is full.")
    expect(needs.get_by_role("link", name="Show the run")).to_have_attribute(
        "href", f"/runs/{run_id}"
    )
    expect(page.locator(".mirror").first).to_contain_text("needy")
    fine(page)


def test_a_mirror_that_waits_tells_when_it_goes_on(world: WebWorld, page: Page) -> None:
    mirror = add(world, "waiting")

    async def wait(program: Program) -> None:
        runs = program.app.store.runs
        run = await runs.start(mirror.id)
        counters = Counters(total=7296, uploaded=7296)
        await runs.progress(run.id, counters, 8500)
        until = program.app.clock() + timedelta(minutes=50)
        await runs.finish(
            run.id, RunStatus.WAITING, counters, "Enough.", waits_until=until, code="quota"
        )

    world.server.call(wait)
    page.goto("/")
    row = page.locator(f"#row-{mirror.id}")
    expect(row.locator(".pill")).to_have_text("Waiting for quota")
    expect(row).to_contain_text("7,296 of 8,500. Goes on in")


def test_the_last_days_are_a_chart_with_a_table(world: WebWorld, page: Page) -> None:
    mirror = add(world, "charted")

    async def done(program: Program) -> None:
        runs = program.app.store.runs
        run = await runs.start(mirror.id)
        await runs.finish(run.id, RunStatus.OK, Counters(total=5, uploaded=5, bytes=5_000))

    world.server.call(done)
    page.goto("/")
    chart = page.locator(".chart svg")
    assert chart.locator("rect.f-run").count() >= 1
    expect(chart).to_have_attribute("aria-label", re.compile("Most on"))
    page.get_by_text("As a table").click()
    expect(page.get_by_role("columnheader", name="Mirrored")).to_be_visible()
    fine(page)


def _many(world: WebWorld) -> None:
    async def made(program: Program) -> None:
        store, connection = program.app.store, await connection_of(program)
        for number in range(MIRRORS):
            mirror = await store.mirrors.create(
                connection_id=connection.id,
                album_id=f"album-{number}",
                album_name=f"Album {number:03}",
                kind="local_folder",
                place=f"/photos/{number}",
                options={"path": f"/photos/{number}", "removals": "keep"},
            )
            run = await store.runs.start(mirror.id)
            await store.runs.finish(run.id, RunStatus.OK, Counters(total=9, uploaded=9), None)
            if number < 20:
                due = program.app.clock() + timedelta(hours=number + 1)
                await store.mirrors.update(mirror.id, schedule={"every": 3600}, next_run_at=due)

    world.server.call(made)


def test_two_hundred_mirrors_are_listed_in_pages_and_found(world: WebWorld, page: Page) -> None:
    _many(world)
    page.goto("/")
    assert page.locator(".mirror").count() <= 12
    expect(page.locator("#next-runs li")).to_have_count(5)
    fine(page)
    page.get_by_placeholder("Find a mirror").fill("Album 19")
    expect(page.locator(".mirror")).to_have_count(10)
    page.goto("/mirrors")
    expect(page.locator(".mirror")).to_have_count(25)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".mirror")).to_have_count(50)
    page.get_by_role("link", name=re.compile("^Up to date")).click()
    expect(page.locator("#mirror-rows-more")).to_contain_text(re.compile(r"25 of 20\d mirrors"))
    page.get_by_placeholder("Find a mirror").fill("Album 123")
    expect(page.locator(".mirror")).to_have_count(1)
    fine(page)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1920, True)])
def test_the_dashboard_fits_every_window(world: WebWorld, width: int, dark: bool) -> None:
    page = world.signed_in(width=width, dark=dark)
    for path in ("/", "/mirrors"):
        page.goto(path)
        fine(page)


def test_an_immich_that_is_away_is_told_without_making_anybody_wait(
    world: WebWorld, page: Page
) -> None:
    async def away(program: Program) -> None:
        known = await connection_of(program)
        await program.app.store.connections.save(
            url="http://127.0.0.1:9/api",
            api_key=known.api_key,
            user_id=known.user_id,
            user_name=known.user_name,
            user_email=known.user_email,
            server_version=known.server_version,
            name=known.name,
            ca_file=None,
            owner_id=known.owner_id,
        )
        program.health.forget(known.id)

    add(world, "of a server that goes away")
    world.server.call(away)
    began = time.perf_counter()
    page.goto("/", wait_until="commit")
    assert time.perf_counter() - began < 3
    expect(page.locator("#health .pill").first).to_have_text("Not reached", timeout=20_000)
    expect(page.locator("#needs")).to_contain_text("does not work", timeout=45_000)
    fine(page)
