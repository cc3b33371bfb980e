"""Google accounts and mirrors to them, from the command line, with processes of their own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from command_line import CommandLine, Place, start
from google_world import REDIRECT, consent

from pentaprism.app import App
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.settings import Settings


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleSandbox]:
    """A Google that grants without a click, known from the environment."""
    with GoogleSandbox(consent=True) as running:
        monkeypatch.setenv("GOOGLE_URL", running.url)
        monkeypatch.setenv("GOOGLE_CLIENT_ID", running.client_id)
        monkeypatch.setenv("GOOGLE_CLIENT_SECRET", running.client_secret)
        yield running


def visit(url: str) -> tuple[int, str, dict[str, str]]:
    """Open an address as a browser does; return status, page and headers of where that ends."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def begin(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start ``account connect --json`` and return it with the address that it prints."""
    process = start("account", "connect", "--json", *arguments, stdout=-1, stderr=-1)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["authorize_url"]


def end(process: subprocess.Popen[str]) -> tuple[int, list[Any]]:
    """Return the exit code and what was printed after the first line."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def connected(google: GoogleSandbox) -> GoogleSandbox:
    """A Google with a connected account. How the command connects one has tests of its own."""
    asyncio.run(connect())
    return google


async def connect() -> None:
    async with App.open(Settings()) as app:
        started = await app.accounts.start(REDIRECT)
        await app.accounts.finish(await consent(started.authorize_url))


def test_connect_waits_for_the_browser_to_come_back(google: GoogleSandbox) -> None:
    process, url = begin("--removals", "--name", "Mum")
    redirect = next(p for p in url.split("&") if p.startswith("redirect_uri="))
    assert "localhost" in redirect
    port = int(redirect.rpartition("%3A")[2].partition("%2F")[0])
    assert visit(f"http://127.0.0.1:{port}/")[0] == 404  # a probe ends nothing
    assert visit(f"http://127.0.0.1:{port}/auth/google/callback?state=x&code=y")[0] == 400
    status, page, headers = visit(url)
    assert (status, "connected" in page) == (200, True)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    code, (account,) = end(process)
    assert code == 0
    assert (account["name"], account["email"]) == ("Mum", "alice@example.com")
    assert account["scopes"] == ["appendonly", "edit.appcreateddata", "readonly.appcreateddata"]
    assert google.client_secret not in json.dumps(account)


def test_a_declined_consent_is_told_on_the_page_and_to_the_script(google: GoogleSandbox) -> None:
    google.settings.decline = True
    process, url = begin()
    status, page, _ = visit(url)
    assert (status, "declined" in page) == (400, True)
    code, (told,) = end(process)
    assert (code, told["error"]["code"]) == (2, "declined")


def test_nobody_consents(google: GoogleSandbox) -> None:
    process, _ = begin("--timeout", "1")
    code, (told,) = end(process)
    assert (code, told["error"]["code"]) == (4, "no_consent")


def test_an_address_can_be_pasted_or_given_later(google: GoogleSandbox) -> None:
    process = start("account", "connect", "--paste", "--json", stdin=-1, stdout=-1, stderr=-1)
    assert process.stdout is not None
    assert process.stdin is not None
    url = json.loads(process.stdout.readline())["authorize_url"]
    answer = _answer(url)
    process.stdin.write(answer + "\n")
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()
    waiting, second = begin()
    waiting.kill()
    waiting.communicate()
    done = start("account", "finish", "-", "--json", stdin=-1, stdout=-1, stderr=-1)
    out, _ = done.communicate(_answer(second) + "\n", timeout=30)
    assert (done.returncode, json.loads(out)["state"]) == (0, "connected")


def _answer(url: str) -> str:
    """Return where Google's page leads, which nobody listens at."""

    class Keep(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Keep).open(url, timeout=30)
    except urllib.error.HTTPError as error:
        return error.headers["Location"]
    raise AssertionError


