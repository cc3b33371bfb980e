"""A whole story over HTTP, after which no secret is where it does not belong."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from http_world import Answer, Client, consent, free_port, query_of, settings_of
from web_world import KEY

from pentaprism.app import App
from pentaprism.edge import SESSION_COOKIE, SET_UP_COOKIE
from pentaprism.immich import READ_ONLY
from pentaprism.logs import redact
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Secrets

HUSH = "Hush-hush-9f2Kq7"
"""The password in an address for notifications."""

PASSWORDS = {"admin@example.test": "Walrus?Teapot 11", "second@example.test": "Gondola/Pepper=12"}
WRONG = "Wrong-Guess-Of-Mine-13"


@dataclass
class Story:
    """A server as a process, and all that was said and answered."""

    home: Path
    sandbox: Sandbox
    google: GoogleSandbox
    client: Client
    process: subprocess.Popen[bytes]
    secrets: dict[str, str] = field(default_factory=dict)
    session: dict[str, str] = field(default_factory=dict)

    def know(self, name: str, value: str) -> str:
        """Remember a secret by a name for people."""
        assert len(value) > 10, name
        self.secrets[name] = value
        return value

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        return self.client.ask(method, path, cookies=self.session, **options)

    @property
    def told(self) -> dict[str, str]:
        """All that was written outside of the database, by the names of the files."""
        files = [*(self.home / "logs").iterdir(), self.home / "out", self.home / "err"]
        return {str(file): file.read_text() for file in files if file.is_file()}

    @property
    def code(self) -> str:
        found = re.search(r"Set-up code: ([A-Z0-9-]{14})", "\n".join(self.told.values()))
        assert found is not None
        return found[1]

    def until(self, path: str, wanted: set[str]) -> None:
        """Wait until what is at ``path`` has one of these states."""
        deadline = time.monotonic() + 30
        while self.ask("GET", path).json["status"] not in wanted:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextmanager
def telling(home: Path) -> Iterator[Story]:
    with (
        Sandbox(assets=6, seed=1, hostile=False, jpeg_only=True) as sandbox,
        GoogleSandbox(consent=True) as google,
        (home / "out").open("wb") as out,
        (home / "err").open("wb") as err,
    ):
        for user in sandbox.library.users.values():
            user.password = PASSWORDS.get(user.email, user.password)
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "pentaprism", "serve", "--host", "127.0.0.1"],
            env={
                **os.environ,
                "PORT": str(port),
                "GATEWAY_PORT": "0",
                "APP_SECRET_KEY": KEY,
                "DATABASE_PATH": str(home / "data.db"),
                "LOG_PATH": str(home / "logs"),
                "LOG_LEVEL": "DEBUG",
                "GOOGLE_URL": google.url,
                "GOOGLE_CLIENT_ID": google.client_id,
                "GOOGLE_CLIENT_SECRET": google.client_secret,
                "IMMICH_RETRIES": "0",
            },
            stdout=out,
            stderr=err,
        )
        story = Story(home, sandbox, google, Client(port), process)
        try:
            deadline = time.monotonic() + 30
            while True:
                with suppress(OSError):
                    story.client.ask("GET", "/healthz")
                    break
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield story
        finally:
            process.kill()
            process.wait()


def set_up(story: Story) -> None:
    """Come in by the code, and make the first connection."""
    code = story.know("the set-up code", story.code)
    story.ask("POST", "/setup", form={"code": WRONG})
    answer = story.ask("POST", "/setup", form={"code": code})
    visit = {SET_UP_COOKIE: story.know("the set-up visit", answer.cookies[SET_UP_COOKIE])}
    key = story.know("the owner's key", story.sandbox.api_key)
    for given in (
        {"url": story.sandbox.url, "api_key": WRONG, "do": "save"},
        {"url": "http://127.0.0.1:9", "api_key": key, "do": "test"},
        {"url": story.sandbox.url, "api_key": key, "do": "test"},
        {"url": story.sandbox.url, "api_key": key, "do": "save"},
    ):
        answer = story.client.ask("POST", "/setup/immich", cookies=visit, form=given)
    assert answer.status == 303, answer
    story.session = {
        SESSION_COOKIE: story.know("the first session", answer.cookies[SESSION_COOKIE])
    }


def sign_in(story: Story) -> None:
    """Sign in in all ways, with what is right and what is wrong."""
    key = story.sandbox.library.add_key(sorted(READ_ONLY)).secret
    story.know("another key", key)
    story.know("a wrong password", WRONG)
    for name, given in {
        "password": {"password": PASSWORDS["admin@example.test"], "email": "admin@example.test"},
        "key": {"api_key": key},
    }.items():
        wrong = {field_: WRONG for field_ in given if field_ != "email"}
        refused = story.client.ask("POST", "/login", form={"way": name, **given, **wrong})
        assert refused.status == 422, refused
        answer = story.client.ask("POST", "/login", form={"way": name, "next": "/albums", **given})
        assert answer.status == 303, answer
        story.know(f"a session by {name}", answer.cookies[SESSION_COOKIE])
    for email, password in PASSWORDS.items():
        story.know(f"the password of {email}", password)
    other = {"email": "second@example.test", "password": PASSWORDS["second@example.test"]}
    answer = story.client.ask("POST", "/login", form={"way": "password", **other})
    gone = {SESSION_COOKIE: story.know("a session that ends", answer.cookies[SESSION_COOKIE])}
    assert story.client.ask("POST", "/sign-out", cookies=gone).status == 303
    assert story.client.ask("GET", "/", cookies=gone).status == 303


def use_tokens(story: Story) -> None:
    """Make an API token, and use it and a wrong one."""
    made = story.ask("POST", "/api/tokens", json_body={"name": "script"})
    (secret,) = re.findall(r"pentaprism_[\w-]{43}", made.text)
    # The one answer that has to hold it.
    story.client.answers.remove(made)
    story.know("an API token", secret)
    assert story.client.ask("GET", "/api/mirrors", token=secret).status == 200
    wrong = story.know("a wrong token", f"pentaprism_{'W' * 43}")
    assert story.client.ask("GET", "/api/mirrors", token=wrong).status == 401
    story.client.ask("GET", f"/api/mirrors?token={secret}&api_key={story.sandbox.api_key}")
    story.client.ask("GET", f"/nothing?password={quote(HUSH)}", cookies=story.session)


def add_connections(story: Story) -> None:
    """Add a connection, and fail to add others."""
    library = story.sandbox.library
    user = next(u for u in library.users.values() if u.email == "second@example.test")
    key = story.know("a second key", library.add_key(sorted(READ_ONLY), user_id=user.id).secret)
    weak = story.know("a weak key", library.add_key(["album.read"]).secret)
    url = story.sandbox.url
    for body in (
        {"url": url, "api_key": WRONG},
        {"url": url, "api_key": weak},
        {"url": f"http://anna:{HUSH}@127.0.0.1:9", "api_key": key},
        {"url": url, "api_key": key, "nonsense": key},
        {"url": url, "api_key": {"is": key}},
        {"url": url, "api_key": key, "name": "Second"},
    ):
        story.ask("POST", "/api/connections", json_body=body)
    story.ask(
        "POST", "/api/config/immich/test", json_body={"immich_url": url, "immich_api_key": key}
    )
    story.ask("POST", "/api/connections", body=f'{{"api_key": "{key}'.encode())


def connect_google(story: Story) -> str:
    """Consent at Google, and let the same answer come twice; return the account."""
    answer = story.ask("GET", "/auth/google/start")
    assert answer.location.startswith(story.google.url), answer
    back = asyncio.run(consent(answer.location))
    story.know("the authorization code", query_of(back)["code"])
    parts = urlsplit(back)
    for _ in range(2):
        story.ask("GET", f"{parts.path}?{parts.query}")
    accounts = story.ask("GET", "/api/accounts").json
    (account,) = accounts["accounts"] if isinstance(accounts, dict) else accounts
    return str(account["id"])


def mirror(story: Story, account: str) -> None:
    """Mirror to Google, once well and once with a key that Immich takes no more."""
    address = f"json://anna:{quote(HUSH)}@127.0.0.1:9/"
    told = story.ask("PUT", "/api/notifications", json_body={"addresses": [address]})
    assert told.status == 200, told
    story.ask("POST", "/api/notifications/test", json_body={})
    album = story.sandbox.library.album_named("Holiday").id
    connection = story.ask("GET", "/api/connections").json
    connections = connection["connections"] if isinstance(connection, dict) else connection
    (own,) = [one for one in connections if one["name"] != "Second"]
    made = story.ask(
        "POST",
        "/api/mirrors",
        json_body={
            "connection_id": own["id"],
            "album_id": album,
            "kind": "google_photos",
            "options": {"account": account},
        },
    )
    assert made.status == 201, made
    id_ = made.json["id"]
    for wanted in ({"OK"}, {"FAILED", "WAITING"}):
        run = story.ask("POST", f"/api/mirrors/{id_}/run", json_body={})
        assert run.status < 300, run
        run_id = run.json.get("run_id") or run.json["id"]
        story.until(f"/api/runs/{run_id}", wanted)
        story.ask("GET", f"/api/runs/{run_id}/events")
        story.ask("GET", f"/runs/{run_id}")
        story.ask("GET", f"/runs/{run_id}/log")
        if wanted == {"OK"}:
            for key in list(story.sandbox.library.keys):
                story.sandbox.library.remove_key(key)


def look_around(story: Story) -> None:
    """Look at what shows most."""
    for path in (
        "/", "/settings", "/connections", "/accounts", "/system", "/system/log", "/mirrors",
        "/runs", "/albums", "/first-steps", "/openapi.json", "/api/connections", "/api/accounts",
        "/api/tokens", "/api/notifications", "/api/system", "/api/config/status", "/login",
    ):  # fmt: skip
        story.ask("GET", path)


async def stored(story: Story) -> dict[str, str]:
    """Return the secrets that the database holds encrypted."""
    async with App.open(settings_of(story.home, story.google)) as app:
        found = {"the secret of the client": story.google.client_secret}
        for account in await app.store.accounts.list():
            found["the refresh token"] = account.refresh_token or ""
        for person in await app.store.people.list():
            for number, session in enumerate(await app.store.sessions.list_of(person.id)):
                found[f"credential {number} of {person.name}"] = session.credential
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, told to its end; the server has ended."""
    with telling(tmp_path_factory.mktemp("home")) as told:
        set_up(told)
        sign_in(told)
        use_tokens(told)
        add_connections(told)
        mirror(told, connect_google(told))
        look_around(told)
        told.know("the password for notices", HUSH)
        told.know("the key of all", KEY)
        for grant in told.google.state.grants._all:
            for number, token in enumerate(grant.access_tokens):
                told.know(f"access token {number}", token)
        for name, value in asyncio.run(stored(told)).items():
            told.know(name, value)
        # What the database still has beside it counts as well.
        told.process.send_signal(signal.SIGTERM)
        assert told.process.wait(20) == 0
        yield told


