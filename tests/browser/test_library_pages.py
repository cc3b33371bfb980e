"""The page of the folders: how they stand, how scans go on, and what is done with them."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from media_folders import PAIR, fill, put
from playwright.sync_api import Locator, Page, expect
from web_steps import come_in, fine, wait_until
from web_world import WebWorld, web_world

from pentaprism.program import Program
from pentaprism.store.library_records import Root, Watching

LONG = "Donaudampfschifffahrtsgesellschaft" * 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("library")) as made:
        made.connect()
        yield made


@pytest.fixture(autouse=True)
def clean(world: WebWorld) -> Iterator[None]:
    """Leave no folder to the next test."""
    yield

    async def forget(program: Program) -> None:
        for root in await program.app.store.roots.list():
            await program.scans.cancel(root.id)
            await program.app.store.roots.delete(root.id)

    world.server.call(forget)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return fill(tmp_path / "photos", (*PAIR, "2024/IMG_2.jpg"))


def indexed(world: WebWorld, folder: Path, name: str = "Photos", **more: Any) -> Root:
    """Add a folder of the owner's, which is not watched, and scan it to the end."""

    async def add(program: Program) -> Root:
        connection = await program.app.store.connections.default()
        assert connection is not None
        values = {"watching": Watching.OFF} | more
        root = await program.app.store.roots.add(connection.owner_id, str(folder), name, **values)
        await scan(program, root)
        return root

    return world.server.call(add)


async def scan(program: Program, root: Root) -> None:
    await program.scans.start(root.id)
    await program.scans.ended(root.id)


def row_of(page: Page, name: str) -> Locator:
    return page.locator(".root", has=page.get_by_role("heading", name=name, exact=True))


@contextmanager
def held(world: WebWorld, root: Root) -> Iterator[None]:
    """Let no scan of ``root`` get on within the block."""
    lock = world.server.call(lambda p: _begin_to_hold(p, root))
    try:
        yield
    finally:
        world.server.call(lambda _: lock())


async def _begin_to_hold(program: Program, root: Root) -> Any:
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with program.app.store.locks.hold(f"root {root.id}"):
            holding.set()
            await done.wait()

    task = asyncio.create_task(hold())
    await holding.wait()

    async def release() -> None:
        done.set()
        await task

    return release