def test_without_a_client_it_says_how_to_get_one(
    google: GoogleSandbox, pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_CLIENT_SECRET")
    ended = pentaprism("account", "connect", "--json")
    assert (ended.code, ended.error) == (2, "no_client")
    assert "GOOGLE_CLIENT_SECRET" in ended.json["error"]["hint"]


def test_an_album_goes_to_google_and_the_second_run_does_nothing(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    first = pentaprism.done("mirror", "Holiday", "--to", "google-photos", "--json").json
    assert (first["status"], first["uploaded"]) == ("OK", 12)
    asked = connected.requests.total()
    second = pentaprism.done("mirror", "Holiday", "--to", "google-photos", "--json").json
    assert (second["uploaded"], second["skipped"], second["bytes"]) == (0, 12, 0)
    assert connected.requests.total() == asked
    (album,) = connected.albums()
    assert (album["title"], len(album["items"])) == ("Holiday", 12)
    shown = pentaprism.done("mirrors").out
    assert "Google Photos (alice@example.com)" in shown
    words = pentaprism.done("mirror", "Holiday", "--to", "google-photos").out
    assert "Google Photos (alice@example.com)" in words


def test_the_client_is_remembered_with_the_account(
    connected: GoogleSandbox,
    place: Place,
    pentaprism: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_URL"):
        monkeypatch.delenv(name)
    done = pentaprism.done("mirror", "Holiday", "--to", "google-photos", "--json").json
    assert done["uploaded"] == 12


def test_a_dry_run_changes_nothing_at_google(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    planned = pentaprism.done(
        "mirror", "Holiday", "--to", "google-photos", "--dry-run", "--json"
    ).json
    assert len(planned["put"]) == 12
    assert connected.requests.total() == 0
    said = pentaprism.done("mirror", "Holiday", "--to", "google-photos", "--dry-run").out
    assert "12 photos left" in said


def test_the_days_quota_ends_with_4_and_says_when_it_goes_on(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    connected.settings.daily_requests = 5
    ended = pentaprism("mirror", "Holiday", "--to", "google-photos", "--json")
    assert (ended.code, ended.json["status"]) == (4, "WAITING")
    assert ended.json["error"]["code"] == "quota"
    assert ended.json["waits_until"] == ended.json["error"]["until"]
    again = pentaprism("mirror", "Holiday", "--to", "google-photos")
    assert again.code == 4
    assert "a new day begins" in again.err
    assert "photos left" in again.out
    accounts = pentaprism.done("accounts", "--json").json
    assert accounts[0]["requests_today"] >= 5


def test_a_revoked_account_waits_and_reconnecting_resumes_its_mirrors(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    connected.faults.add("revoked", route="uploads", skip=3, times=1)
    ended = pentaprism("mirror", "Holiday", "--to", "google-photos", "--json")
    assert (ended.code, ended.json["status"]) == (3, "WAITING")
    assert ended.json["error"]["code"] == "reconnect"
    assert "reconnect" in pentaprism.done("accounts").out
    process, url = begin()
    assert visit(url)[0] == 200
    code, (account, run) = end(process)
    assert (code, account["state"], run["status"]) == (0, "connected", "OK")
    assert len(connected.albums()[0]["items"]) == 12


def test_wait_goes_on_by_itself_when_the_account_is_connected_again(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    connected.faults.add("revoked", route="uploads", skip=3, times=1)
    waiting = start(
        "mirror", "Holiday", "--to", "google-photos", "--wait", "--json", stdout=-1, stderr=-1
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if pentaprism.done("accounts", "--json").json[0]["state"] == "reconnect":
            break
        time.sleep(0.1)
    process, url = begin()
    assert visit(url)[0] == 200
    end(process)
    out, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, json.loads(out)["status"]) == (0, "OK")
    assert len(connected.albums()[0]["items"]) == 12


def test_accounts_are_renamed_and_disconnected(
    connected: GoogleSandbox, pentaprism: CommandLine
) -> None:
    renamed = pentaprism.done("account", "rename", "alice@example.com", "Ann", "--json").json
    assert renamed["name"] == "Ann"
    assert "Ann" in pentaprism.done("accounts").out
    refused = pentaprism("account", "disconnect", "--json")
    assert (refused.code, refused.error) == (2, "confirm")
    gone = pentaprism.done("account", "disconnect", "Ann", "--yes", "--json").json
    assert gone["state"] == "disconnected"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--to", "google-photos", "--template", "{filename}"),
        ("--to", "google-photos", "--removals", "trash"),
        ("--to", "folder:/tmp/x", "--motion-photos"),
        ("--to", "folder:/tmp/x", "--removals", "remove"),
    ],
)
def test_options_of_another_kind_of_destination_are_refused(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine, arguments: tuple[str, ...]
) -> None:
    ended = pentaprism("mirror", "Holiday", *arguments, "--json")
    assert (ended.code, ended.error) == (2, "options")
    assert connected.requests.total() == 0


def test_a_taken_port_is_told(google: GoogleSandbox, pentaprism: CommandLine) -> None:
    ended = pentaprism("account", "connect", "--port", google.port, "--json")
    assert (ended.code, ended.error) == (3, "port_taken")


def test_verify_and_repair_tell_what_they_can_see(
    google: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    process, url = begin()
    visit(url)
    end(process)
    pentaprism.done("mirror", "Holiday", "--to", "google-photos")
    blind = pentaprism("verify", "Holiday", "--json")
    assert (blind.code, blind.error) == (3, "scope")
    assert "--removals" in blind.json["error"]["hint"]
    process, url = begin("--removals")
    visit(url)
    end(process)
    whole = pentaprism.done("verify", "Holiday", "--json").json
    assert whole["counts"] == {"shown": 12}
    album = next(iter(google.accounts[0].photos.albums.values()))
    gone = google.accounts[0].photos.items[album.items.pop(3)].filename
    lost = pentaprism("verify", "Holiday", "--json")
    assert (lost.code, lost.json["files"]) == (1, [{"path": gone, "standing": "missing"}])
    assert pentaprism.done("repair", "Holiday", "--json").json["uploaded"] == 1
    assert google.albums()[0]["items"][3]["filename"] == gone


def test_the_doctor_looks_at_accounts_too(
    connected: GoogleSandbox, place: Place, pentaprism: CommandLine
) -> None:
    pentaprism.done("mirror", "Holiday", "--to", "google-photos")
    assert "Google Photos (alice@example.com)" in pentaprism.done("doctor").out
    connected.state.grants.revoke_all()
    ended = pentaprism("doctor")
    assert ended.code != 0
    assert "account connect" in ended.out + ended.err
    assert pentaprism("trash", "list", "Holiday", "--json").error == "no_trash"
