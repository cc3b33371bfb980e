"""A whole server with people in it, and a client that sends exactly what it is told to send.

The client is no browser: it follows nothing, keeps no cookies, and claims any origin.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from databases import place_database
from media_folders import index
from owned_duplicates import own_duplicates
from pydantic import SecretStr
from web_world import KEY, Serving

from pentaprism.app import RunOptions
from pentaprism.edge import SESSION_COOKIE
from pentaprism.immich import READ_ONLY
from pentaprism.jobs.schedule import interval
from pentaprism.program import Program
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import Settings
from pentaprism.store.records import Mirror, RunStatus

PASSWORD = "sandbox"
CALLBACK = "http://localhost:1/auth/google/callback"

ALWAYS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "cache-control",
)
"""The headers that every answer has."""

_RESTLESS = {"seen_at", "checked_at", "last_used_at", "expires_at"}
"""The columns that a look changes."""


@dataclass(frozen=True)
class Answer:
    """What the server answered, with its headers in their order."""

    method: str
    path: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def location(self) -> str:
        return self.get("location")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def whole(self) -> str:
        """Everything that came, as text to search in."""
        return "\n".join([*(f"{key}: {value}" for key, value in self.headers), self.text])

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (cookie.partition(";")[0].partition("=") for cookie in self.all("set-cookie"))
        return {name: value for name, _, value in pairs}

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status} {self.text[:300]!r}"


@dataclass
class Client:
    """Asks a server; every answer is checked for what all must have, and kept in ``answers``."""

    port: int
    host: str = ""
    answers: list[Answer] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://{self.host or f'localhost:{self.port}'}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        cookies: Mapping[str, str] | None = None,
        token: str = "",
        form: Mapping[str, Any] | None = None,
        json_body: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        same_origin: bool = True,
        seconds: float = 20,
    ) -> Answer:
        """Send one request, by default as a page of the site would, and return the answer."""
        sent = {"Host": self.host or f"localhost:{self.port}", "Accept": "text/html, */*"}
        if same_origin and method not in {"GET", "HEAD"}:
            sent["Origin"] = self.origin
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        elif json_body is not None:
            body = json.dumps(json_body).encode()
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with closing(connection):
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(
                method, path, response.status, response.getheaders(), _read(connection, response)
            )
        check(answer)
        self.answers.append(answer)
        return answer


def _read(connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> bytes:
    """Return the body, or of a stream what comes at first."""
    if not response.getheader("content-type", "").startswith("text/event-stream"):
        return response.read()
    if connection.sock is not None:
        connection.sock.settimeout(0.5)
    try:
        return response.read1(100_000)
    except TimeoutError:
        return b""


def check(answer: Answer) -> None:
    """Check what every answer has to keep."""
    for name in ALWAYS:
        assert answer.all(name), f"{answer} has no {name}"
    for cookie in answer.all("set-cookie"):
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert "httponly" in attributes, cookie
        assert "samesite=lax" in attributes, cookie
    assert answer.status != 500, answer
    assert "Traceback" not in answer.text, answer


@dataclass(frozen=True)
class Someone:
    """A person who has signed in, and the ids of what is theirs by the names of parameters.

    ``marks`` are words that stand in their data only.
    """

    id: str
    email: str
    session: str
    token: str
    token_id: str
    ids: dict[str, str]
    marks: frozenset[str]

    @property
    def cookies(self) -> dict[str, str]:
        return {SESSION_COOKIE: self.session}


@dataclass
class House:
    """A server, what is around it, and how to ask it."""

    home: Path
    sandbox: Sandbox
    google: GoogleSandbox
    server: Serving

    @property
    def client(self) -> Client:
        return Client(self.server.port)

    @property
    def program(self) -> Program:
        assert self.server.program is not None
        return self.server.program

    def dump(self) -> dict[str, list[str]]:
        """Return every row of the database, without what a mere look changes."""
        with closing(sqlite3.connect(self.home / "data.db")) as database:
            database.row_factory = sqlite3.Row
            names = [
                row[0]
                for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            return {
                name: sorted(
                    repr({k: row[k] for k in row.keys() if k not in _RESTLESS})  # noqa: SIM118 - of a Row
                    for row in database.execute(f'SELECT * FROM "{name}"')
                )
                for name in names
            }

    def move_in(self, email: str, *, key: str, home: bool, words: tuple[str, ...]) -> Someone:
        """Let a person sign in and have something of everything, named after ``words``."""
        album_name, connection_name, account_name, folder, token_name = words
        library = self.sandbox.library
        owner = next(user for user in library.users.values() if user.email == email)
        ids = [a.id for a in library.assets.values() if a.owner_id == owner.id][:3]
        album = library.add_album(album_name, ids, owner_id=owner.id)
        library.rename_asset(ids[0], f"{album_name} 1.jpg")

        async def work(program: Program) -> Someone:
            app = program.app
            connection, _ = await app.connect(
                self.sandbox.url, key, name=connection_name, owner_id=owner.id, home=home
            )
            session = await program.door.with_password(email, PASSWORD, address=f"of {email}")
            person = await app.store.people.get(owner.id)
            secret_token, secret = await program.tokens.make(person, token_name)
            started = await app.accounts.start(CALLBACK, name=account_name, owner_id=owner.id)
            account = await app.accounts.finish(
                await consent(started.authorize_url), owner_id=owner.id
            )
            account = await app.accounts.rename(account, account_name)
            async with app.immich(connection) as client:
                found = await client.album(album.id)
            to_folder = await app.definition(connection, found, f"folder:{self.home / folder}")
            to_google = await app.definition(connection, found, f"google-photos:{account.id}")
            mirror = await to_folder.save()
            other = await to_google.save()
            run = await run_to_end(program, mirror)
            await run_to_end(program, other)
            # Far off, so that nothing happens by itself meanwhile.
            await program.clock.plan(mirror, interval(60 * 24 * 30))
            plan = await program.plans.finished(program.plans.begin(mirror, owner.id))
            await program.health.check_all()
            media = self.home / f"{folder} media"
            root_id, group_id = await index(program, owner.id, media)
            duplicates = await own_duplicates(program, owner.id, root_id)
            return Someone(
                owner.id,
                email,
                session,
                secret,
                secret_token.id,
                {
                    "connection_id": connection.id,
                    "account_id": account.id,
                    "mirror_id": mirror.id,
                    "run_id": run,
                    "plan_id": plan.id,
                    "token_id": secret_token.id,
                    "asset_id": ids[0],
                    "album_id": album.id,
                    "root_id": root_id,
                    "group_id": group_id,
                    **duplicates,
                },
                frozenset(
                    {
                        *words,
                        email,
                        connection.id,
                        account.id,
                        mirror.id,
                        run,
                        other.id,
                        root_id,
                        group_id,
                        *(id_ for id_ in duplicates.values() if not id_.isdigit()),
                    }
                ),
            )

        return self.server.call(work)


async def run_to_end(program: Program, mirror: Mirror) -> str:
    """Run ``mirror`` and return the id of the run, which has to end well."""
    run = await program.runner.start(mirror, RunOptions())
    async with asyncio.timeout(25):
        while program.runner.live(mirror.id) is not None:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.01)
    done = await program.app.store.runs.get(run.id)
    assert done.status is RunStatus.OK, done
    return run.id


async def consent(authorize_url: str) -> str:
    """Return the address that a browser is led to from Google's page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(authorize_url, allow_redirects=False) as response,
    ):
        assert response.status == 302, await response.text()
        return response.headers["Location"]