def test_a_folder_is_added_and_its_scan_is_followed(world: WebWorld, photos: Path) -> None:
    page = come_in(world)
    page.goto("/library")
    expect(page.get_by_text("No folder yet")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Add a folder").click()
    fine(page)
    folder, add = page.get_by_role("textbox", name="Folder"), page.get_by_role("button", name="Add")
    for path, told in [
        ("", "Enter the path of a folder."),
        ("photos", "Give the whole path"),
        (str(photos / "nothing"), "cannot be listed"),
    ]:
        folder.fill(path)
        add.click()
        expect(page.locator(".error")).to_contain_text(told)
        expect(folder).to_have_value(path)
    page.get_by_label("Where Immich sees it").fill("mnt")
    add.click()
    expect(page.get_by_text("beginning with a slash")).to_be_visible()
    expect(page.get_by_text("Choose the connection whose Immich")).to_be_visible()
    fine(page)
    page.get_by_label("Where Immich sees it").fill("")
    folder.fill(str(photos))
    add.click()
    expect(page.get_by_text("“photos” is being scanned.")).to_be_visible()
    row = row_of(page, "photos")
    expect(row.get_by_text("Watching")).to_be_visible()
    expect(row.get_by_text("3 files")).to_be_visible()
    expect(row.get_by_role("link", name="1 group")).to_be_visible()
    fine(page)
    put(photos / "2024" / "IMG_3.jpg")
    expect(row.get_by_text("4 files")).to_be_visible(timeout=40_000)


def test_a_folder_twice_is_told_at_its_field(world: WebWorld, photos: Path) -> None:
    indexed(world, photos)
    page = come_in(world)
    for path, told in [(photos, "is indexed already"), (photos / "2024", "lies in another one")]:
        page.goto("/library/new")
        page.get_by_role("textbox", name="Folder").fill(str(path))
        page.get_by_role("button", name="Add the folder").click()
        expect(page.locator(".error")).to_contain_text(told)


def test_who_may_not_add_folders_is_told_who_may(world: WebWorld, photos: Path) -> None:
    indexed(world, photos)
    page = come_in(world, "second@example.test")
    page.goto("/library")
    expect(page.get_by_text("are added by admins")).to_be_visible()
    expect(page.get_by_text("Photos", exact=True)).not_to_be_visible()
    expect(page.get_by_role("link", name="Add a folder")).to_have_count(0)
    fine(page)
    assert page.request.get("/library/new").status == 403


def test_folders_that_are_open_to_everybody_can_be_added_by_everybody(
    world: WebWorld, tmp_path: Path
) -> None:
    open_one = fill(tmp_path / "open", PAIR)
    other = fill(tmp_path / "other", PAIR)
    world.restart(media_folders=(open_one,))
    try:
        page = come_in(world, "second@example.test")
        page.goto("/library/new")
        expect(page.get_by_text(f"Choose one inside {open_one}")).to_be_visible()
        page.get_by_role("textbox", name="Folder").fill(str(other))
        page.get_by_role("button", name="Add the folder").click()
        expect(page.locator(".error")).to_contain_text("Choose a folder inside")
        page.get_by_role("textbox", name="Folder").fill(str(open_one))
        page.get_by_role("button", name="Add the folder").click()
        expect(page.get_by_text("“open” is being scanned.")).to_be_visible()
        row = row_of(page, "open")
        expect(row).to_be_visible()
        expect(row.get_by_text("1 group")).to_be_visible()
    finally:
        world.restart(media_folders=())


def test_a_scan_is_followed_waits_and_is_cancelled(
    world: WebWorld, photos: Path, tmp_path: Path
) -> None:
    first = indexed(world, photos, "First")
    indexed(world, fill(tmp_path / "second", ["a.jpg"]), "Second")
    page = come_in(world)
    page.goto("/library")
    with held(world, first):
        row_of(page, "First").get_by_role("button", name="Scan now").click()
        expect(row_of(page, "First").get_by_text("Scanning")).to_be_visible()
        expect(row_of(page, "First").get_by_text("Nothing new so far")).to_be_visible()
        expect(row_of(page, "First").get_by_role("progressbar")).to_be_visible()
        row_of(page, "Second").get_by_role("button", name="Scan now").click()
        expect(row_of(page, "Second").get_by_text("Waiting its turn")).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        fine(page)
        row_of(page, "First").get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("The scan is cancelled.")).to_be_visible()
        expect(row_of(page, "Second").get_by_text("Not watched")).to_be_visible()
    expect(row_of(page, "First").get_by_role("button", name="Scan now")).to_be_visible()


def test_what_is_away_says_so_and_comes_back_by_itself(world: WebWorld, photos: Path) -> None:
    root = indexed(world, photos, watching=Watching.AUTO)
    page = come_in(world)
    page.goto("/library")
    row = row_of(page, "Photos")
    expect(row.get_by_text("Watching")).to_be_visible()
    shutil.move(photos, photos.with_name("elsewhere"))
    world.server.call(lambda p: scan(p, root))
    expect(row.get_by_text("Away", exact=True)).to_be_visible()
    expect(row.get_by_text("Nothing is forgotten.")).to_be_visible()
    expect(row.get_by_text("3 files")).to_be_visible()
    fine(page)
    shutil.move(photos.with_name("elsewhere"), photos)
    world.server.call(lambda p: scan(p, root))
    expect(row.get_by_text("Watching")).to_be_visible()