def forms(value: str) -> set[str]:
    return {value, quote(value), quote(value, safe="")}


def test_the_story_was_a_whole_one(story: Story) -> None:
    assert {"the refresh token", "access token 0", "the authorization code"} <= set(story.secrets)
    assert any("credential" in name for name in story.secrets)
    text = "\n".join(story.told.values())
    assert "A message did not get through" in text
    assert "Traceback" not in text


def test_no_secret_is_in_the_log(story: Story) -> None:
    for name, text in story.told.items():
        for what, secret in story.secrets.items():
            if what == "the set-up code":
                assert text.count(secret) <= 1, name
                continue
            for form in forms(secret):
                lines = [line for line in text.splitlines() if form in line]
                assert not lines, f"{what} in {name}: {lines[0]}"


def test_no_secret_is_in_an_answer(story: Story) -> None:
    for answer in story.client.answers:
        shown = f"{answer.text}\n{answer.location}"
        for what, secret in story.secrets.items():
            if what == "the set-up code" and answer.path == "/system/log":
                continue  # it is the log's one line, of which the test before tells
            assert not any(form in shown for form in forms(secret)), f"{what} in {answer}"


def test_no_secret_is_plain_in_the_database(story: Story) -> None:
    files = [path for path in story.home.glob("data.db*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        for what, secret in story.secrets.items():
            assert secret.encode() not in data, f"{what} in {path.name}"


def test_what_is_encrypted_or_decrypted_is_kept_out_of_the_log(tmp_path: Path) -> None:
    secrets = Secrets.load(f"{KEY},{KEY[::-1]}", tmp_path / "data.db")
    token = secrets.encrypt("plainly odd words 1")
    assert redact(f"it was plainly odd words 1, by {KEY[::-1]}") == "it was [hidden], by [hidden]"
    assert secrets.decrypt(token) == "plainly odd words 1"
