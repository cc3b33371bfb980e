"""A server with its API alone, and all around it: a local Immich, a local Google, people.

Clock and jobs do nothing by themselves; tests say what happens.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI
from google_world import REDIRECT, GoogleWorld, consent, google_world

from pentaprism.api import ROUTES
from pentaprism.app import App
from pentaprism.edge import SESSION_COOKIE, Entrance, Site, fit
from pentaprism.program import Program, Surroundings, assembled
from pentaprism.sandbox.immich.entities import Album, User
from pentaprism.store import Account, Connection, Mirror, Person, Run, RunStatus

OVER = frozenset({RunStatus.OK, RunStatus.FAILED, RunStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; ``body`` is the JSON of it, None where it is none."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.text
        return str(self.body["code"])


@dataclass(slots=True)
class Caller:
    """Somebody who calls the API: with a session, a token, or nothing."""

    url: str
    http: aiohttp.ClientSession
    headers: dict[str, str]
    person: Person | None = None

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        headers = self.headers | options.pop("headers", {})
        async with self.http.request(
            method, self.url + path, headers=headers, allow_redirects=False, **options
        ) as response:
            told = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, told, await response.text())

    async def get(self, path: str, **query: Any) -> Reply:
        return await self.call("GET", path, params=query)

    async def post(self, path: str, body: Any = None) -> Reply:
        return (
            await self.call("POST", path, json=body)
            if body is not None
            else await self.call("POST", path)
        )

    async def put(self, path: str, body: Any) -> Reply:
        return await self.call("PUT", path, json=body)

    async def patch(self, path: str, body: Any) -> Reply:
        return await self.call("PATCH", path, json=body)

    async def delete(self, path: str, **query: Any) -> Reply:
        return await self.call("DELETE", path, params=query)

    @asynccontextmanager
    async def watching(
        self, path: str, **headers: str
    ) -> AsyncIterator[AsyncIterator[tuple[str, str, Any]]]:
        """Lend the server-sent events at ``path``: name, id, and data; comments have no name."""
        asked = self.headers | {"Accept": "text/event-stream"} | headers
        async with self.http.get(self.url + path, headers=asked) as response:
            assert response.status == 200, await response.text()
            assert response.headers["Content-Type"].startswith("text/event-stream")
            yield _events(response)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, str, Any]]:
    fields: dict[str, str] = {}
    async for line in response.content:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(": ")
            fields[name.removesuffix(":")] = value
            continue
        if "event" in fields:
            yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
        elif "" in fields:
            yield "", "", fields[""]
        fields = {}


@dataclass(slots=True)
class ApiWorld:
    """The running server; `signed_in` and `with_token` make callers."""

    world: GoogleWorld
    app: App
    program: Program
    api: FastAPI
    url: str
    http: aiohttp.ClientSession
    people: dict[str, User] = field(default_factory=dict)

    @property
    def owner(self) -> User:
        """The owner of the sandbox's library, who is an admin."""
        return self.world.library.owner

    def other(self) -> User:
        """Return a second person, who is no admin, with an album of their own."""
        library = self.world.library
        if "other" not in self.people:
            self.people["other"] = library.add_user("Bea", "bea@example.org", "bea's password")
        return self.people["other"]

    @property
    def stranger(self) -> Caller:
        return Caller(self.url, self.http, {})

    async def session(self, user: User | None = None) -> str:
        """Return the token of a new session."""
        who = user or self.owner
        return await self.program.door.with_password(who.email, who.password, address="127.0.0.1")

    async def signed_in(self, user: User | None = None) -> Caller:
        """Return somebody who has signed in at the pages."""
        token = await self.session(user)
        session = await self.program.sessions.find(token)
        assert session is not None
        headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Origin": self.url}
        return Caller(self.url, self.http, headers, session.person)

    async def with_token(self, user: User | None = None) -> Caller:
        """Return a program with an API token of somebody."""
        caller = await self.signed_in(user)
        assert caller.person is not None
        _, secret = await self.program.tokens.make(caller.person, "Test")
        headers = {"Authorization": f"Bearer {secret}"}
        return Caller(self.url, self.http, headers, caller.person)

    async def connect(self, user: User | None = None) -> Connection:
        """Save a home connection of somebody, by a key with all permissions."""
        who = user or self.owner
        key = self.world.library.add_key(user_id=who.id)
        connection, _ = await self.app.connect(self.world.sandbox.url, key.secret)
        return connection

    async def account(self, user: User | None = None, email: str = "ann@example.org") -> Account:
        """Connect a Google account of somebody."""
        who = user or self.owner
        self.world.google.settings.account = email
        started = await self.app.accounts.start(REDIRECT, owner_id=who.id)
        return await self.app.accounts.finish(await consent(started.authorize_url), owner_id=who.id)

    def album(self, name: str, assets: int = 3, user: User | None = None) -> Album:
        """Add an album with so many assets."""
        who = user or self.owner
        album = self.world.library.add_album(name, owner_id=who.id)
        ids = [self.world.make(f"{name} {n}.jpg", owner_id=who.id).id for n in range(assets)]
        self.world.library.add_to_album(album.id, ids)
        return album

    async def mirror(self, connection: Connection, album: Album) -> Mirror:
        """Make a mirror of ``album`` in a folder of its own."""
        definition = await self.world.definition(
            self.app, connection, self.world.home / album.name, album
        )
        self.world.pass_time(seconds=1)
        return await definition.save()

    async def ended(self, mirror_id: str) -> Run:
        """Return the newest run of a mirror as soon as it is over."""
        return await self.until(mirror_id, lambda run: run.status in OVER)

    async def until(self, mirror_id: str, done: Callable[[Run], bool]) -> Run:
        """Return the newest run of a mirror as soon as it is as wanted."""
        async with asyncio.timeout(30):
            while True:
                run = await self.app.store.runs.last(mirror_id)
                quiet = self.program.runner.live(mirror_id) is None
                if run is not None and done(run) and (quiet or run.status not in OVER):
                    return run
                await asyncio.sleep(0.02)


class _Server(uvicorn.Server):
    """Leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def application(program: Program) -> FastAPI:
    """Return the API alone, not yet behind the edge."""
    app = FastAPI(title="Pentaprism", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.program = program
    for routes in ROUTES:
        app.include_router(routes.router)
    return app


@asynccontextmanager
async def api_world(
    home: Path, *, connected: bool = True, media_folders: tuple[Path, ...] = ()
) -> AsyncIterator[ApiWorld]:
    """Run a server on an empty database; ``connected``: the owner has a home connection."""
    home.mkdir(exist_ok=True)
    async with google_world(home) as world:
        folders = {"mirror_folders": (home,), "media_folders": media_folders}
        settings = world.settings("data.db").model_copy(update=folders)
        announced: list[str] = []
        around = Surroundings(
            base_url="http://localhost",
            zone=UTC,
            announce=announced.append,
            tick=time.monotonic,
        )
        async with (
            App.open(settings, clock=lambda: world.now, pace=world.pace()) as app,
            assembled(app, around) as program,
            aiohttp.ClientSession() as http,
        ):
            api = application(program)
            entrance = Entrance(Site(None), program.sessions, program.tokens, program.set_up)
            async with _serving(fit(api, entrance)) as url:
                made = ApiWorld(world, app, program, api, url, http)
                if connected:
                    await made.connect()
                try:
                    yield made
                finally:
                    program.runner.changes.close()
                    program.scans.changes.close()


@asynccontextmanager
async def _serving(asgi: Any) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        asgi,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task
