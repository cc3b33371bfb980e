"""Sign-in, set-up and first steps, as people meet them in a browser."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

from pentaprism.immich import READ_ONLY
from pentaprism.sandbox.immich import Sandbox


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("entry")) as made:
        made.connect()
        yield made


def fine(page: Page) -> None:
    assert axe(page) == []
    assert sideways(page) == 0
    assert troubles(page) == []


def test_from_the_code_in_the_log_to_the_first_run(tmp_path: Path) -> None:
    with web_world(tmp_path) as world:
        page = world.person()
        enter_the_code(world, page)
        connect(world, page)
        pick_albums(page)
        choose_where_and_when(page, tmp_path / "out")
        expect(page.get_by_text(str(tmp_path / "out/Ambiguous 2"))).to_be_visible()
        fine(page)
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(re.compile(r"/$"))
        wait_for_files(tmp_path / "out/Holiday", 40)
        mirrors = world.server.call(lambda p: p.app.store.mirrors.list())
        assert [mirror.schedule for mirror in mirrors] == [{"every": 3600, "jitter": 60}] * 3
        assert all(mirror.next_run_at for mirror in mirrors)
        names = {Path(mirror.place).name for mirror in mirrors}
        assert names == {"Holiday", "Ambiguous", "Ambiguous 2"}
        connection = world.server.call(lambda p: p.app.store.connections.default())
        assert connection is not None
        assert connection.home
        page.goto("/setup")
        expect(page).not_to_have_url(re.compile("/setup"))


def enter_the_code(world: WebWorld, page: Page) -> None:
    page.goto("/albums")
    expect(page).to_have_url(re.compile("/setup$"))
    page.get_by_label("Set-up code").fill("AAAA-BBBB-CCCC")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This is not the set-up code.")).to_be_visible()
    fine(page)
    page.get_by_label("Set-up code").fill(world.code.lower().replace("-", " "))
    page.get_by_role("button", name="Continue").click()


def connect(world: WebWorld, page: Page) -> None:
    key = world.sandbox.library.add_key(["album.read", "asset.read", "asset.view", "user.read"])
    page.get_by_label("Server address").fill(f"{world.sandbox.url}/")
    page.get_by_label("API key").fill(key.secret)
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("heading", name="Immich 3.1.0")).to_be_visible()
    expect(page.get_by_text("asset.download is missing")).to_be_visible()
    expect(page.get_by_text("server.about is missing")).to_be_visible()
    link = page.get_by_role("link", name="Open API keys in Immich")
    expect(link).to_have_attribute("href", re.compile(r"^http://127.*/user-settings"))
    fine(page)
    with page.expect_response(re.compile("/setup/immich")):
        page.get_by_role("button", name="Continue").click()  # saves nothing as it is
    expect(page.get_by_text("asset.download is missing")).to_be_visible()
    assert world.server.call(lambda p: p.app.store.connections.list()) == []

    world.sandbox.library.permit(key.secret, sorted(READ_ONLY))
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/first-steps/albums$"))


def pick_albums(page: Page) -> None:
    page.get_by_label("Find an album").fill("holi")
    expect(page.get_by_text("Favourites")).to_be_hidden()
    page.get_by_label("Holiday").check()
    page.get_by_label("Find an album").fill("ambig")
    for box in page.get_by_label("Ambiguous").all():
        box.check()
    fine(page)
    page.get_by_role("button", name="Continue").click()


def choose_where_and_when(page: Page, folder: Path) -> None:
    page.get_by_label("Folder", exact=True).fill("out")
    page.get_by_role("button", name="Use this folder").click()
    expect(page.get_by_text("The path must be absolute")).to_be_visible()
    page.get_by_label("Folder", exact=True).fill(str(folder))
    page.get_by_role("button", name="Use this folder").click()
    page.get_by_label("Every so often").check()
    page.get_by_label("every", exact=True).fill("1")
    page.get_by_label("Unit").select_option("minutes")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("5 minutes at least")).to_be_visible()
    page.get_by_label("Unit").select_option("hours")
    fine(page)
    page.get_by_role("button", name="Continue").click()


def test_set_up_needs_no_script(tmp_path: Path) -> None:
    with web_world(tmp_path, immich_url="http://127.0.0.1:9") as world:
        page = world.person(script=False)
        page.goto("/setup/immich")
        expect(page).to_have_url(re.compile("/setup$"))
        page.get_by_label("Set-up code").fill(world.code)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_label("Server address")).to_have_value("http://127.0.0.1:9")
        page.get_by_label("API key").fill(world.sandbox.api_key)
        page.get_by_role("button", name="Test").click()
        expect(page.locator(".field .error").first).to_be_visible()
        expect(page.get_by_label("API key")).to_have_value("")
        assert world.sandbox.api_key not in page.content()
        page.get_by_label("Server address").fill(world.sandbox.url)
        page.get_by_label("API key").fill(world.sandbox.api_key)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("link", name="Show them").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Pick at least one album.")).to_be_visible()
        page.get_by_label("Favourites").check()
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Folder", exact=True).fill(str(tmp_path / "out"))
        page.get_by_role("button", name="Use this folder").click()
        page.get_by_label("Only when I start it").check()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Preview").click()
        expect(page).to_have_url(re.compile("/mirrors/.*/preview"))
        (mirror,) = world.server.call(lambda p: p.app.store.mirrors.list())
        assert mirror.schedule is None
        assert not (tmp_path / "out").exists()


def test_a_wrong_password_is_told_at_its_field_and_the_right_one_leads_on(world: WebWorld) -> None:
    page = world.person(width=390, height=844, dark=True)
    page.goto("/connections")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Enter your password.")).to_be_visible()
    owner = world.sandbox.library.owner
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("does not know this e-mail address")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(owner.email)
    expect(page.get_by_label("Password")).to_have_value("")
    fine(page)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/connections$"))
    page.goto("/login?next=/settings")
    expect(page).to_have_url(re.compile("/settings$"))
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/connections")
    expect(page).to_have_url(re.compile("/login"))


@pytest.mark.parametrize("away", ["//evil.example/x", "https://evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(world: WebWorld, away: str) -> None:
    page = world.person()
    page.goto("/login")
    page.goto(f"/login?way=key&next={away}")
    page.get_by_label("API key").fill(world.sandbox.api_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{world.url}/")


def test_somebody_new_gets_a_key_that_can_only_read(world: WebWorld) -> None:
    library = world.sandbox.library
    bob = library.add_user("Bob", "bob@example.test", "secret of bob")
    page = world.person()
    page.goto("/login")
    page.get_by_label("E-mail").fill(bob.email)
    page.get_by_label("Password").fill("secret of bob")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/first-steps/immich$"))
    fine(page)
    page.get_by_role("button", name="Make an API key for me").click()
    expect(page).to_have_url(re.compile("/first-steps/albums$"))
    expect(page.get_by_text("No albums yet")).to_be_visible()
    fine(page)
    (key,) = [key for key in library.keys.values() if key.user_id == bob.id]
    assert (key.name, sorted(key.permissions)) == ("Pentaprism", sorted(READ_ONLY))
    connection = world.server.call(lambda p: p.app.store.connections.default(bob.id))
    assert connection is not None
    assert connection.api_key == key.secret
    page.goto("/first-steps/destination")
    expect(page).to_have_url(re.compile("/first-steps/albums$"))
    library.add_album("Bob's", owner_id=bob.id)
    page.get_by_role("link", name="Look again").click()
    page.get_by_label("Bob's").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Only admins may fill folders")).to_be_visible()


def test_with_several_servers_somebody_chooses(world: WebWorld) -> None:
    with Sandbox(assets=3, seed=9) as other:
        saved = world.server.call(lambda p: p.app.connect(other.url, other.api_key))[0]
        page = world.person()
        page.goto("/login")
        page.get_by_label("Immich server").select_option(other.url)
        page.get_by_label("E-mail").fill(other.library.owner.email)
        page.get_by_label("Password").fill("not it")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Immich server")).to_have_value(other.url)
        fine(page)
        page.get_by_label("Password").fill(other.library.owner.password)
        page.get_by_role("button", name="Sign in").click()
        page.goto("/settings")
        expect(page.get_by_text(other.url)).to_be_visible()
    page = world.person()
    page.goto("/login")
    page.get_by_label("Immich server").select_option(other.url)
    page.get_by_label("E-mail").fill("ann@example.test")
    page.get_by_label("Password").fill("any")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".banner")).to_be_visible()
    fine(page)
    world.server.call(lambda p: p.app.store.connections.delete(saved.id))


def test_an_album_goes_to_google_photos(world: WebWorld) -> None:
    page = world.signed_in()
    page.goto("/first-steps/albums")
    page.get_by_label("Favourites").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Connect a Google account").click()
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile("/first-steps/destination$"))
    page.get_by_role("button", name="Use this account").click()
    fine(page)
    page.get_by_label("Only when I start it").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Google Photos (")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile("/runs/"))
    page.goto("/first-steps")
    expect(page).to_have_url(re.compile("/first-steps/albums$"))


def test_everything_is_below_the_base_path(world: WebWorld) -> None:
    world.restart(base_url=f"http://localhost:{world.server.port}/pp")
    page = world.person()
    page.goto("/pp/settings")
    expect(page).to_have_url(re.compile("/pp/login"))
    page.get_by_role("button", name="API key").click()
    page.get_by_label("API key").fill(world.sandbox.api_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/pp/settings$"))
    for path in ("/connections", "/connections/new", "/first-steps/immich", "/first-steps/albums"):
        page.goto(f"/pp{path}")
        fine(page)
        outside = page.evaluate(
            "() => [...document.querySelectorAll('a[href], form, [hx-get], [hx-post]')]"
            ".map(e => e.getAttribute('href') ?? e.getAttribute('hx-get') ??"
            " e.getAttribute('action'))"
            ".filter(p => p && p.startsWith('/') && !p.startsWith('/pp'))"
        )
        assert outside == []
    page.get_by_label("Favourites").check()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/pp/first-steps/destination$"))
    world.restart(base_url=None)


def test_too_many_attempts_say_when_again(world: WebWorld) -> None:
    world.restart()
    page = world.person()
    page.goto("/login?way=key")
    for _ in range(10):
        page.get_by_label("API key").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".error")).to_be_visible()
    page.get_by_label("API key").fill(world.sandbox.api_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Try again in 10 minutes.")).to_be_visible()
    fine(page)


def wait_for_files(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [path for path in folder.glob("*") if path.is_file()]
        if len(found) >= count:
            return
        time.sleep(0.1)
    pytest.fail(f"{folder} holds {len(found)} files")
