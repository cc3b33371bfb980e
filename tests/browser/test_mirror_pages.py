from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

from pentaprism.program import Program
from pentaprism.store.records import Mirror

LONG = "Ein" + "langes" * 13 + "Wort"
HOSTILE = "<img src=x onerror=alert(1)> 🏔️ عطلة"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("home"), assets=60) as made:
        made.connect()
        yield made


@pytest.fixture(scope="module")
def page(world: WebWorld) -> Page:
    return world.signed_in()


def folder(world: WebWorld, name: str) -> Path:
    return world.home / name


def add(world: WebWorld, place: str, *, album: str = "Holiday", name: str = "") -> Mirror:
    """Save a mirror in the folder ``place``, without running it."""

    async def made(program: Program) -> Mirror:
        store = program.app.store
        connection = (await store.connections.list())[0]
        async with program.pool.client(connection) as client:
            found = next(one for one in await client.albums() if one.name == album)
        definition = await program.app.definition(
            connection, found, f"folder:{folder(world, place)}", removals="trash"
        )
        mirror = await definition.save()
        return await store.mirrors.update(mirror.id, album_name=name) if name else mirror

    return world.server.call(made)


def fine(page: Page) -> None:
    assert axe(page) == []
    assert troubles(page) == []
    assert sideways(page) == 0


def to_form(page: Page, album: str) -> None:
    page.goto("/mirrors/new")
    page.get_by_role("link", name=album, exact=True).click()
    expect(page.get_by_role("heading", name="Destination")).to_be_visible()


def ended(page: Page, mirror_id: str, word: str = "Up to date") -> None:
    page.goto(f"/mirrors/{mirror_id}")
    expect(page.locator("#standing .pill")).to_have_text(word, timeout=20_000)


def test_a_mirror_is_made_previewed_and_run(world: WebWorld, page: Page) -> None:
    to_form(page, "Holiday")
    fine(page)
    page.get_by_label("Folder", exact=True).fill(str(folder(world, "holiday")))
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".dock")).to_contain_text("59 put, 0 removed.")
    expect(page.locator("tbody[data-state=running] th")).to_have_text("Put 59 files")
    expect(page.locator("#plan-rows .thumb").first).to_be_visible()
    fine(page)
    assert not folder(world, "holiday").exists()

    page.get_by_role("link", name="Mirrors", exact=True).first.click()
    row = page.locator(".mirror", has_text="/holiday")
    expect(row.locator(".pill")).to_have_text("Not started")
    row.get_by_role("link", name="Holiday", exact=True).click()
    expect(page.get_by_text("Each day at 03:00")).to_be_visible()
    expect(page.get_by_text("It begins with the first run.")).to_be_visible()
    fine(page)
    mirror_id = page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile("/runs/"))
    ended(page, mirror_id)
    expect(page.get_by_text("Next run:").first).to_be_visible()
    assert len([p for p in folder(world, "holiday").rglob("*.*") if p.is_file()]) >= 59
    fine(page)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    world: WebWorld, page: Page
) -> None:
    to_form(page, "Favourites")
    page.get_by_label("Folder", exact=True).fill("not/absolute")
    page.get_by_label("Path template").fill("{nothing}")
    page.get_by_text("As cron says").click()
    page.get_by_label("Cron expression").fill("99 3 * * *")
    page.get_by_role("button", name="Create and run").click()
    expect(page.locator(".error:visible")).to_have_count(1)
    page.get_by_label("Cron expression").fill("30 4 * * 1")
    expect(page.locator("#schedule-times")).to_contain_text("04:30")
    page.get_by_role("button", name="Create and run").click()
    expect(page.locator("#f-path-error")).to_contain_text("The path must be absolute")
    expect(page.get_by_label("Folder", exact=True)).to_have_value("not/absolute")
    expect(page.get_by_label("Path template")).to_have_value("{nothing}")
    expect(page.get_by_label("Cron expression")).to_have_value("30 4 * * 1")
    fine(page)


def test_a_second_mirror_at_the_same_place_is_refused(world: WebWorld, page: Page) -> None:
    add(world, "taken", album="Favourites")
    to_form(page, "Favourites")
    page.get_by_label("Folder", exact=True).fill(str(folder(world, "taken")))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("There is a mirror of this album at this place")).to_be_visible()
    to_form(page, "Holiday")
    page.get_by_label("Folder", exact=True).fill(str(folder(world, "taken")))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("already belongs to the mirror of the album")).to_be_visible()


