"""Every error that a person can meet: its exit code, its code, its sentence and its hint."""

from __future__ import annotations

import fcntl
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import CommandLine, Place

from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.failures import InternalError, explain
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PentaprismError,
    PermanentError,
    RetryableError,
    RunCancelledError,
)


@dataclass(frozen=True)
class Case:
    """A command line that is refused, with what it is refused with."""

    command: str
    exit: int
    code: str
    says: str
    hint: str
    env: tuple[tuple[str, str], ...] = ()


USAGE = [
    Case("nope", 2, "usage", "No such command 'nope'", "pentaprism --help"),
    Case("mirror", 2, "usage", "Missing argument 'ALBUM'", "pentaprism mirror --help"),
    Case("mirror X", 2, "usage", "Missing option '--to'", "pentaprism mirror --help"),
    Case("mirror X --to folder:/x --removals no", 2, "usage", "'no' is not", "mirror --help"),
    Case("mirror X --to folder:/x --max-removals -1", 2, "usage", "equal to 0", "mirror --help"),
    Case("mirrors what", 2, "usage", "No such command 'what'", "pentaprism mirrors --help"),
    Case("sandbox immich --port 70000", 2, "usage", "equal to 65535", "sandbox immich --help"),
    Case("albums", 2, "no_connection", "address of the Immich server is not", "pentaprism connect"),
    Case("connect", 2, "usage", "address of the Immich server is missing", "pentaprism connect"),
    Case("connect http://x", 2, "no_connection", "no terminal to ask", "IMMICH_API_KEY"),
    Case("connect ftp://x --api-key k", 2, "url", "not an address", "http://"),
    Case("connect http://u:p@x --api-key k", 2, "url", "holds a user name", "Leave it out"),
    Case("runs show abc", 2, "no_run", "There is no run abc.", "pentaprism runs"),
    Case("mirrors pause abc", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("mirrors resume abc", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("mirrors delete abc -y", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("verify abc", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("repair abc", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("trash list abc", 2, "no_mirror", "There is no mirror abc.", "pentaprism mirrors"),
    Case("trash empty abc", 2, "confirm", "has to be confirmed", "--yes"),
    Case(
        "albums", 2, "settings", "LOG_LEVEL is 'LOUD'", "DEBUG, INFO", (("LOG_LEVEL", "LOUD"),)
    ),
    Case(
        "albums", 2, "settings", "IMMICH_RETRIES", "pentaprism doctor", (("IMMICH_RETRIES", "x"),)
    ),
    Case(
        "albums", 2, "settings", "Both IMMICH_API_KEY and IMMICH_API_KEY_FILE", "Keep one",
        (("IMMICH_API_KEY", "a"), ("IMMICH_API_KEY_FILE", "b")),
    ),
    Case(
        "albums", 2, "settings", "file that IMMICH_API_KEY_FILE names", "Check the path",
        (("IMMICH_API_KEY_FILE", "/nowhere/at/all"),),
    ),
    Case("albums", 2, "secret_key", "APP_SECRET_KEY", "key generate", (("APP_SECRET_KEY", "x"),)),
    Case(
        "albums", 3, "database_unwritable", "cannot be", "DATABASE_PATH",
        (("APP_SECRET_KEY", "kP4w9-sVb2_XcQ7tRj5LmZ8yFhN3gDaE"), ("DATABASE_PATH", "/proc/no/db")),
    ),
]  # fmt: skip
"""Refused without an Immich."""

WITH_IMMICH = [
    Case("mirror Nope --to {to}", 2, "album_not_found", "no album “Nope”", "pentaprism albums"),
    Case("mirror Holyday --to {to}", 2, "album_not_found", "no album", "Did you mean “Holiday”?"),
    Case("mirror Twice --to {to}", 2, "ambiguous", "2 albums are called “Twice”", "{twice}"),
    Case("mirror Holiday --to /x", 2, "destination", "'/x' is not a destination", "folder:/photos"),
    Case("mirror Holiday --to folder:", 2, "destination", "the path is missing", "folder:PATH"),
    Case(
        "mirror Holiday --to {to} --template {{x}}", 2, "template", "{{x}} is not", "{{filename}}"
    ),
    Case("mirror Holiday --to {to} --min-free x", 2, "options", "min_free", "mirror --help"),
    Case("albums --api-key wrong", 3, "bad_key", "does not accept the API key", "Make a new key"),
    Case("albums --immich-url {html}", 3, "not_immich", "not as Immich does", "in a browser"),
    Case("albums --immich-url {closed}", 3, "unreachable", "connection was refused", "port"),
    Case(
        "albums --immich-url https://x --ca-file /nowhere.pem",
        2,
        "certificate",
        "/nowhere.pem",
        "PEM",
    ),
]


def _check(pentaprism: CommandLine, case: Case, **names: str) -> None:
    command = case.command.format(**names).split()
    told = pentaprism(*command, "--json")
    assert told.error == case.code
    assert (told.code, told.err) == (case.exit, "")
    assert case.says.format(**names) in told.json["error"]["message"]
    assert case.hint.format(**names) in told.json["error"]["hint"]
    spoken = pentaprism(*command)
    assert (spoken.code, spoken.out) == (case.exit, "")
    assert spoken.err.startswith("Error: ")
    assert case.says.format(**names) in spoken.err
    assert case.hint.format(**names) in spoken.err


@pytest.mark.parametrize("case", USAGE, ids=lambda case: f"{case.command}: {case.code}")
def test_what_is_refused_without_immich(
    case: Case, pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in case.env:
        monkeypatch.setenv(name, value)
    _check(pentaprism, case)


@pytest.mark.parametrize("case", WITH_IMMICH, ids=lambda case: f"{case.command}: {case.code}")
def test_what_is_refused_with_immich(case: Case, pentaprism: CommandLine, place: Place) -> None:
    library = place.sandbox.library
    first, _ = library.add_album("Twice"), library.add_album("Twice")
    if "{html}" in case.command:
        place.sandbox.faults.add("html")
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    names = {"to": place.to, "twice": first.id, "html": place.sandbox.url, "closed": closed}
    _check(pentaprism, case, **names)
    assert not place.folder.exists()


def test_a_missing_permission_is_named(pentaprism: CommandLine, place: Place) -> None:
    key = place.sandbox.library.add_key(["album.read", "asset.read", "user.read"])
    refused = pentaprism("albums", "--api-key", key.secret, "--json")
    assert (refused.code, refused.error) == (3, "permissions")
    assert "asset.download" in refused.json["error"]["message"]


def test_a_folder_at_work_makes_others_wait(pentaprism: CommandLine, mirrored: Place) -> None:
    with (mirrored.folder / ".pentaprism" / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (
            ["mirror", "Holiday", "--to", mirrored.to],
            ["verify", "Holiday"],
            ["trash", "list", "Holiday"],
        ):
            refused = pentaprism(*command, "--json")
            assert (refused.code, refused.error) == (4, "locked")
            assert str(mirrored.folder) in refused.json["error"]["message"]
    assert len(pentaprism.done("runs", "--json").json) == 1


def test_a_folder_of_another_mirror_is_refused(pentaprism: CommandLine, mirrored: Place) -> None:
    other = pentaprism("mirror", "Favourites", "--to", mirrored.to, "--json")
    assert (other.code, other.error) == (3, "other_mirror")
    inside = pentaprism("mirror", "Favourites", "--to", f"{mirrored.to}/below", "--json")
    assert (inside.code, inside.error) == (3, "nested")


def test_a_copied_folder_needs_a_person(pentaprism: CommandLine, mirrored: Place) -> None:
    copy = mirrored.folder.with_name("copy")
    (copy / ".pentaprism").mkdir(parents=True)
    marker = (mirrored.folder / ".pentaprism" / "mirror.json").read_bytes()
    (copy / ".pentaprism" / "mirror.json").write_bytes(marker)
    refused = pentaprism("mirror", "Holiday", "--to", f"folder:{copy}", "--json")
    assert (refused.code, refused.error) == (3, "copied_folder")


def test_a_deleted_album_removes_nothing_and_says_so(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    library = mirrored.sandbox.library
    library.delete_album(library.album_named("Holiday").id)
    by_name = pentaprism("mirror", "Holiday", "--to", mirrored.to, "--json")
    assert (by_name.code, by_name.error) == (2, "album_not_found")
    repaired = pentaprism("repair", "Holiday", "--json")
    assert repaired.code == 3
    assert repaired.json["error"]["code"] == "album_gone"
    assert len(mirrored.files()) == 12


def test_a_port_that_is_taken_is_named(pentaprism: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = pentaprism("sandbox", "immich", "--port", port, "--assets", 1, "--json")
    assert (refused.code, refused.error) == (2, "port_taken")
    assert str(port) in refused.json["error"]["message"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidError("", code="x"), Exit.USAGE),
        (NotFoundError("", code="x"), Exit.USAGE),
        (ActionRequiredError("", code="x"), Exit.ACTION_REQUIRED),
        (ConflictError("", code="other"), Exit.ACTION_REQUIRED),
        (ConflictError("", code="locked"), Exit.WAITING),
        (RetryableError("", code="x"), Exit.WAITING),
        (PermanentError("", code="x"), Exit.SOME_FAILED),
        (RunCancelledError(), Exit.CANCELLED),
        (InternalError("", code="internal"), Exit.INTERNAL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_class_of_error_has_its_exit_code(error: PentaprismError, code: Exit) -> None:
    assert exit_code(error) is code


def test_a_mistake_of_ours_is_one_sentence_and_a_file(tmp_path: Path) -> None:
    told = explain(ValueError("what \udcff happened"))
    assert told.code == "internal"
    assert told.message == "Something went wrong in Pentaprism itself: ValueError."
    file = Path(told.hint.removeprefix("Please report it with the file ").partition(";")[0])
    assert "what \\udcff happened" in file.read_text()
    assert file.parent == tmp_path


def test_a_mistake_of_ours_shows_its_traceback_when_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    told = explain(ValueError("seen"))
    assert "ValueError: seen" in capsys.readouterr().err
    assert "the lines above" in told.hint


def test_our_error_is_found_among_those_of_tasks() -> None:
    full = ActionRequiredError("The disk is full.", code="disk_full")
    assert explain(ExceptionGroup("", [ExceptionGroup("", [full]), full])) is full
    assert explain(ExceptionGroup("", [full, ValueError()])).code == "internal"
