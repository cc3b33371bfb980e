"""The whole story, as one person lives it in a browser, and another one who sees none of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

from pentaprism.immich import READ_ONLY

ALBUM = "Summer at the lake"
PHOTOS = 24
SLOW = 0.3
"""Seconds before Immich sends a photo, two at once: a run takes a few seconds."""


def test_the_whole_story(tmp_path: Path) -> None:
    with web_world(tmp_path, assets=80, immich_connections=2) as world:
        photos = some_photos(world)
        album = world.sandbox.library.add_album(ALBUM, photos[:PHOTOS])
        page = world.person()

        enter_the_code_from_the_log(world, page)
        try_a_key_that_lacks_a_permission(world, page)
        connect_with_a_key_that_has_all(world, page)
        pick_the_album(page)
        consent_at_google(page)
        run_it_each_day(page)
        look_at_the_preview(page)

        make_immich_slow(world)
        spoil_a_photo(world, photos[5])
        run_and_watch_it_move(page)
        cancel_it(page)
        run_again_and_see_one_fail(page)
        mend_the_photo_and_retry(world, page)
        assert shown_at_google(world) == PHOTOS

        world.sandbox.library.add_to_album(album.id, photos[PHOTOS:])
        revoke_the_right(world)
        see_that_it_needs_a_reconnect(page)
        connect_google_again(page)
        see_the_run_go_on(world, page, len(photos))

        paths = what_is_theirs(page)
        sign_out(page)
        somebody_else_sees_none_of_it(world, paths)


def some_photos(world: WebWorld) -> list[str]:
    """Return photos that have nothing odd about them: the first ones of the library do."""
    assets = world.sandbox.library.assets.values()
    plain = [one.id for one in assets if re.fullmatch(r"IMG_\d+\.jpg", one.filename)]
    return plain[20 : 20 + PHOTOS + 6]


# The first steps


def enter_the_code_from_the_log(world: WebWorld, page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup$"))
    page.get_by_label("Set-up code").fill(world.code)
    press(page, "Continue")
    expect(page).to_have_url(re.compile("/setup/immich$"))
    assert troubles(page) == []


def try_a_key_that_lacks_a_permission(world: WebWorld, page: Page) -> None:
    few = set(READ_ONLY) - {"asset.download"}
    page.get_by_label("Server address").fill(world.sandbox.url)
    page.get_by_label("API key").fill(world.sandbox.library.add_key(sorted(few)).secret)
    press(page, "Test")
    lacking = page.get_by_role("listitem").filter(has_text="asset.download")
    expect(lacking).to_contain_text("is missing")
    expect(lacking).to_contain_text("Nothing can be mirrored without it.")
    fine(page)
    press(page, "Continue")
    expect(lacking).to_contain_text("is missing")
    expect(page).to_have_url(re.compile("/setup/immich$"))


def connect_with_a_key_that_has_all(world: WebWorld, page: Page) -> None:
    page.get_by_label("API key").fill(world.sandbox.library.add_key(sorted(READ_ONLY)).secret)
    press(page, "Continue")
    expect(page).to_have_url(re.compile("/first-steps/albums$"))
    assert troubles(page) == []


def pick_the_album(page: Page) -> None:
    page.get_by_label(ALBUM).check()
    fine(page)
    press(page, "Continue")
    expect(page).to_have_url(re.compile("/first-steps/destination$"))


def consent_at_google(page: Page) -> None:
    fine(page)
    page.get_by_role("link", name="Connect a Google account").click()
    allow_at_google(page)
    expect(page).to_have_url(re.compile("/first-steps/destination"))
    press(page, "Use this account")
    expect(page).to_have_url(re.compile("/first-steps/schedule$"))


def allow_at_google(page: Page) -> None:
    expect(page.get_by_text("Pentaprism wants access to your Google Account")).to_be_visible()
    press(page, "Allow")


def run_it_each_day(page: Page) -> None:
    page.get_by_label("Each day").check()
    page.get_by_label("at", exact=True).fill("03:30")
    fine(page)
    press(page, "Continue")
    expect(page).to_have_url(re.compile("/first-steps/start$"))
    expect(page.get_by_text(ALBUM)).to_be_visible()
    fine(page)


def look_at_the_preview(page: Page) -> None:
    press(page, "Preview")
    expect(page).to_have_url(re.compile(r"/mirrors/[0-9a-f-]+/preview$"))
    expect(page.get_by_text(f"Put {PHOTOS} files")).to_be_visible(timeout=20_000)
    fine(page)


# Runs


def make_immich_slow(world: WebWorld) -> None:
    world.sandbox.faults.add("slow", route="original", seconds=SLOW)


def run_and_watch_it_move(page: Page) -> None:
    press(page, "Run now")
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]+$"))
    expect(page.get_by_text("Running", exact=True).first).to_be_visible()
    seen = set()
    for _look in range(3):
        wait_until(lambda: progress(page) not in seen)
        seen.add(progress(page))
    fine(page)


def progress(page: Page) -> str:
    return page.locator("#run-state .stats").inner_text()


def cancel_it(page: Page) -> None:
    press(page, "Cancel run")
    page.get_by_role("dialog").get_by_role("button", name="Cancel run").click()
    expect(page.locator("h1 .pill")).to_have_text("Cancelled", timeout=30_000)
    assert troubles(page) == []


def spoil_a_photo(world: WebWorld, asset_id: str) -> None:
    world.sandbox.faults.add("flip", route="original", asset=asset_id)


def run_again_and_see_one_fail(page: Page) -> None:
    press(page, "Run again")
    expect(page.locator("h1 .pill")).to_have_text("Done, 1 failed", timeout=30_000)
    failure = page.locator("#run-failures")
    expect(failure).to_contain_text("1 failure")
    expect(failure).to_contain_text("CHECKSUM_MISMATCH")
    fine(page)


def mend_the_photo_and_retry(world: WebWorld, page: Page) -> None:
    world.sandbox.faults.clear()
    make_immich_slow(world)
    press(page, re.compile("^Retry what can be retried"))
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=30_000)
    fine(page)


def shown_at_google(world: WebWorld) -> int:
    (album,) = [one for one in world.google.albums() if one["title"] == ALBUM]
    return len(album["items"])


# A right that was taken back


def revoke_the_right(world: WebWorld) -> None:
    world.google.state.grants.revoke_all()


def see_that_it_needs_a_reconnect(page: Page) -> None:
    page.goto("/")
    press(page, f"Run {ALBUM} now")
    page.goto("/")
    expect(page.get_by_text("Reconnect needed").first).to_be_visible(timeout=20_000)
    fine(page)


def connect_google_again(page: Page) -> None:
    page.get_by_role("link", name=f"Reconnect the account of {ALBUM}").click()
    expect(page).to_have_url(re.compile("/accounts"))
    fine(page)
    page.get_by_role("main").get_by_role("link", name="Reconnect").first.click()
    allow_at_google(page)
    expect(page).to_have_url(re.compile("/accounts$"))


def see_the_run_go_on(world: WebWorld, page: Page, photos: int) -> None:
    page.goto("/")
    expect(page.get_by_text("Up to date").first).to_be_visible(timeout=20_000)
    assert shown_at_google(world) == photos
    fine(page)


# Somebody else


def what_is_theirs(page: Page) -> list[str]:
    """Return the addresses of what the first person has."""
    page.goto("/mirrors")
    page.get_by_role("link", name=ALBUM).click()
    expect(page).to_have_url(re.compile(r"/mirrors/[0-9a-f-]+$"))
    fine(page)
    mirror = urlsplit(page.url).path
    run = page.locator('a[href*="/runs/"]').first.get_attribute("href")
    assert run is not None
    return [mirror, f"{mirror}/items", f"{mirror}/edit", f"{mirror}/preview", run, f"{run}/log"]


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Admin Example").click()
    press(page, "Sign out")
    expect(page).to_have_url(re.compile("/login$"))
    page.goto("/mirrors")
    expect(page).to_have_url(re.compile("/login"))
    assert troubles(page) == []


def somebody_else_sees_none_of_it(world: WebWorld, paths: list[str]) -> None:
    page = world.person()
    page.goto("/login")
    fine(page)
    page.get_by_label("E-mail").fill("third@example.test")
    page.get_by_label("Password", exact=True).fill("sandbox")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/first-steps"))
    theirs = {ALBUM, "somebody", *(path.split("/")[2] for path in paths)}
    for path in ("/", "/mirrors", "/albums", "/accounts", "/connections", "/runs", "/settings"):
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        shown = page.content()
        assert not [word for word in theirs if word in shown], path
    for path in paths:
        answer = page.request.get(path)
        assert answer.status == 404, path
        assert ALBUM not in answer.text()
    assert page.request.get("/system").status == 403
    assert troubles(page) == []


# What all of them need


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()


def fine(page: Page) -> None:
    """The page is well: no script error, nothing serious by axe, nothing wider than the window."""
    assert troubles(page) == []
    assert axe(page) == []
    assert sideways(page) == 0


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