def test_options_are_changed_and_the_place_stays(world: WebWorld, page: Page) -> None:
    mirror = add(world, "edited", album="Favourites")
    page.goto(f"/mirrors/{mirror.id}/edit")
    expect(page.get_by_label("Folder", exact=True)).to_be_disabled()
    page.get_by_text("More options").click()
    page.get_by_label("Space to leave free").fill("2 GiB")
    page.get_by_label("XMP sidecars").check()
    page.get_by_text("Every so often").click()
    page.get_by_label("Every", exact=True).fill("2")
    expect(page.locator("#schedule-times")).to_contain_text("Next:")
    fine(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Every 2 hours")).to_be_visible()
    expect(page.get_by_text("2 GiB")).to_be_visible()

    async def stored(program: Program) -> Mirror:
        return await program.app.store.mirrors.get(mirror.id)

    saved = world.server.call(stored)
    assert saved.options["sidecars"] is True
    assert saved.options["min_free"] == 2 << 30
    assert saved.options["path"] == mirror.options["path"]
    assert saved.schedule == {"every": 7200, "jitter": 60}
    assert saved.next_run_at is None


def test_a_mirror_is_paused_resumed_and_deleted_and_its_files_stay(
    world: WebWorld, page: Page
) -> None:
    mirror = add(world, "ending", album="Favourites")
    page.goto(f"/mirrors/{mirror.id}")
    page.get_by_role("button", name="Run now").click()
    ended(page, mirror.id)
    files = sorted(p.name for p in folder(world, "ending").iterdir())
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#standing .pill")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").first.click()
    expect(page.locator("#standing .pill")).to_have_text("Up to date")
    page.get_by_role("button", name="Delete the mirror").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No file is deleted")
    fine(page)
    dialog.get_by_role("button", name="Delete the mirror").click()
    page.wait_for_url("**/mirrors")
    assert sorted(p.name for p in folder(world, "ending").iterdir()) == files
    assert page.request.get(f"/mirrors/{mirror.id}").status == 404


def test_removals_are_held_until_they_are_allowed(world: WebWorld, page: Page) -> None:
    library = world.sandbox.library
    assets = list(library.album_named("Holiday").assets)
    album = library.add_album("Shrinking", assets)
    mirror = add(world, "shrinking", album="Shrinking")
    page.goto(f"/mirrors/{mirror.id}")
    page.get_by_role("button", name="Run now").click()
    ended(page, mirror.id)
    library.remove_from_album(album.id, assets[:55])
    gone = 54  # one of them is in Immich's trash, and was never put

    page.goto(f"/mirrors/{mirror.id}/preview")
    page.get_by_role("button", name="Plan the next run").click()
    expect(page.locator("#guard")).to_contain_text("nothing has been removed")
    expect(page.locator("#guard-title")).to_have_text(f"{gone} removals are held back")
    fine(page)
    page.get_by_role("button", name="Allow for this run").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Run, and remove {gone} files?")
    fine(page)
    assert len(list(folder(world, "shrinking").glob("*.*"))) >= 59
    dialog.get_by_role("button", name=f"Run and remove {gone}").click()
    page.wait_for_url(re.compile("/runs/"))
    ended(page, mirror.id)
    expect(page.locator("#history")).to_contain_text(f"{gone} removed")
    left = [p for p in folder(world, "shrinking").iterdir() if p.is_file()]
    assert len(left) == 5


def test_a_plan_is_searched_and_narrowed(world: WebWorld, page: Page) -> None:
    mirror = add(world, "searched", album="../Hostile: a/b\\c?")
    page.goto(f"/mirrors/{mirror.id}/preview")
    fine(page)
    page.get_by_role("button", name="Plan the next run").click()
    expect(page.locator("#plan-rows-more")).to_contain_text("20 of 20")
    page.get_by_placeholder("Find a file").fill("café")
    expect(page.locator("#plan-rows-more")).to_contain_text("2 of 2")
    page.goto(f"/mirrors/{mirror.id}/preview?show=keep")
    expect(page.locator("#plan-rows")).to_contain_text("Nothing to do")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_long_and_hostile_names_are_shown_whole_and_harmless(
    world: WebWorld, width: int, dark: bool
) -> None:
    long = add(world, LONG, album="Favourites", name=LONG)
    hostile = add(world, "hostile", album="Favourites", name=HOSTILE)
    page = world.signed_in(width=width, dark=dark)
    for mirror in (long, hostile):
        for path in ("", "/edit", "/preview"):
            page.goto(f"/mirrors/{mirror.id}{path}")
            fine(page)
    page.goto("/mirrors")
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    fine(page)
    page.get_by_role("button", name=f"More for {LONG}").click()
    expect(page.locator("#mirror-menu-items")).to_contain_text("Preview the next run")
    fine(page)


def test_everything_works_without_scripts(world: WebWorld) -> None:
    mirror = add(world, "plain", album="Favourites")

    async def token(program: Program) -> str:
        return await program.door.with_api_key(
            world.sandbox.api_key, address="127.0.0.1", user_agent="test"
        )

    page = world.person(script=False)
    page.context.add_cookies(
        [{"name": "pentaprism_session", "value": world.server.call(token), "url": world.url}]
    )
    page.goto("/mirrors?q=plain")
    page.locator(".mirror .what a").click()
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/preview")
    expect(page.locator(".dock")).to_contain_text("9 put", timeout=15_000)
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(re.compile("/runs/"))
    page.goto("/mirrors/new")
    assert page.goto(f"/mirrors/{mirror.id}/edit").status == 200  # type: ignore[union-attr]


def test_what_is_somebody_elses_is_not_found(world: WebWorld) -> None:
    mirror = add(world, "private", album="Favourites")
    library = world.sandbox.library
    other = next(user for user in library.users.values() if user.id != library.owner.id)
    key = library.add_key(user_id=other.id).secret

    async def token(program: Program) -> str:
        return await program.door.with_api_key(key, address="127.0.0.1", user_agent="test")

    page = world.person()
    page.context.add_cookies(
        [{"name": "pentaprism_session", "value": world.server.call(token), "url": world.url}]
    )
    here = f"/mirrors/{mirror.id}"
    for path in ("", "/edit", "/preview", "/live", "/menu", "/preview/live"):
        assert page.request.get(here + path).status == 404, path
    for path in ("/run", "/cancel", "/pause", "/resume", "/delete", "/edit", "/preview"):
        answer = page.request.post(here + path, headers={"Origin": world.url})
        assert answer.status == 404, path
    page.goto("/mirrors")
    expect(page.get_by_text("No mirrors yet")).to_be_visible()
