"""The settings page: preferences, notifications, API tokens, and sessions."""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Page, expect
from web_world import WebWorld, axe, sideways, troubles, web_world

LONG = "Automation-" + "x" * 69


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("settings")) as made:
        made.connect()
        yield made


@pytest.fixture
def page(world: WebWorld) -> Page:
    made = world.signed_in()
    made.goto("/settings")
    return made


class Receiver(HTTPServer):
    """Takes messages, as a service does to which notices are sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.taken: list[str] = []
        self.failing = False


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(json.loads(body)["title"])
        self.send_response(503 if self.server.failing else 200)
        self.end_headers()

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def status(world: WebWorld, secret: str) -> int:
    """Return what the API answers to a program with this token."""
    request = urllib.request.Request(
        f"{world.url}/api/connections", headers={"Authorization": f"Bearer {secret}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_theme_changes_at_once_and_stays(world: WebWorld, page: Page) -> None:
    root = page.locator("html")
    with page.expect_response(re.compile("/settings/theme")):
        page.get_by_label("Dark", exact=True).check()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Dark", exact=True)).to_be_checked()
    assert axe(page) == []
    with page.expect_response(re.compile("/settings/theme")):
        page.get_by_label("System", exact=True).check()
    page.reload()
    expect(root).not_to_have_attribute("data-theme", "dark")
    assert troubles(page) == []


def test_single_letters_can_be_switched_off(page: Page) -> None:
    page.get_by_label("Single-letter keys").uncheck()
    page.get_by_role("button", name="Keep").last.click()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    expect(page.get_by_text("Your preferences are kept.")).to_be_visible()
    page.get_by_label("Single-letter keys").check()
    page.get_by_role("button", name="Keep").last.click()
    expect(page.locator("html")).not_to_have_attribute("data-keys", "off")


def test_an_address_is_tried_out_and_never_shown_again(page: Page, receiver: Receiver) -> None:
    add = page.get_by_role("button", name="Add", exact=True)
    page.get_by_label("Address", exact=True).fill("file:///etc/passwd")
    add.click()
    expect(page.locator(".error")).to_be_visible()
    assert axe(page) == []
    url = f"json://ann:secret-of-ann@127.0.0.1:{receiver.server_port}/hook-1234"
    page.get_by_label("Address", exact=True).fill(url)
    add.click()
    expect(page.get_by_text("JSON at 127.0.0.1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test was sent.")).to_be_visible()
    assert receiver.taken == ["Pentaprism can reach you here"]
    assert "secret-of-ann" not in page.content()
    assert "hook-1234" not in page.content()
    receiver.failing = True
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Not all of it got through")).to_be_visible()
    page.get_by_text("Last notices").click()
    expect(page.get_by_text("It did not get through")).to_be_visible()
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No address yet")).to_be_visible()


def test_a_token_is_shown_once_and_lets_a_program_in_until_it_is_revoked(
    world: WebWorld, page: Page
) -> None:
    make = page.get_by_role("button", name="Make a token")
    make.click()
    expect(page.get_by_text("A token needs a name")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Old")
    page.get_by_label("Good until").fill("2020-01-01")
    make.click()
    expect(page.get_by_text("is over")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Old")
    page.get_by_label("Name", exact=True).fill(LONG)
    make.click()
    secret = page.locator("#new-token").inner_text()
    assert secret.startswith("pentaprism_")
    assert axe(page) == []
    assert status(world, secret) == 200
    page.set_viewport_size({"width": 390, "height": 844})
    assert sideways(page) == 0
    page.goto("/settings")
    assert secret not in page.content()
    assert "used" in page.get_by_role("list", name="Tokens").inner_text()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token is revoked.")).to_be_visible()
    assert status(world, secret) == 401


def test_somebody_elses_token_is_not_there(world: WebWorld, page: Page) -> None:
    library = world.sandbox.library
    eve = library.add_user("Eve", "eve@example.test", "secret of eve")
    key = library.add_key(user_id=eve.id)
    world.server.call(lambda p: p.door.with_api_key(key.secret, address="192.0.2.7"))

    person = world.server.call(lambda p: p.app.store.people.get(eve.id))
    token, _ = world.server.call(lambda p: p.tokens.make(person, "Eve's"))
    answer = page.context.request.post(
        f"/settings/tokens/{token.id}/revoke", headers={"Origin": world.url}
    )
    assert answer.status == 404
    assert len(world.server.call(lambda p: p.app.store.api_tokens.list_of(eve.id))) == 1


def test_other_browsers_are_signed_out(world: WebWorld, page: Page) -> None:
    other = world.signed_in()
    page.reload()
    expect(page.get_by_text("This browser", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Sign out everywhere else").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text(re.compile("other sessions? (is|are) ended"))).to_be_visible()
    other.goto("/settings")
    expect(other).to_have_url(re.compile("/login"))
    page.goto("/settings")
    expect(page).to_have_url(re.compile("/settings"))


def test_a_session_that_is_used_is_kept_as_long_in_the_browser_as_on_the_server(
    world: WebWorld,
) -> None:
    page = world.signed_in()
    before = _session_ends(page)
    page.wait_for_timeout(1100)
    page.goto("/settings")
    assert _session_ends(page) > before


def _session_ends(page: Page) -> float:
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "pentaprism_session"]
    assert cookie["httpOnly"]
    return float(cookie["expires"])
