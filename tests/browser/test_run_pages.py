"""The pages of runs: live, ended, waiting; failures, events, and what can be done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from web_steps import begin, come_in, ended, fine, new_mirror, wait_until
from web_world import WebWorld, web_world

from pentaprism.program import Program
from pentaprism.store.records import Mirror, Run, RunStatus

LONG = "Wintermorgen" * 7


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("runs"), assets=40, runs_at_once=1) as made:
        made.connect()
        yield made


@pytest.fixture
def mirror(world: WebWorld, tmp_path: Path) -> Iterator[Mirror]:
    made = world.server.call(lambda p: new_mirror(p, "Holiday", tmp_path / "holiday"))
    yield made
    world.sandbox.faults.clear()
    # Else the next mirror would link its files, and read nothing from Immich.
    world.server.call(lambda p: p.runner.pause(made))
    wait_until(lambda: world.server.call(lambda p: _at_rest(p, made)))
    world.server.call(lambda p: p.app.store.mirrors.delete(made.id))


async def _at_rest(program: Program, mirror: Mirror) -> bool:
    return program.runner.live(mirror.id) is None


@pytest.fixture
def page(world: WebWorld) -> Page:
    return come_in(world)


def lose(world: WebWorld, count: int) -> None:
    """Let Immich have no file for ``count`` assets of the album."""
    album = world.sandbox.library.album_named("Holiday")
    names = {f"IMG_0000{number}.jpg" for number in (1, 2, 3)[:count]}
    plain = [id_ for id_ in album.assets if world.sandbox.library.assets[id_].filename in names]
    for id_ in plain:
        world.sandbox.faults.add("status", route="original", status=404, asset=id_)


def test_a_run_goes_on_while_one_looks(world: WebWorld, page: Page, mirror: Mirror) -> None:
    world.sandbox.faults.add("slow", route="original", seconds=0.5)
    run = begin(world, mirror)
    page.goto(f"/runs/{run.id}")
    expect(page.locator("h1 .pill")).to_have_text("Running")
    expect(page.locator("#events-new li").first).to_be_visible()
    expect(page.locator("#run-arrived img").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ of 40 files"))).to_be_visible()
    fine(page)
    world.sandbox.faults.clear()
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=20_000)
    expect(page.get_by_text("100\u00a0%")).to_be_visible()
    expect(page.get_by_text("If you close this page")).to_have_count(0)
    assert page.locator("#events-new li").count() >= 35
    fine(page)


def test_what_failed_is_told_and_tried_again(world: WebWorld, page: Page, mirror: Mirror) -> None:
    lose(world, 3)
    run = ended(world, mirror)
    page.goto(f"/runs/{run.id}")
    expect(page.locator("h1 .pill")).to_have_text("Done, 3 failed")
    panel = page.locator("#run-failures")
    expect(panel).to_contain_text("3 failures")
    expect(panel).to_contain_text("and 2 more")
    expect(panel).to_contain_text("ASSET_GONE")
    expect(panel).to_contain_text("Look at it in Immich")
    fine(page)
    world.sandbox.faults.clear()
    panel.get_by_role("button", name="Retry what can be retried (3)").click()
    page.wait_for_url(lambda url: "/runs/" in url and run.id not in url)
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=20_000)
    expect(page.locator("#run-failures")).to_be_hidden()


def test_events_are_narrowed_searched_and_paged(
    world: WebWorld, page: Page, mirror: Mirror
) -> None:
    lose(world, 2)
    run = ended(world, mirror)

    async def add(program: Program) -> None:
        events = await program.app.store.runs.events(run.id)
        await program.app.store.runs.record(run.id, events * 3)

    world.server.call(add)
    page.goto(f"/runs/{run.id}")
    expect(page.locator("#events li")).to_have_count(50)
    page.get_by_role("link", name="Load older").click()
    expect(page.locator("#events li")).to_have_count(100)
    page.get_by_role("button", name="Failures").click()
    expect(page.locator("#events li")).to_have_count(8)
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("searchbox", name="Search events").fill("IMG_00001.jpg")
    expect(page.locator("#events li")).to_have_count(4)
    page.get_by_role("searchbox", name="Search events").fill("nothing is called that")
    expect(page.get_by_text("Nothing of this kind has happened.")).to_be_visible()
    fine(page)


def test_the_log_is_a_file_of_lines_or_of_json(world: WebWorld, page: Page, mirror: Mirror) -> None:
    run = ended(world, mirror)
    text = page.request.get(f"/runs/{run.id}/log")
    assert text.headers["content-disposition"].endswith(f'pentaprism-run-{run.id[:8]}.log"')
    lines = text.text().splitlines()
    rows = [
        json.loads(row)
        for row in page.request.get(f"/runs/{run.id}/log?form=jsonl").text().splitlines()
    ]
    assert len(lines) == len(rows) >= 39
    assert {"put", "skipped"} <= {row["code"] for row in rows}
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT\S+ (INFO|WARNING|ERROR) +[A-Z_]+ ", line) for line in lines
    )
    assert page.request.get(f"/runs/{run.id}/log?form=pdf").status == 422


def test_a_run_is_cancelled(world: WebWorld, page: Page, mirror: Mirror) -> None:
    world.sandbox.faults.add("slow", route="original", seconds=1)
    run = begin(world, mirror)
    page.goto(f"/runs/{run.id}")
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel run").click()
    expect(page.locator("h1 .pill")).to_have_text("Cancelled")
    expect(page.get_by_text("nothing was removed")).to_be_visible()
    fine(page)


def test_a_run_is_paused_and_goes_on(world: WebWorld, page: Page, mirror: Mirror) -> None:
    world.sandbox.faults.add("slow", route="original", seconds=1)
    run = begin(world, mirror)
    page.goto(f"/runs/{run.id}")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h1 .pill")).to_have_text("Paused")
    fine(page)
    world.sandbox.faults.clear()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=20_000)


def test_a_run_that_another_process_is_at_shows_from_its_record(
    world: WebWorld, page: Page, mirror: Mirror
) -> None:
    run = world.server.call(lambda p: p.app.store.runs.start(mirror.id, expected=10))
    page.goto(f"/runs/{run.id}")
    expect(page.get_by_text("at work in another process")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)
    fine(page)
    world.server.call(lambda p: p.app.store.runs.finish(run.id, RunStatus.OK, run.counters))
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=60_000)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("quota", "The quota is used up"),
        ("reconnect", "has to be connected again"),
        ("queued", "It waits its turn"),
        ("immich_unavailable", "The run waits"),
    ],
)
def test_what_a_run_waits_for_is_told(
    world: WebWorld, page: Page, mirror: Mirror, code: str, words: str
) -> None:
    async def wait(program: Program) -> Run:
        run = await program.app.store.runs.start(mirror.id, expected=10)
        until = None if code == "reconnect" else program.app.clock().replace(year=2099)
        return await program.app.store.runs.finish(
            run.id,
            RunStatus.WAITING,
            run.counters,
            "The quota is used up.",
            waits_until=until,
            code=code,
        )

    run = world.server.call(wait)
    page.goto(f"/runs/{run.id}")
    expect(page.locator("#waits")).to_contain_text(words)
    fine(page)
    world.server.call(lambda p: p.runner.cancel(run))


def test_runs_are_listed_and_narrowed(world: WebWorld, page: Page, mirror: Mirror) -> None:
    run = ended(world, mirror)
    page.goto(f"/runs?mirror={mirror.id}")
    expect(page.locator("#runs li")).to_have_count(1)
    page.get_by_role("link", name="Failed", exact=True).click()
    expect(page.get_by_text("No runs here.")).to_be_visible()
    fine(page)

    async def many(program: Program) -> None:
        for _ in range(60):
            made = await program.app.store.runs.start(mirror.id)
            await program.app.store.runs.finish(made.id, RunStatus.OK, run.counters)

    world.server.call(many)
    page.goto(f"/runs?mirror={mirror.id}")
    expect(page.locator("#runs li")).to_have_count(30)
    page.get_by_role("link", name="Load older").click()
    expect(page.locator("#runs li")).to_have_count(60)
    assert page.request.get("/runs?before=nonsense").status == 422


def test_runs_of_others_are_not_there(world: WebWorld, page: Page, mirror: Mirror) -> None:
    run = ended(world, mirror)
    stranger = come_in(world, "third@example.test")
    for path in ("", "/live", "/log"):
        assert stranger.request.get(f"/runs/{run.id}{path}").status == 404
    for change in ("cancel", "pause", "resume", "retry"):
        answer = stranger.request.post(
            f"/runs/{run.id}/{change}", headers={"Origin": world.url}, max_redirects=0
        )
        assert answer.status == 404
    assert mirror.album_name not in stranger.request.get("/runs").text()


def test_long_names_fit_on_a_phone(world: WebWorld, tmp_path: Path) -> None:
    album = world.sandbox.library.album_named("Favourites")
    world.sandbox.library.rename_album(album.id, LONG)
    mirror = world.server.call(lambda p: new_mirror(p, LONG, tmp_path / LONG))
    phone = come_in(world, width=390, height=844, dark=True)
    run = ended(world, mirror)
    for path in (f"/runs/{run.id}", "/runs", f"/mirrors/{mirror.id}/items", "/albums"):
        phone.goto(path)
        fine(phone)


def test_a_page_is_live_however_late_its_scripts_come(
    world: WebWorld, page: Page, mirror: Mirror
) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page.route("**/hx-sse.min.js", late)
    run = world.server.call(lambda p: p.app.store.runs.start(mirror.id, expected=10))
    with page.expect_request(lambda request: "/live" in request.url):
        page.goto(f"/runs/{run.id}")
    world.server.call(lambda p: p.app.store.runs.finish(run.id, RunStatus.OK, run.counters))
