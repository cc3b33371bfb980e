from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2
import pytest
import uvicorn
from browsers import ARGUMENTS, chromium
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route

from pentaprism.web.formats import Formats
from pentaprism.web.rendering import TEMPLATES, Pages, Toast, View

HERE = Path(__file__).parent
AXE = HERE.parents[1] / "node_modules/axe-core/axe.min.js"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'"
)
NOW = datetime(2026, 11, 21, 14, 2, 11, tzinfo=UTC)
FIXED = Formats(clock_now=lambda: NOW)


@dataclass(frozen=True)
class Someone:
    name: str
    is_admin: bool = False


MIRA = View(person=Someone("Mira Solberg"), place="mirrors", counts={"mirrors": 6}, formats=FIXED)
VALUES = {"earlier": NOW - timedelta(minutes=2), "later": NOW + timedelta(days=2)}


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages("/photos/", folders=[HERE / "specimen"])


def specimen(pages: Pages, view: View = MIRA) -> str:
    return pages.render("specimen.html", view=view, **VALUES)


def test_every_part_renders(pages: Pages) -> None:
    html = specimen(pages)
    assert "<h1" in html
    assert "Monday 23 November at 14:02" in html
    assert "2 minutes ago</time>" in html
    assert '"></svg>' not in html


def test_nothing_is_inline(pages: Pages) -> None:
    html = specimen(pages)
    assert not re.search(r"\s(style|on\w+)=", html)
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)


def test_addresses_are_below_the_base_path(pages: Pages) -> None:
    html = specimen(pages)
    found = re.findall(r'(?:href|src|action|hx-get)="([^"#]+)', html)
    assert found
    assert [a for a in found if not a.startswith(("/photos/", "https://example.org/"))] == []


def test_urls(pages: Pages) -> None:
    assert pages.url("/") == "/photos/"
    assert pages.url("/runs", after=None, search="", page=2, code=["A", "B"]) == (
        "/photos/runs?page=2&code=A&code=B"
    )
    assert Pages().url("/runs") == "/runs"
    assert pages.url("https://example.org/x") == "https://example.org/x"


def test_ids_are_unique_and_references_meet(pages: Pages) -> None:
    html = specimen(pages)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    told = re.findall(r'\s(?:for|commandfor|aria-describedby|aria-labelledby)="([^"]+)"', html)
    assert {name for names in told for name in names.split()} <= set(ids)


def test_names_from_elsewhere_are_escaped(pages: Pages) -> None:
    hostile = '<img src=x onerror="x">'
    html = pages.render(
        "error.html",
        view=replace(MIRA, person=Someone(hostile), toasts=[Toast(hostile)]),
        title=hostile,
        message=hostile,
    )
    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 4


def test_the_system_page_is_for_admins(pages: Pages) -> None:
    assert 'href="/photos/system"' not in specimen(pages)
    admin = replace(MIRA, person=Someone("Jon Aalto", is_admin=True))
    assert 'href="/photos/system"' in specimen(pages, admin)


def test_theme_keys_and_zone_are_on_the_page(pages: Pages) -> None:
    html = specimen(pages, replace(MIRA, theme="dark", keys=False))
    assert 'data-tz="UTC" data-theme="dark" data-keys="off">' in html
    assert '<meta name="color-scheme" content="dark">' in html


def test_an_error_without_a_person_has_no_navigation(pages: Pages) -> None:
    html = pages.render(
        "error.html",
        title="Too many tries",
        message="Wait a minute.",
        back=("Sign in", "/sign-in"),
        code="rate_limited",
    )
    assert 'class="nav"' not in html
    assert '<a class="btn" ' not in html
    assert 'href="/photos/sign-in"' in html
    assert "<code>rate_limited</code>" in html


def test_a_fragment_is_one_block_or_one_macro(pages: Pages) -> None:
    pill = pages.fragment("parts/states.html", "pill", state="ok", text="Up to date")
    assert pill.startswith('<span class="pill" data-state="ok"><svg')
    content = pages.fragment("specimen.html", "content", view=MIRA, **VALUES)
    assert content.strip().startswith('<header class="page-head">')
    assert "<html" not in content
    with pytest.raises(KeyError, match="no block and no macro nothing"):
        pages.fragment("parts/states.html", "nothing")


def test_what_is_not_given_is_an_error(pages: Pages) -> None:
    with pytest.raises(jinja2.UndefinedError):
        pages.render("error.html", title="x")


def test_every_template_compiles(pages: Pages) -> None:
    for path in TEMPLATES.rglob("*.html"):
        pages._environment.get_template(path.relative_to(TEMPLATES).as_posix())


# ---- in the browser ----


