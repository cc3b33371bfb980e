"""Behind a reverse proxy, below a path: nothing that the browser is told leads out of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest
from aiohttp import web
from http_world import Answer, Client, House, Someone, free_port, house, owner_in
from pages import addresses, imports

from pentaprism.edge import Side
from pentaprism.edge.routes import declared
from pentaprism.server import routed

PREFIX = "/some/pentaprism"

_CHANGES = {"action", "formaction", "hx-post", "hx-put", "hx-patch", "hx-delete"}
"""Attributes whose address is not looked at, as a form is sent to it."""

_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


@dataclass
class Proxy:
    """A reverse proxy in a thread: all below `PREFIX` goes to the server, the rest is not there."""

    port: int
    target: int
    strip: bool
    https: bool = False

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path
        if path != PREFIX and not path.startswith((f"{PREFIX}/", f"{PREFIX}?")):
            return web.Response(status=418, text="not ours")
        if self.strip:
            path = path.removeprefix(PREFIX) or "/"
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        headers["X-Forwarded-For"] = "203.0.113.9"
        headers["X-Forwarded-Proto"] = "https" if self.https else "http"
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                f"http://127.0.0.1:{self.target}{path}",
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer,
        ):
            body = b"" if _streams(answer) else await answer.read()
            reply = web.Response(status=answer.status, body=body)
            reply.headers.popall("Content-Type", None)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    reply.headers.add(name, value)
            return reply

    @contextmanager
    def run(self) -> Iterator[None]:
        loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def start() -> web.AppRunner:
            app = web.Application(client_max_size=10_000_000)
            app.router.add_route("*", "/{all:.*}", self.pass_on)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            ready.set()
            return runner

        def work() -> None:
            runner = loop.run_until_complete(start())
            loop.run_forever()
            loop.run_until_complete(runner.cleanup())
            loop.close()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)


def _streams(answer: aiohttp.ClientResponse) -> bool:
    return answer.headers.get("content-type", "").startswith("text/event-stream")


@dataclass
class Behind:
    """A house behind a proxy, with somebody in it."""

    house: House
    owner: Someone
    client: Client

    def get(self, path: str) -> Answer:
        return self.client.ask("GET", path, cookies=self.owner.cookies)

    def pages(self) -> dict[str, Answer]:
        """Return the answers of all pages that can be looked at, by their paths."""
        found = {}
        for one in declared(routed(self.house.program)):
            if one.side is Side.PAGES and "GET" in one.methods:
                path = PREFIX + one.path.format(**self.owner.ids)
                found[path] = self.get(path)
        return found


@pytest.fixture(scope="module", params=["passed on", "stripped"])
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    port = free_port()
    base_url = f"http://localhost:{port}{PREFIX}"
    target = free_port()
    proxy = Proxy(port, target, strip=request.param == "stripped")
    home = tmp_path_factory.mktemp("house")
    with house(home, port=target, base_url=base_url) as made, proxy.run():
        yield Behind(made, owner_in(made), Client(port))


def check_address(page: str, where: tuple[str, str, str]) -> str | None:
    """Return the path of an address of ours in a page, which must be below the prefix."""
    tag, attribute, address = where
    parts = urlsplit(address)
    if parts.scheme in {"data", "mailto", "blob"} or address.startswith("#") or not address:
        return None
    if parts.netloc:
        assert tag == "a", f"{page}: {where} comes from elsewhere"
        return None
    path = urlsplit(urljoin(f"http://localhost{page}", address)).path
    assert path == PREFIX or path.startswith(f"{PREFIX}/"), f"{page}: {where}"
    return None if attribute in _CHANGES else urljoin(page, address)


def check_lead(answer: Answer, google: str) -> bool:
    """Tell whether an answer leads elsewhere, which must be below the prefix or at Google."""
    if answer.location:
        assert answer.location.startswith((f"{PREFIX}/", google)), answer
    return bool(answer.location)


def test_all_that_a_page_names_is_below_the_prefix_and_there(behind: Behind) -> None:
    links: dict[str, str] = {}
    for page, answer in behind.pages().items():
        html = answer.get("content-type").startswith("text/html")
        if check_lead(answer, behind.house.google.url) or not html:
            continue
        # Nobody was sent to Google, and there is no file of the log.
        assert answer.status == 200 or page.endswith(("/callback", "/system/log")), answer
        found = {check_address(page, where) for where in addresses(answer.text)}
        links |= {link: page for link in found if link is not None}
    assert any("/static/" in link for link in links)
    for link, page in links.items():
        answer = behind.get(link)
        assert answer.status in {200, 303}, f"{page} -> {answer}"
        check_lead(answer, behind.house.google.url)
        check_file(behind, link, answer)


def check_file(behind: Behind, link: str, answer: Answer) -> None:
    """Check what a module or a style sheet leads to."""
    if urlsplit(link).path.endswith(".js"):
        for name in imports(answer.text):
            assert name.startswith(("./", "../")), f"{link} imports {name}"
            module = behind.get(urljoin(link, name))
            assert module.status == 200, f"{link} -> {module}"
    if urlsplit(link).path.endswith(".css"):
        assert "url(/" not in answer.text.replace('"', "").replace("'", "")


def test_cookies_are_for_the_prefix_alone(behind: Behind) -> None:
    form = {"way": "password", "email": behind.owner.email, "password": "sandbox"}
    answer = behind.client.ask("POST", f"{PREFIX}/login", form=form)
    assert answer.status == 303, answer
    assert answer.location.startswith(f"{PREFIX}/")
    (cookie,) = [one for one in answer.all("set-cookie") if "session" in one]
    assert f"path={PREFIX};" in f"{cookie.lower()};"
    assert "secure" not in cookie.lower()
    out = behind.client.ask("POST", f"{PREFIX}/sign-out", cookies=answer.cookies)
    assert out.location == f"{PREFIX}/login"
    for cookie in out.all("set-cookie"):
        assert f"path={PREFIX};" in f"{cookie.lower()};"


def test_strangers_are_led_to_the_sign_in_below_the_prefix(behind: Behind) -> None:
    answer = behind.client.ask("GET", f"{PREFIX}/mirrors?q=x")
    assert answer.location == f"{PREFIX}/login?next=%2Fmirrors%3Fq%3Dx"
    login = behind.client.ask("GET", answer.location)
    assert login.status == 200
    for where in addresses(login.text):
        check_address(f"{PREFIX}/login", where)
    for page in ("/nothing", "/mirrors/nothing"):
        missing = behind.get(PREFIX + page)
        assert missing.status == 404
        for where in addresses(missing.text):
            check_address(PREFIX + page, where)


def test_the_start_is_there_with_and_without_a_slash(behind: Behind) -> None:
    assert behind.get(f"{PREFIX}/").status == 200
    assert behind.get(PREFIX).status == 200


def test_google_leads_back_below_the_prefix(behind: Behind) -> None:
    answer = behind.get(f"{PREFIX}/auth/google/start")
    assert answer.status == 303, answer
    assert f"{PREFIX}/auth/google/callback".replace("/", "%2F") in answer.location


def test_another_site_is_refused_also_below_the_prefix(behind: Behind) -> None:
    for origin in ("http://localhost", "http://evil.example", f"http://127.0.0.1:{free_port()}"):
        answer = behind.client.ask(
            "POST",
            f"{PREFIX}/sign-out",
            cookies=behind.owner.cookies,
            same_origin=False,
            headers={"Origin": origin},
        )
        assert answer.status == 403, answer


def test_behind_https_cookies_are_for_https(tmp_path: Path) -> None:
    with house(tmp_path, trusted_proxies="127.0.0.1") as made:
        owner = owner_in(made)
        port = free_port()
        with Proxy(port, made.server.port, strip=True, https=True).run():
            check_https(Client(port, host="photos.example.org"), owner)


def test_with_an_https_address_cookies_are_for_https(tmp_path: Path) -> None:
    with house(tmp_path, base_url=f"https://photos.example.org{PREFIX}") as made:
        owner = owner_in(made)
        port = free_port()
        with Proxy(port, made.server.port, strip=False).run():
            # A proxy that says nothing of https, and names a host of its own.
            client = Client(port, host="photos.example.org")
            check_https(client, owner)
            assert client.answers[-1].get("strict-transport-security")
            started = client.ask("GET", f"{PREFIX}/auth/google/start", cookies=owner.cookies)
            assert "https%3A%2F%2Fphotos.example.org%2Fsome%2Fpentaprism" in started.location


def check_https(client: Client, owner: Someone) -> None:
    """Check that a sign-in from a page at https works, and that its cookie stays there."""
    form = {"way": "password", "email": owner.email, "password": "sandbox"}
    answer = client.ask(
        "POST",
        f"{PREFIX}/login",
        form=form,
        same_origin=False,
        headers={"Origin": "https://photos.example.org"},
    )
    assert answer.status == 303, answer
    for cookie in answer.all("set-cookie"):
        assert "; secure" in cookie.lower()


def test_a_stranger_is_not_believed_about_https(tmp_path: Path) -> None:
    with house(tmp_path, trusted_proxies="none") as made:
        owner = owner_in(made)
        form = {"way": "password", "email": owner.email, "password": "sandbox"}
        answer = made.client.ask(
            "POST", "/login", form=form, headers={"X-Forwarded-Proto": "https"}
        )
        assert answer.status == 303, answer
        assert "secure" not in answer.get("set-cookie").lower()


def test_the_first_visit_is_below_the_prefix(tmp_path: Path) -> None:
    with house(tmp_path, base_url=f"http://photos.example.org{PREFIX}") as made:
        client = Client(made.server.port, host="photos.example.org")
        assert client.ask("GET", f"{PREFIX}/").location == f"{PREFIX}/setup"
        assert client.ask("GET", f"{PREFIX}/login").location == f"{PREFIX}/setup"
        form = {"code": made.program.set_up._code}
        answer = client.ask("POST", f"{PREFIX}/setup", form=form)
        assert answer.location == f"{PREFIX}/setup/immich"
        assert f"path={PREFIX};" in f"{answer.get('set-cookie').lower()};"
        for path, cookies in (("/setup", None), ("/setup/immich", answer.cookies)):
            page = client.ask("GET", PREFIX + path, cookies=cookies)
            assert page.status == 200, page
            for where in addresses(page.text):
                check_address(PREFIX + path, where)
