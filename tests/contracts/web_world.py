"""A whole server and all around it: a local Immich, a local Google, and a browser to look with.

The server and the sandboxes run in threads of their own; tests act on them from outside, through
the browser, and look at what the sandboxes have got.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from browsers import ARGUMENTS, chromium
from databases import place_database
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pydantic import SecretStr

from pentaprism.program import Program
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox
from pentaprism.server import serve
from pentaprism.settings import Settings

expect.set_options(timeout=20_000)
"""In milliseconds: these machines are shared, and what does not come does not come later either."""

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"

KEY = "sixty-four characters of nothing that anybody would guess 0123"


@dataclass(slots=True)
class Serving:
    """A server in a thread; `call` runs something in its event loop."""

    settings: Settings
    port: int = 0
    program: Program | None = None
    url: str = ""
    failed: BaseException | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30), "the server did not start"
        if self.failed is not None:
            raise self.failed

    def stop(self) -> None:
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the server did not end"

    def call[T](self, work: Callable[[Program], Awaitable[T]]) -> T:
        """Return what ``work`` returns in the server's event loop."""
        assert self._loop is not None
        assert self.program is not None
        program = self.program

        async def working() -> T:
            return await work(program)

        return asyncio.run_coroutine_threadsafe(working(), self._loop).result(30)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to whoever started it
            self.failed = error
        self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await serve(
            self.settings, host="127.0.0.1", port=self.port, ready=self._is_ready, stop=self._stop
        )

    def _is_ready(self, url: str, program: Program) -> None:
        self.url, self.program = url, program
        # An address that the settings name may be that of a proxy in front of it.
        self.port = self.port or int(re.findall(r":(\d+)", url)[0])
        self._ready.set()


@dataclass(slots=True)
class WebWorld:
    """One Immich, one Google, one server with an empty database in ``home``, and a browser."""

    home: Path
    sandbox: Sandbox
    google: GoogleSandbox
    server: Serving
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def code(self) -> str:
        """The set-up code, as the log tells it."""
        program = self.server.program
        assert program is not None
        code = program.set_up._code
        assert code is not None
        return code

    def person(
        self, *, dark: bool = False, width: int = 1280, height: int = 900, script: bool = True
    ) -> Page:
        """Return a page in a browser of its own, in which nobody has signed in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            base_url=self.url,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: _fail(page, f"script error: {error}"))
        page.on("console", lambda line: _console(page, line))
        return page

    def connect(self) -> None:
        """Save the connection of the sandbox's owner, as `pentaprism connect` does."""
        self.server.call(lambda p: p.app.connect(self.sandbox.url, self.sandbox.api_key))

    def signed_in(self, **options: Any) -> Page:
        """Return a page in which the owner of the sandbox's library has signed in by API key."""
        page = self.person(**options)
        page.goto("/login")
        page.get_by_text("API key", exact=False).first.click()
        page.get_by_label("API key").fill(self.sandbox.api_key)
        page.get_by_role("button", name="Sign in").last.click()
        page.wait_for_url(re.compile(r"/$|/connections|/first-steps|/setup"))
        return page

    def restart(self, **settings: Any) -> None:
        """Stop the server and start it again at the same port, with other settings if given."""
        self.server.stop()
        self.server = Serving(
            self.server.settings.model_copy(update=settings), port=self.server.port
        )
        self.server.start()


def _console(page: Page, line: Any) -> None:
    if line.type == "error" and "Content Security Policy" in line.text:
        _fail(page, line.text)


def _fail(page: Page, text: str) -> None:
    troubles: list[str] = page.context.__dict__.setdefault("troubles", [])
    troubles.append(f"{page.url}: {text}")


def troubles(page: Page) -> list[str]:
    """Return the script errors and breaches of the content policy in the page's browser."""
    found: list[str] = page.context.__dict__.get("troubles", [])
    return found


def axe(page: Page) -> list[str]:
    """Return what axe finds that is serious or critical, with where."""
    # Injected by the protocol, not by the page, whose policy would refuse it.
    page.evaluate(AXE.read_text())
    result = page.evaluate("() => axe.run()")
    return [
        f"{page.url}: {one['id']}: {node['html'][:160]}"
        for one in result["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window: 0 for a page that fits."""
    wide: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser, for one world or for all those of a file, one after the other."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def web_world(
    home: Path,
    *,
    assets: int = 40,
    google: dict[str, Any] | None = None,
    browser: Browser | None = None,
    **settings: Any,
) -> Iterator[WebWorld]:
    """Run an Immich, a Google, a server and a browser; ``settings`` are those of the program.

    A ``browser`` that is given is left running; what was opened in it is closed.
    """
    with (
        nullcontext(browser) if browser is not None else browsing() as shown_in,
        Sandbox(assets=assets, seed=1) as sandbox,
        GoogleSandbox(**(google or {})) as google_sandbox,
    ):
        values: dict[str, Any] = {
            "app_secret_key": SecretStr(KEY),
            "database_path": place_database(home / "data.db"),
            "google_url": google_sandbox.url,
            "google_client_id": google_sandbox.client_id,
            "google_client_secret": SecretStr(google_sandbox.client_secret),
            "immich_retries": 1,
            "immich_timeout": 20,
        }
        server = Serving(Settings(**values | settings))
        server.start()
        world = WebWorld(home, sandbox, google_sandbox, server, shown_in)
        try:
            yield world
        finally:
            for context in world.contexts:
                context.close()
            world.server.stop()
