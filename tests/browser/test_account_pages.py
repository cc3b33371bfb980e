"""Google accounts: connecting them, what they may do, and taking them away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from web_steps import begin, come_in, ended, fine, new_mirror
from web_world import WebWorld, browsing, web_world

from pentaprism.program import Program
from pentaprism.store.records import Account, AccountState


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def world(tmp_path: Path, browser: Browser) -> Iterator[WebWorld]:
    with web_world(tmp_path, assets=4, google={"consent": False}, browser=browser) as made:
        made.connect()
        yield made


@pytest.fixture
def page(world: WebWorld) -> Page:
    return come_in(world)


def consent(page: Page, answer: str = "Allow") -> None:
    page.get_by_role("button", name=answer).click()


def connect(page: Page, *, removals: bool = False) -> None:
    page.goto("/accounts")
    page.get_by_role("button", name="Connect an account").first.click()
    if removals:
        page.get_by_label("Also take photos out of albums").check()
    page.get_by_role("button", name="Continue at Google").click()
    consent(page)


async def _set(program: Program, **values: object) -> Account:
    (account,) = await program.app.store.accounts.list()
    return await program.app.store.accounts.update(replace(account, **values))  # type: ignore[arg-type]


def test_an_account_is_connected_renamed_and_disconnected(world: WebWorld, page: Page) -> None:
    page.goto("/accounts")
    expect(page.get_by_text("No Google account is connected.")).to_be_visible()
    fine(page)
    connect(page)
    expect(page).to_have_url(f"{world.url}/accounts")
    expect(page.get_by_role("status")).to_contain_text("is connected.")
    expect(page.get_by_text("0 of 10,000")).to_be_visible()
    expect(page.get_by_text("what leaves an album stays at Google")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Grant removals as well").click()
    consent(page)
    expect(page.get_by_text("what leaves an album stays at Google")).to_have_count(0)
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("<b>Family</b> " + "x" * 80)
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="<b>Family</b>")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    fine(page)
    page.get_by_role("button", name="Disconnect").click()
    fine(page)
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.locator(".pill")).to_have_text("Disconnected")
    fine(page)
    page.get_by_role("link", name="Connect again").click()
    consent(page)
    expect(page.locator(".pill")).to_have_text("Connected")


def test_the_way_goes_on_where_it_began(world: WebWorld, page: Page) -> None:
    page.goto("/auth/google/start?next=/albums%3Fshow%3Dshared")
    consent(page)
    expect(page).to_have_url(f"{world.url}/albums?show=shared")
    page.goto("/auth/google/start?next=https://elsewhere.example/")
    consent(page)
    expect(page).to_have_url(f"{world.url}/")


def test_a_consent_that_comes_to_nothing_is_told(world: WebWorld, page: Page) -> None:
    page.goto("/auth/google/start?next=/albums")
    consent(page, "Cancel")
    expect(page.locator("#trouble")).to_contain_text("begin again")
    expect(page.get_by_role("link", name="Go back to where you were")).to_have_attribute(
        "href", "/albums"
    )
    fine(page)
    page.goto("/auth/google/callback?state=nobody&code=asked")
    expect(page.locator("#trouble")).to_contain_text("was not asked for here")
    assert "pentaprism account" not in page.locator("main").inner_text()
    page.goto("/auth/google/start")
    page.get_by_label("Add to your").or_(page.locator("input[name=granted]").first).first.uncheck()
    for box in page.locator("input[name=granted]").all():
        box.uncheck()
    consent(page)
    expect(page.locator("#trouble")).to_be_visible()
    fine(page)


def test_the_answer_counts_for_whoever_asked(world: WebWorld, page: Page) -> None:
    page.goto("/auth/google/start")
    with page.expect_response(lambda answer: "/auth/google/callback" in answer.url) as caught:
        page.route("**/auth/google/callback*", lambda route: route.fulfill(body="caught"))
        consent(page)
    stranger = come_in(world, "third@example.test")
    stranger.goto(caught.value.url)
    expect(stranger.locator("#trouble")).to_contain_text("was not asked for here")


def test_reconnect_and_the_end_of_a_sign_in_are_told(world: WebWorld, page: Page) -> None:
    connect(page)
    world.server.call(lambda p: _set(p, token_expires_at=p.app.clock() + timedelta(days=2)))
    page.reload()
    expect(page.locator(".pill")).to_have_text("Ends soon")
    expect(page.get_by_text("Reconnect by")).to_be_visible()
    fine(page)
    world.server.call(lambda p: _set(p, state=AccountState.RECONNECT, reason="It was taken back."))
    page.reload()
    expect(page.locator(".pill")).to_have_text("Reconnect needed")
    expect(page.get_by_text("It was taken back.")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="Reconnect").click()
    consent(page)
    expect(page.locator(".pill")).to_have_text("Connected")


def test_a_run_that_waits_for_its_account_goes_on(world: WebWorld, page: Page) -> None:
    connect(page)
    (account,) = world.server.call(lambda p: p.app.store.accounts.list())
    mirror = world.server.call(
        lambda p: new_mirror(p, "Holiday", kind="google_photos", account=account.id)
    )
    world.google.state.grants.revoke_all()
    run = ended(world, mirror)
    page.goto(f"/runs/{run.id}")
    expect(page.locator("#waits")).to_contain_text("has to be connected again")
    fine(page)
    page.goto("/accounts")
    expect(page.get_by_text("1 run waits and goes on by itself")).to_be_visible()
    expect(page.get_by_role("link", name="Holiday")).to_be_visible()
    fine(page)
    page.goto(f"/runs/{run.id}")
    page.locator("#waits").get_by_role("link", name="Reconnect").click()
    consent(page)
    expect(page).to_have_url(f"{world.url}/runs/{run.id}")
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=20_000)
    fine(page)


def test_an_account_is_forgotten_when_google_is_away(world: WebWorld, page: Page) -> None:
    connect(page)
    world.server.call(lambda p: _set(p, base_url="http://127.0.0.1:1"))
    world.restart(google_url=None)
    page.goto("/accounts")
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_label("Also when Google cannot be reached").check()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.locator(".pill")).to_have_text("Disconnected", timeout=60_000)


def test_accounts_of_others_are_not_there(world: WebWorld, page: Page) -> None:
    connect(page)
    (account,) = world.server.call(lambda p: p.app.store.accounts.list())
    stranger = come_in(world, "third@example.test")
    for change in ("rename", "disconnect"):
        answer = stranger.request.post(
            f"/accounts/{account.id}/{change}", headers={"Origin": world.url}, form={"name": "x"}
        )
        assert answer.status == 404
    assert stranger.request.get(f"/auth/google/start?account={account.id}").status == 404
    assert account.name not in stranger.request.get("/accounts").text()


def test_without_a_client_the_way_to_one_is_shown(world: WebWorld) -> None:
    world.restart(google_client_id=None, google_client_secret=None)
    page = come_in(world)
    page.goto("/accounts")
    expect(page.get_by_text("a project at Google")).to_be_visible()
    expect(page.locator("#redirect")).to_have_text(f"{world.url}/auth/google/callback")
    expect(page.get_by_role("button", name="Connect an account")).to_have_count(0)
    fine(page)
    page.goto("/auth/google/start")
    expect(page.locator("#trouble")).to_contain_text("GOOGLE_CLIENT_ID")


def test_where_google_cannot_lead_back_the_address_is_pasted(world: WebWorld) -> None:
    port = world.server.port
    world.restart(base_url=f"http://photos.example:{port}")
    world.server.url = f"http://localhost:{port}"
    page = come_in(world)
    page.goto("/auth/google/start?next=/albums")
    expect(page.get_by_role("heading", name="Consent at Google")).to_be_visible()
    fine(page)
    page.get_by_label("Address at which the browser ended").fill("nonsense")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("This is not the address")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open Google").click()
    other = opened.value
    with other.expect_request(lambda request: "/auth/google/callback" in request.url) as caught:
        consent(other)
    page.get_by_label("Address at which the browser ended").fill(caught.value.url)
    page.get_by_role("button", name="Connect").click()
    expect(page).to_have_url(f"http://localhost:{port}/albums")
    expect(page.get_by_role("status")).to_contain_text("is connected.")


def test_all_of_it_works_below_a_sub_path(world: WebWorld, tmp_path: Path) -> None:
    base = f"http://localhost:{world.server.port}/pentaprism"
    world.restart(base_url=base)
    page = come_in(world)
    page.goto(f"{base}/auth/google/start?next=/system")
    consent(page)
    expect(page).to_have_url(f"{base}/system")
    mirror = world.server.call(lambda p: new_mirror(p, "Holiday", tmp_path / "out"))
    world.sandbox.faults.add("slow", route="original", seconds=1)
    run = begin(world, mirror)
    page.goto(f"{base}/runs/{run.id}")
    expect(page.locator("h1 .pill")).to_have_text("Done", timeout=20_000)
    expect(page.locator("#run-arrived img").first).to_have_js_property("complete", True)
    for path in ("/albums?wait=1", f"/mirrors/{mirror.id}/items", "/runs", "/accounts", "/system"):
        page.goto(f"{base}{path}")
        targets = [link.get_attribute("href") or "" for link in page.locator("a[href^='/']").all()]
        assert targets
        assert all(target.startswith("/pentaprism/") for target in targets)
        forms = [form.get_attribute("action") or "" for form in page.locator("form[action]").all()]
        assert all(action.startswith("/pentaprism/") for action in forms)
        fine(page)
