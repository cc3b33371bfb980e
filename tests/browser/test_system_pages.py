"""The page about the program itself, which admins see."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_steps import come_in, fine
from web_world import KEY, WebWorld, web_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    home = tmp_path_factory.mktemp("system")
    with web_world(home, assets=4, log_path=home / "log") as made:
        made.connect()
        yield made


@pytest.fixture
def page(world: WebWorld) -> Page:
    return come_in(world)


def test_it_tells_how_the_program_is(world: WebWorld, page: Page) -> None:
    page.goto("/system")
    main = page.locator("main")
    for words in ("SQLite", "Schema", "data.db", "At work", "Admin Example", "RUNS_AT_ONCE"):
        expect(main).to_contain_text(words)
    expect(main).to_contain_text("(hidden)")
    assert KEY not in page.content()
    fine(page)
    page.set_viewport_size({"width": 390, "height": 844})
    fine(page)


def test_the_level_of_the_log_is_kept(world: WebWorld, page: Page) -> None:
    logger = logging.getLogger("pentaprism")
    before = logger.level
    try:
        page.goto("/system")
        page.get_by_label("Level").select_option("DEBUG")
        page.get_by_role("button", name="Set level").click()
        expect(page.get_by_role("status")).to_contain_text("DEBUG")
        expect(page.get_by_label("Level")).to_have_value("DEBUG")
        assert logger.level == logging.DEBUG
        kept = world.server.call(lambda p: p.app.store.program_settings.get("log_level"))
        assert kept == "DEBUG"
        answer = page.request.post(
            "/system/log-level", headers={"Origin": world.url}, form={"level": "LOUD"}
        )
        assert answer.status == 422
    finally:
        logger.setLevel(before)


def test_the_log_file_is_handed_out(world: WebWorld, page: Page) -> None:
    assert page.request.get("/system/log").status == 404
    folder = world.home / "log"
    folder.mkdir(exist_ok=True)
    Path(folder / "pentaprism.log").write_text("one line\n", encoding="utf-8")
    answer = page.request.get("/system/log")
    assert answer.text() == "one line\n"
    assert "pentaprism.log" in answer.headers["content-disposition"]


def test_others_do_not_see_it(world: WebWorld) -> None:
    stranger = come_in(world, "third@example.test")
    assert stranger.request.get("/system").status in {403, 404}
    assert stranger.request.get("/system/log").status in {403, 404}
    answer = stranger.request.post(
        "/system/log-level", headers={"Origin": world.url}, form={"level": "DEBUG"}
    )
    assert answer.status in {403, 404}
