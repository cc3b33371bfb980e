"""The program in a process of its own: signals, terminals, pipes, the sandbox, the demo."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import PROGRAM, CommandLine, Place, start


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; the test's own time-out ends it otherwise."""
    while not holds():
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_well_and_the_next_goes_on(
    number: signal.Signals, pentaprism: CommandLine, place: Place
) -> None:
    late = place.holiday[6:]
    for asset in late:
        place.sandbox.faults.add("stall", route="original", asset=asset, seconds=60)
    running = start("mirror", "Holiday", "--to", place.to, "--json", stdout=subprocess.PIPE)
    _until(lambda: place.folder.exists() and len(place.files()) == 6)
    running.send_signal(number)
    out, _ = running.communicate()
    assert running.returncode == 130
    told = json.loads(out)
    assert (told["status"], told["failed"]) == ("CANCELLED", 0)
    assert told["error"]["code"] == "cancelled"
    assert len(place.files()) == 6
    assert not list((place.folder / ".pentaprism" / "tmp").iterdir())
    place.sandbox.faults.clear()
    again = pentaprism.done("mirror", "Holiday", "--to", place.to, "--json").json
    assert (again["uploaded"], again["skipped"]) == (6, 6)


def test_a_second_signal_ends_the_program_at_once(pentaprism: CommandLine, place: Place) -> None:
    # The first call after the listing never answers, and no cancelling reaches it.
    place.sandbox.faults.add("slow", route="search", seconds=600)
    running = start("mirror", "Holiday", "--to", place.to, stderr=subprocess.PIPE)
    _until(lambda: place.sandbox.traffic.of("search").requests > 0)
    running.send_signal(signal.SIGINT)
    assert running.stderr is not None
    assert "Stopping; what is finished stays." in running.stderr.readline()
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert running.returncode == 130
    place.sandbox.faults.clear()
    again = pentaprism.done("mirror", "Holiday", "--to", place.to)
    assert "! an earlier run was interrupted" in again.out