def test_a_folder_is_changed_and_long_names_fit(world: WebWorld, tmp_path: Path) -> None:
    indexed(world, fill(tmp_path / LONG / ("x" * 120), PAIR))
    page = come_in(world, width=390, height=844, dark=True)
    page.goto("/library")
    row_of(page, "Photos").get_by_role("link", name="Edit Photos").click()
    expect(page.get_by_role("textbox", name="Folder")).to_be_disabled()
    page.get_by_label("Name").fill("x" * 101)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error")).to_have_text("A name has 100 characters at most.")
    page.get_by_label("Name").fill(f"<b>{LONG[:90]}</b>")
    page.get_by_label("Look through it every minute").check()
    page.get_by_label("Connection").select_option(label="Admin Example")
    page.get_by_label("Where Immich sees it").fill("/mnt/photos")
    fine(page)
    page.get_by_role("button", name="Save").click()
    row = row_of(page, f"<b>{LONG[:90]}</b>")
    expect(row.get_by_text("Polling")).to_be_visible()
    expect(row.get_by_text("also in Immich: Admin Example")).to_be_visible()
    fine(page)
    (root,) = world.server.call(lambda p: p.app.store.roots.list())
    assert (root.watching, root.immich_path) == (Watching.POLLING, "/mnt/photos")


def test_what_is_removed_is_only_forgotten(world: WebWorld, photos: Path) -> None:
    indexed(world, photos)
    page = come_in(world)
    page.goto("/library")
    page.get_by_role("button", name="Remove Photos").click()
    dialog = page.get_by_role("dialog", name="Remove “Photos”?")
    expect(dialog.get_by_text("forgets what it knows of 3 files")).to_be_visible()
    expect(dialog.get_by_text("Nothing on the disk is touched.")).to_be_visible()
    fine(page)
    dialog.get_by_role("button", name="Remove the folder").click()
    expect(page.get_by_text("“Photos” is forgotten.")).to_be_visible()
    expect(page.get_by_text("No folder yet")).to_be_visible()
    assert sorted(path.name for path in photos.rglob("*.jpg")) == sorted(
        [Path(name).name for name in PAIR] + ["IMG_2.jpg"]
    )


def test_files_that_could_not_be_read_are_listed(world: WebWorld, photos: Path) -> None:
    put(photos / "broken" / "0-empty.jpg", b"")
    put(photos / "broken" / f"{LONG}.jpg", b"nothing")
    for number in range(110):
        put(photos / "broken" / f"{number:03}.jpg", b"nothing")
    indexed(world, photos)
    page = come_in(world, width=390, height=844)
    page.goto("/library")
    row_of(page, "Photos").get_by_role("link", name="112 problems").click()
    expect(page.get_by_text("It has no content: 0 bytes.")).to_be_visible()
    expect(page.get_by_text("Its data is damaged").first).to_be_visible()
    expect(page.locator("#problems > li")).to_have_count(100)
    fine(page)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#problems > li")).to_have_count(112)


def test_what_is_known_of_immich_is_told_and_asked_for(world: WebWorld) -> None:
    page = come_in(world)
    page.goto("/library")
    panel = page.get_by_role("region", name="From Immich")
    expect(panel.get_by_text("Admin Example")).to_be_visible()
    panel.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("is asked what has changed")).to_be_visible()
    told = page.get_by_role("region", name="From Immich").get_by_text(
        re.compile(r"[1-9]\d* assets are indexed\.")
    )
    expect(told).to_be_visible(timeout=40_000)
    fine(page)


def test_the_keys_g_and_l_lead_to_the_folders(world: WebWorld) -> None:
    page = come_in(world)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Folders")


def test_everything_works_without_scripts(world: WebWorld, photos: Path) -> None:
    root = indexed(world, photos)
    page = come_in(world, script=False)
    page.goto("/library")
    row_of(page, "Photos").get_by_role("button", name="Scan now").click()
    expect(page.get_by_text("The scan has begun.")).to_be_visible()
    wait_until(lambda: world.server.call(lambda p: _is_idle(p, root)))


async def _is_idle(program: Program, root: Root) -> bool:
    return program.scans.progress(root.id) is None
