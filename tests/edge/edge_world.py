"""A small application behind the edge, on a real server, and a client that is no browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Annotated

import aiohttp
import uvicorn
from fastapi import FastAPI, Form
from pydantic import BaseModel, SecretStr
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from pentaprism.access import Attempts, Sessions, SetUp, Tokens, TooManyError
from pentaprism.edge import (
    SESSION_COOKIE,
    Allow,
    CurrentPerson,
    CurrentVisitor,
    Entrance,
    RefusedError,
    Routes,
    Side,
    Site,
    client_address,
    fit,
)
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PentaprismError,
    RetryableError,
    WaitingError,
)
from pentaprism.immich import SignedIn, SignIn, User
from pentaprism.store import Store

HERE = "http://127.0.0.1"

ERRORS: dict[str, Exception] = {
    "missing": NotFoundError("There is no mirror 7.", code="no_mirror", hint="Look again."),
    "conflict": ConflictError("A run is under way.", code="busy"),
    "invalid": InvalidError("This is no schedule.", code="schedule"),
    "action": ActionRequiredError("The key is bad.", code="bad_key"),
    "retry": RetryableError("Immich is busy.", code="busy", after=7.2),
    "many": TooManyError(90),
    "refused": RefusedError("Not now.", code="not_now", status=409),
    "waiting": WaitingError("The quota is used up.", code="quota"),
    "plain": PentaprismError("Nobody sorted this.", code="odd"),
    "bug": RuntimeError("with a secret inside"),
}


class Body(BaseModel):
    """What the small application is told."""

    name: str
    api_key: SecretStr
    count: int = 1


def make_app(site: Site) -> FastAPI:
    """Return a small application with a route for each kind of visitor on both sides."""
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
    api, pages = Routes(Side.API, prefix="/api", tags=["things"]), Routes(Side.PAGES)
    _add_api(api)
    _add_pages(pages, site)
    _add_odd_pages(pages)
    app.include_router(api.router)
    app.include_router(pages.router)
    return app


def _add_api(api: Routes) -> None:
    @api.get("/open", allow=Allow.ANYONE)
    async def read_open(request: Request, visitor: CurrentVisitor) -> dict[str, str | None]:
        return {
            "person": visitor.person.name if visitor.person else None,
            "client": client_address(request),
            "scheme": request.url.scheme,
        }

    @api.get("/things", allow=Allow.PERSON)
    async def list_things(person: CurrentPerson) -> dict[str, str]:
        return {"owner": person.id}

    @api.post("/things", allow=Allow.PERSON, status_code=201)
    async def add_thing(body: Body) -> dict[str, str]:
        return {"name": body.name}

    @api.post("/sink", allow=Allow.ANYONE)
    async def sink(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @api.get("/admin", allow=Allow.ADMIN)
    async def read_admin(visitor: CurrentVisitor) -> dict[str, str | None]:
        return {"via": visitor.via}

    @api.get("/set-up", allow=Allow.SET_UP)
    async def read_set_up() -> dict[str, bool]:
        return {"open": True}

    @api.get("/errors/{name}", allow=Allow.ANYONE)
    async def fail(name: str) -> None:
        raise ERRORS[name]


def _add_pages(pages: Routes, site: Site) -> None:
    @pages.get("/", allow=Allow.PERSON)
    async def show_start(person: CurrentPerson) -> Response:
        return HTMLResponse(f"<h1>{person.name}</h1>")

    @pages.get("/mirrors", allow=Allow.PERSON)
    async def show_mirrors(request: Request) -> Response:
        return HTMLResponse(f"{request.url} {site.address(request, '/x')}")

    @pages.post("/mirrors", allow=Allow.PERSON)
    async def save_mirror(name: Annotated[str, Form()]) -> Response:
        return Response(status_code=303, headers={"Location": site.url(f"/mirrors/{name}")})

    @pages.get("/system", allow=Allow.ADMIN)
    async def show_system() -> Response:
        return HTMLResponse("system", headers={"Cache-Control": "private, max-age=5"})

    @pages.get("/setup/server", allow=Allow.SET_UP)
    async def show_set_up() -> Response:
        return HTMLResponse("set-up")

    @pages.get("/login", allow=Allow.ANYONE)
    async def show_login(request: Request) -> Response:
        response = HTMLResponse("login")
        site.set_cookie(response, request, SESSION_COOKIE, "t", max_age=timedelta(days=1))
        return response


def _add_odd_pages(pages: Routes) -> None:
    @pages.get("/errors/{name}", allow=Allow.ANYONE)
    async def fail(name: str) -> None:
        raise ERRORS[name]

    @pages.get("/stream", allow=Allow.ANYONE)
    async def stream(*, broken: bool = False) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            if broken:
                raise RuntimeError("in the middle")
            yield b"second"

        return StreamingResponse(parts())


def render_error(_: Request, status: int, title: str, detail: str, hint: str) -> Response:
    return HTMLResponse(f"<h1>{title}</h1><p>{detail}</p><p>{hint}</p>", status)


@dataclass
class EdgeWorld:
    """The application served at ``url``, its store, and a client."""

    url: str
    app: FastAPI
    store: Store
    entrance: Entrance
    client: aiohttp.ClientSession
    announced: list[str]

    @property
    def same_origin(self) -> dict[str, str]:
        """The header that a browser sends from our own pages."""
        return {"Sec-Fetch-Site": "same-origin"}

    async def connect(self) -> None:
        """End the set-up by saving a connection."""
        await self.store.connections.save(
            url="http://immich.test",
            api_key="key",
            user_id="1",
            user_name="Ann",
            user_email="ann@example.com",
            server_version="3.1.0",
            name="Home",
            ca_file=None,
        )

    async def session(self, *, admin: bool = False) -> dict[str, str]:
        """Sign somebody in and return the header that carries their cookie."""
        user = User("1", "Ann", "ann@example.com", admin)
        signed_in = SignedIn(user, "api_key", "key")
        token = await self.entrance.sessions.begin(signed_in, "http://immich.test", "test")
        return {"Cookie": f"{SESSION_COOKIE}={token}"}

    async def token(self) -> dict[str, str]:
        """Make an API token of somebody who is an admin; return the header that carries it."""
        await self.session(admin=True)
        _, secret = await self.entrance.tokens.make(await self.store.people.get("1"), "script")
        return {"Authorization": f"Bearer {secret}"}

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        data: object = None,
        json: object = None,
    ) -> Answer:
        """Ask without following redirects."""
        async with self.client.request(
            method, self.url + path, headers=headers, data=data, json=json, allow_redirects=False
        ) as response:
            return Answer(response, await response.read())


class Answer:
    """What the server answered."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def edge_world(
    store: Store, *, base_url: str | None = None, trusted: str = "127.0.0.1"
) -> AsyncIterator[EdgeWorld]:
    """Serve the small application."""
    site = Site(base_url)
    announced: list[str] = []
    attempts = Attempts(asyncio.get_running_loop().time)
    sessions = Sessions(store, _now, 30, lambda url, ca: SignIn(url, ca_file=ca))
    set_up = SetUp(store, _now, announced.append, attempts)
    entrance = Entrance(site, sessions, Tokens(store, _now), set_up)
    app = make_app(site)
    edge = fit(
        app,
        entrance,
        render_error=render_error,
        trusted_proxies=[ip_network(trusted)],
        form_targets=["https://accounts.google.com"],
    )
    async with serve(edge) as url, aiohttp.ClientSession() as client:
        yield EdgeWorld(url, app, store, entrance, client, announced)
    await sessions.close()


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """Run ``app`` on a free port of this machine; yield its address."""
    server = _Server(
        uvicorn.Config(app, port=0, log_config=None, proxy_headers=False, access_log=False)
    )
    running = asyncio.get_running_loop().create_task(server.serve())
    await server.ready.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{HERE}:{port}"
    finally:
        server.should_exit = True
        await running
