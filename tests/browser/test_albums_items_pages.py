"""The albums of Immich, the files of a mirror, and the pictures of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_steps import come_in, ended, fine, new_mirror
from web_world import WebWorld, web_world

from pentaprism.program import Program
from pentaprism.store.records import Failed, Mirror


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("albums"), assets=130) as made:
        made.connect()
        yield made


@pytest.fixture(scope="module")
def mirror(world: WebWorld, tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    folder = tmp_path_factory.mktemp("out") / "holiday"
    made = world.server.call(lambda p: new_mirror(p, "Holiday", folder))
    ended(world, made)
    return made


@pytest.fixture
def page(world: WebWorld) -> Page:
    return come_in(world)


def test_albums_come_by_themselves_when_immich_has_to_be_asked(world: WebWorld, page: Page) -> None:
    world.server.call(_forget)
    page.goto("/albums")
    expect(page.locator("#albums")).to_contain_text("Holiday")
    expect(page.get_by_text("albums in Immich.")).to_be_visible()
    fine(page)


async def _forget(program: Program) -> None:
    connection = await program.app.store.connections.default()
    assert connection is not None
    program.albums.forget(connection.id)


def test_albums_say_which_mirror_has_them(world: WebWorld, page: Page, mirror: Mirror) -> None:
    page.goto("/albums?wait=1")
    card = page.locator("#albums > li").filter(has_text="Holiday")
    expect(card.locator("a.pill")).to_have_attribute("href", f"/mirrors/{mirror.id}")
    expect(card.locator("a.pill")).to_have_text("Folder: Up to date")
    other = page.locator("#albums > li").filter(has_text="Shared with me")
    expect(other).to_contain_text("from Second Example")
    link = other.get_by_role("link", name="Mirror this").get_attribute("href") or ""
    assert link.startswith("/mirrors/new?connection=")
    assert "&album=" in link
    page.get_by_role("link", name="Mirrored 1", exact=True).click()
    expect(page.locator("#albums > li")).to_have_count(1)
    page.get_by_role("link", name="Shared with me 1").click()
    expect(page.locator("#albums > li")).to_have_count(1)
    fine(page)


def test_albums_are_found_by_name(world: WebWorld, page: Page) -> None:
    page.goto("/albums?wait=1")
    page.get_by_role("searchbox").fill("holi")
    expect(page.locator("#albums > li")).to_have_count(1)
    page.get_by_role("searchbox").fill("nothing is called that")
    expect(page.get_by_text("No album is like this.")).to_be_visible()
    assert "q=nothing" in page.url


def test_many_albums_come_a_page_at_a_time(world: WebWorld, page: Page) -> None:
    for number in range(140):
        world.sandbox.library.add_album(f"Walk {number:03}")
    world.server.call(_forget)
    page.goto("/albums?q=walk&wait=1&sort=name")
    expect(page.locator("#albums > li")).to_have_count(60)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#albums > li")).to_have_count(120)
    expect(page.get_by_text("120 of 140 albums")).to_be_visible()
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#albums > li")).to_have_count(140)
    expect(page.locator("#albums > li").last).to_contain_text("Walk 139")
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)


def test_albums_are_told_as_they_were_while_immich_is_away(world: WebWorld, page: Page) -> None:
    page.goto("/albums?wait=1")
    world.sandbox.faults.add("status", route="albums", status=503)
    try:

        async def ask(program: Program) -> None:
            connection = await program.app.store.connections.default()
            assert connection is not None
            await program.albums.of(connection, fresh=True)

        world.server.call(ask)
        page.goto("/albums")
        expect(page.get_by_text("Immich cannot be asked")).to_be_visible()
        expect(page.get_by_text("These are the albums as they were")).to_be_visible()
        expect(page.locator("#albums > li").first).to_be_visible()
        world.server.call(_forget)
        page.goto("/albums")
        expect(page.get_by_text("Immich cannot be asked")).to_be_visible(timeout=15_000)
        expect(page.locator("#albums > li")).to_have_count(0)
        fine(page)
    finally:
        world.sandbox.faults.clear()


def test_somebody_without_a_connection_is_told_where_to_begin(world: WebWorld) -> None:
    stranger = come_in(world, "third@example.test", width=390)
    stranger.goto("/albums")
    expect(stranger.get_by_text("No Immich is connected.")).to_be_visible()
    fine(stranger)


def test_files_come_a_hundred_at_a_time(world: WebWorld, page: Page, mirror: Mirror) -> None:
    page.goto(f"/mirrors/{mirror.id}/items")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(100)
    first = rows.first.inner_text()
    expect(page.get_by_role("link", name="Earlier")).to_have_count(0)
    fine(page)
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("link", name="Later")).to_have_count(0)
    assert rows.count() < 100
    page.get_by_role("link", name="Earlier").click()
    expect(rows).to_have_count(100)
    assert rows.first.inner_text() == first
    expect(page.get_by_role("link", name="Earlier")).to_have_count(0)


def test_files_are_narrowed_by_state_and_found_by_name(
    world: WebWorld, page: Page, mirror: Mirror
) -> None:
    async def fail(program: Program) -> None:
        (item,) = await program.app.store.items.page(mirror.id, limit=1)
        await program.app.store.items.apply([Failed(item.row, "too_large", "It is too large.")])

    world.server.call(fail)
    page.goto(f"/mirrors/{mirror.id}/items")
    page.get_by_role("link", name="Failed 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("It is too large.")
    expect(page.locator("tbody tr")).to_contain_text("TOO_LARGE")
    page.goto(f"/mirrors/{mirror.id}/items")
    page.get_by_role("searchbox").fill("IMG_00013")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("nothing is called that")
    expect(page.get_by_text("No file is like this.")).to_be_visible()
    stranger = come_in(world, "third@example.test")
    assert stranger.request.get(f"/mirrors/{mirror.id}/items").status == 404


def test_an_empty_mirror_has_no_files(world: WebWorld, page: Page, tmp_path: Path) -> None:
    empty = world.server.call(lambda p: new_mirror(p, "Empty", tmp_path / "empty"))
    page.goto(f"/mirrors/{empty.id}/items")
    expect(page.get_by_text("Nothing is recorded yet.")).to_be_visible()
    fine(page)


def test_pictures_are_kept_by_the_browser_and_shown_to_nobody_else(
    world: WebWorld, page: Page, mirror: Mirror
) -> None:
    album = world.sandbox.library.album_named("Holiday")
    path = f"/thumbnails/{mirror.connection_id}/{next(iter(album.assets))}"
    answer = page.request.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("image/")
    assert answer.headers["cache-control"] == "private, max-age=86400"
    again = page.request.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304
    assert page.request.get(f"{path}?size=preview").body() != answer.body()
    assert page.request.get(f"{path}?size=huge").status == 422
    assert page.request.get(f"/thumbnails/{mirror.connection_id}/nothing").status == 404
    stranger = come_in(world, "third@example.test")
    assert stranger.request.get(path).status == 404