@asynccontextmanager
async def serving(pages: Pages) -> AsyncIterator[str]:
    async def show(request: Request) -> HTMLResponse:
        theme: Any = request.query_params.get("theme")
        view = replace(MIRA, theme=theme, toasts=[Toast("Kept DSC_1987.", "/undo")])
        html = specimen(pages, view)
        if request.query_params.get("bare"):
            html = pages.render("error.html", title="Not here", message="There is no such page.")
        return HTMLResponse(html, headers={"content-security-policy": POLICY})

    async def more(request: Request) -> HTMLResponse:
        if request.query_params.get("after") == "9":
            return HTMLResponse("broken", status_code=500)
        found = "found" if "q" in request.query_params else "third"
        following = "/mirrors?after=4" if found == "found" else None
        foot = pages.fragment("parts/frames.html", "pager", list="rows", shown="4", href=following)
        rows = f'<ul id="rows"><li>{found}</li><li>fourth</li></ul>{foot}'
        return HTMLResponse(f"<!doctype html><html><body>{rows}</body></html>")

    async def slow(request: Request) -> PlainTextResponse:
        posts.append(request.url.path)
        await asyncio.sleep(0.5)
        return PlainTextResponse("done")

    posts: list[str] = []
    routes = [
        Route("/photos/specimen", show),
        Route("/photos/posts", lambda _: PlainTextResponse(str(len(posts)))),
        Route("/photos/mirrors", more),
        Route("/photos/mirrors/1/runs", slow, methods=["POST"]),
        Mount("/photos/static", pages.assets),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/photos"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def site(pages: Pages) -> AsyncIterator[str]:
    async with serving(pages) as address:
        yield address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        await started.close()


async def open_page(browser: Browser, address: str, width: int = 1280) -> tuple[Page, list[str]]:
    page = await browser.new_page(
        viewport={"width": width, "height": 900}, reduced_motion="reduce", has_touch=width < 640
    )
    told: list[str] = []

    def note(line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"}:
            told.append(line.text)

    page.on("console", note)
    page.on("pageerror", lambda error: told.append(str(error)))
    await page.goto(address)
    return page, told


async def faults(page: Page) -> list[str]:
    # Evaluated, not added as a script: the policy of the page stays as it is.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document)")
    return [f"{v['id']}: {n['html']}" for v in found["violations"] for n in v["nodes"]]


@pytest.mark.parametrize(("theme", "width", "other"), [("light", 1280, 390), ("dark", 390, 1280)])
async def test_axe_finds_nothing(
    site: str, browser: Browser, theme: str, width: int, other: int
) -> None:
    page, told = await open_page(browser, f"{site}/specimen?theme={theme}", width)
    assert await faults(page) == []
    for dialog in ("more", "keys", "sure"):
        await page.evaluate(f"document.getElementById('{dialog}').showModal()")
        assert await faults(page) == []
        await page.keyboard.press("Escape")
    await page.set_viewport_size({"width": other, "height": 900})
    assert await faults(page) == []
    for narrow in (1280, 768, 390, 320):
        await page.set_viewport_size({"width": narrow, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= narrow
    await page.goto(f"{site}/specimen?bare=1")
    assert await faults(page) == []
    assert [line for line in told if "404" not in line] == []


async def test_the_modules_do_what_they_say(site: str, browser: Browser) -> None:
    page, told = await open_page(browser, f"{site}/specimen")
    await page.wait_for_function("document.querySelector('.thumb.l').src.endsWith('blank.svg')")
    await page.keyboard.press("?")
    assert await page.locator("#keys").evaluate("d => d.open")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.name") == "q"
    await page.keyboard.press("?")
    assert not await page.locator("#keys").evaluate("d => d.open")
    await page.get_by_text("found").wait_for()
    assert await page.locator("#rows > li").count() == 2
    assert page.url.endswith("/photos/mirrors?show=all&q=%3F")
    await page.get_by_role("button", name="Disconnect").click()
    safe = page.get_by_role("button", name="Keep them held")
    assert await safe.evaluate("b => b === document.activeElement")
    await safe.click()
    await page.get_by_text("Show more").click()
    await page.get_by_text("third").wait_for()
    assert await page.locator("#rows > li").count() == 4
    assert await page.locator("#rows-more").text_content() == "4"
    await page.evaluate("htmx.ajax('GET', '/photos/mirrors?after=9', '#rows')")
    await page.get_by_text("That did not work.").wait_for()
    assert await page.locator("#rows > li").count() == 4
    run = page.get_by_role("button", name="Run now")
    await run.evaluate("b => { b.click(); b.click(); b.click() }")
    await page.get_by_text("done").wait_for()
    await page.goto(f"{site}/posts")
    assert await page.text_content("body") == "1"
    assert [line for line in told if "404" not in line and "500" not in line] == []


async def test_letters_lead_to_places_unless_switched_off(site: str, browser: Browser) -> None:
    page, _ = await open_page(browser, f"{site}/specimen")
    await page.evaluate("document.documentElement.dataset.keys = 'off'")
    await page.keyboard.press("?")
    assert not await page.locator("#keys").evaluate("d => d.open")
    await page.evaluate("delete document.documentElement.dataset.keys")
    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await page.wait_for_url("**/photos/mirrors")