def test_a_reader_that_goes_away_is_no_error(pentaprism: CommandLine, mirrored: Place) -> None:
    del pentaprism
    running = start("runs", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == ""
    assert running.wait() == 141


def _on_terminal(
    columns: int,
    *arguments: str,
    environ: dict[str, str] | None = None,
    typed: str = "",
    code: int = 0,
) -> str:
    """Run a command on a terminal of so many columns, and return all that it wrote."""
    master, slave = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": "40", "TERM": "xterm", **(environ or {})}
    running = start(
        *arguments, environ=size, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    written = b""
    try:
        while chunk := os.read(master, 65536):
            written += chunk
            if typed and written.endswith(b": "):  # a question, and whoever asks is listening
                os.write(master, typed.encode())
                typed = ""
    except OSError:  # the other end was closed: that is how a terminal ends
        pass
    os.close(master)
    assert running.wait() == code
    return written.decode()


def test_a_key_is_asked_for_and_not_shown(place: Place) -> None:
    written = _on_terminal(
        80, "connect", place.sandbox.url,
        environ={"IMMICH_API_KEY": ""}, typed=f"{place.sandbox.api_key}\n",
    )  # fmt: skip
    assert "API key (not shown):" in written
    assert place.sandbox.api_key not in written
    assert "Connected to Immich" in written


def test_a_no_is_taken_for_a_no(pentaprism: CommandLine, mirrored: Place) -> None:
    written = _on_terminal(80, "mirrors", "delete", "Holiday", typed="n\n", code=130)
    assert f"End the mirror of Holiday to {mirrored.folder}? What it has put" in written
    assert "nothing was done" in written
    assert len(pentaprism.done("mirrors", "--json").json) == 1


def test_a_yes_is_taken_for_a_yes(pentaprism: CommandLine, mirrored: Place) -> None:
    assert mirrored.files()
    _on_terminal(80, "mirrors", "delete", "Holiday", typed="y\n")
    assert pentaprism.done("mirrors", "--json").json == []


def test_a_terminal_shows_a_bar_and_no_line_is_too_wide(place: Place) -> None:
    place.sandbox.library.rename_album(
        place.sandbox.library.album_named("Holiday").id, "A long name of an album " * 4
    )
    written = _on_terminal(60, "mirror", "A long name of an album " * 4, "--to", place.to)
    assert "12/12" in written
    assert "━" in written
    assert "\x1b[?25h" in written[written.rindex("\x1b[?25l") :], "the cursor is back"


def test_no_colour_is_shown_to_those_who_want_none(place: Place) -> None:
    written = _on_terminal(80, "albums", environ={"NO_COLOR": "1"})
    assert "Holiday" in written
    assert "\x1b[3" not in written


def test_ids_of_albums_stay_whole_on_a_narrow_terminal(place: Place) -> None:
    written = _on_terminal(60, "albums")
    for album in place.sandbox.library.albums.values():
        assert album.owner_id != place.sandbox.library.owner.id or album.id in written


def test_the_sandbox_says_in_one_line_that_it_is_ready(pentaprism: CommandLine) -> None:
    running = start(
        "sandbox", "immich", "--port", 0, "--assets", 3, "--seed", 5, "--json",
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdout is not None
    ready = json.loads(running.stdout.readline())
    assert set(ready) == {"url", "api_key", "albums"}
    albums = pentaprism.done(
        "albums", "--immich-url", ready["url"], "--api-key", ready["api_key"], "--json"
    ).json
    assert {album["name"]: album["assets"] for album in albums}["Holiday"] == 3
    assert ready["albums"][0]["name"] == "Holiday"
    running.send_signal(signal.SIGTERM)
    assert running.wait() == 0


def test_the_demo_shows_the_pages_with_a_mirror_at_work_and_leaves_other_things_alone(
    tmp_path: Path,
) -> None:
    earlier = tmp_path / ".demo"
    (earlier / "photos").mkdir(parents=True)
    (earlier / "pentaprism.db").write_bytes(b"of an earlier demo")
    (earlier / "photos" / "old.jpg").write_bytes(b"of an earlier demo")
    with subprocess.Popen(
        [*PROGRAM, "demo", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        (url,) = re.findall(r"Open (http://localhost:\d+) ", demo.stdout.readline())
        _until(lambda: "Holiday" in _page(url))
        _until(lambda: len(list((earlier / "photos").rglob("*.jpg"))) > 5)
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(15) == 0
    assert not (earlier / "photos" / "old.jpg").exists()
    assert not (tmp_path / "data").exists(), "the person's own database is not touched"


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_the_demo_keeps_off_a_folder_that_is_not_its_own(
    pentaprism: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "mine.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    refused = pentaprism("demo")
    assert refused.code == 3
    assert "is not from an earlier demo" in refused.err
    assert (tmp_path / ".demo" / "mine.txt").read_text() == "mine"


def test_help_loads_neither_the_store_nor_the_network() -> None:
    heavy = ["sqlalchemy", "aiohttp", "pydantic", "cryptography", "pentaprism.app"]
    code = (
        "import sys\nfrom pentaprism.cli import run\nrun(['--help'])\n"
        f"sys.exit([m for m in {heavy} if m in sys.modules] or 0)"
    )
    ended = subprocess.run([PROGRAM[0], "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "mirror" in ended.stdout


def test_a_terminal_without_utf_8_is_no_reason_to_fail(mirrored: Place) -> None:
    ended = subprocess.run(
        [*PROGRAM, "mirror", "Holiday", "--to", mirrored.to],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
    )  # fmt: skip
    assert b"Holiday ? " in ended.stdout


def test_a_new_key_is_good_enough_for_the_store(
    pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pentaprism.done("key", "generate").out.strip()
    assert key != pentaprism.done("key", "generate").out.strip()
    monkeypatch.setenv("APP_SECRET_KEY", key)
    assert "APP_SECRET_KEY is set" in pentaprism.done("doctor").out


def test_the_version_is_shown(pentaprism: CommandLine) -> None:
    assert pentaprism.done("--version").out.startswith("pentaprism ")


@pytest.mark.parametrize("command", [[], ["trash"], ["sandbox"], ["key"]])
def test_a_command_without_its_subcommand_shows_its_help(
    command: list[str], pentaprism: CommandLine
) -> None:
    assert "Usage: pentaprism" in pentaprism.done(*command).out