def settings_of(home: Path, google: GoogleSandbox, **values: Any) -> Settings:
    """Return the settings of a server whose files are in ``home``."""
    usual: dict[str, Any] = {
        "app_secret_key": SecretStr(KEY),
        "database_path": place_database(home / "data.db"),
        "google_url": google.url,
        "google_client_id": google.client_id,
        "google_client_secret": SecretStr(google.client_secret),
        "immich_retries": 0,
        "immich_timeout": 20,
        "index_immich": "off",
        "duplicates": "off",
    }
    return Settings(**usual | values)


@contextmanager
def house(home: Path, *, port: int = 0, **settings: Any) -> Iterator[House]:
    """Run an Immich, a Google that asks nobody, and a server in which nothing is set up."""
    with (
        Sandbox(assets=12, seed=1, hostile=False) as sandbox,
        GoogleSandbox(consent=True) as google,
    ):
        server = Serving(settings_of(home, google, **settings), port=port or free_port())
        made = House(home, sandbox, google, server)
        server.start()
        try:
            yield made
        finally:
            made.server.stop()


def owner_in(house: House) -> Someone:
    """Let the owner of the library move in, who is an admin and whose server is home."""
    return house.move_in(
        "admin@example.test",
        key=house.sandbox.api_key,
        home=True,
        words=("Xylophone", "Quokka", "Wombat", "narwhal", "Platypus"),
    )


def other_in(house: House) -> Someone:
    """Let a plain person move in, with a connection of their own."""
    library = house.sandbox.library
    user = next(u for u in library.users.values() if u.email == "second@example.test")
    key = library.add_key(sorted(READ_ONLY), user_id=user.id)
    house.google.settings.account = "bob@example.com"
    return house.move_in(
        "second@example.test",
        key=key.secret,
        home=False,
        words=("Zither", "Ocelot", "Axolotl", "manatee", "Dormouse"),
    )


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def query_of(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


__all__ = ["Answer", "Client", "House", "Someone", "consent", "free_port", "house"]
