"""``scan``: media folders indexed and grouped from the command line."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import CommandLine, start
from media_folders import PAIR, fill, put
from test_cli_reference import SECTIONS

from pentaprism.app import App
from pentaprism.cli.exits import Exit
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import load_settings
from pentaprism.store.library_records import FileGroup, Root

COUNTS = ("files", "folders", "added", "changed", "moved", "missing", "read", "problems")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with a picture, its edit, and a picture by itself."""
    return fill(tmp_path / "media", (*PAIR, "2024/IMG_7.jpg"))


def known() -> tuple[list[Root], dict[str, list[FileGroup]]]:
    """The roots that are saved, and the groups of each owner of one."""

    async def look() -> tuple[list[Root], dict[str, list[FileGroup]]]:
        async with App.open(load_settings()) as app:
            roots = await app.store.roots.list()
            pages = {
                owner: await app.store.file_groups.page(owner)
                for owner in {root.owner_id for root in roots}
            }
            return roots, {owner: list(page.groups) for owner, page in pages.items()}

    return asyncio.run(look())


@contextmanager
def held(root_id: str) -> Iterator[None]:
    """Hold the lock of a root, as a scan in another process does."""

    async def lock(taken: asyncio.Event, free: asyncio.Event) -> None:
        async with App.open(load_settings()) as app, app.store.locks.hold(f"root {root_id}"):
            taken.set()
            await free.wait()

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        taken, free = asyncio.Event(), asyncio.Event()
        holding = loop.create_task(lock(taken, free))
        runner.run(_wait(taken))
        yield
        free.set()
        runner.run(_end(holding))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _end(task: asyncio.Task[None]) -> None:
    await task


def test_a_folder_is_indexed_and_grouped_and_then_known(
    pentaprism: CommandLine, media: Path
) -> None:
    told = pentaprism.done("scan", media)
    assert f"✓ media ({media}): 3 files in 2 folders; 3 new, 0 changed" in told.out
    assert "Groups: 1 edit.\n" in told.out
    again = pentaprism.done("scan", "--json")
    assert again.err == ""
    (root,) = again.json["roots"]
    assert [root[name] for name in COUNTS] == [3, 2, 0, 0, 0, 0, 0, 0]
    assert (root["path"], root["state"], root["reason"]) == (str(media), "present", None)
    assert again.json["groups"] == {"edit": 1}
    fields = {*again.json, *root, "error"}
    assert [name for name in fields if f"`{name}`" not in SECTIONS["pentaprism scan"]] == []


def test_what_has_changed_is_counted(pentaprism: CommandLine, media: Path) -> None:
    pentaprism.done("scan", media)
    (media / "2024" / "IMG_7.jpg").rename(media / "moved.jpg")
    (media / PAIR[0]).unlink()
    put(media / PAIR[1], b"now something else")
    put(media / "new.jpg")
    (root,) = pentaprism.done("scan", "--json").json["roots"]
    assert [root[name] for name in COUNTS] == [3, 2, 1, 1, 1, 1, 2, 1]


def test_without_folders_there_is_nothing_to_scan(pentaprism: CommandLine) -> None:
    assert "pentaprism scan DIR" in pentaprism.done("scan").out
    assert pentaprism.done("scan", "--json").json == {"roots": [], "groups": {}}


def test_several_folders_and_parts_of_them_are_scanned_once(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    other = fill(tmp_path / "other", ["a.jpg"])
    told = pentaprism.done("scan", media / "2024", media, other, other, "--json").json
    assert [root["path"] for root in told["roots"]] == [str(media), str(other)]
    part = pentaprism.done("scan", media / "2024")
    assert f"{media / '2024'} is part of media, which is scanned whole." in part.err
    assert "other" not in part.out


@pytest.mark.parametrize("bad", ["nowhere", "file.jpg", "data"])
def test_a_folder_that_can_be_none_leaves_nothing_half_done(
    bad: str, pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    put(tmp_path / "file.jpg")
    pentaprism.done("roots")  # so that the folder of the database is there
    ended = pentaprism("scan", media, tmp_path / bad, "--json")
    assert (ended.code, ended.error) == (Exit.USAGE, "folder")
    assert known()[0] == []


def test_a_folder_above_one_that_is_indexed_is_refused(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    pentaprism.done("scan", media)
    ended = pentaprism("scan", tmp_path, "--json")
    assert (ended.code, ended.error) == (Exit.ACTION_REQUIRED, "roots_overlap")
    assert "pentaprism roots remove" in ended.json["error"]["hint"]


def test_a_folder_that_is_away_is_told_and_nothing_is_forgotten(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    pentaprism.done("scan", media)
    media.rename(tmp_path / "unplugged")
    ended = pentaprism("scan", media)
    assert ended.code == Exit.ACTION_REQUIRED
    assert "is away: The folder is not there. Nothing is forgotten." in ended.out
    assert "Groups: 1 edit." in ended.out
    assert pentaprism("scan", "--json").json["roots"][0]["state"] == "away"
    (tmp_path / "unplugged").rename(media)
    assert pentaprism.done("scan", "--json").json["roots"][0]["missing"] == 0


def test_the_first_files_with_a_problem_are_named(pentaprism: CommandLine, media: Path) -> None:
    for number in range(12):
        put(media / f"bad_{number:02}.jpg", b"no picture at all")
    (media / "nowhere.jpg").symlink_to(media / "gone.jpg")
    told = pentaprism.done("scan", media)
    assert "  ! bad_09.jpg: Its data is damaged" in told.out
    assert "bad_10.jpg" not in told.out
    assert "and 2 more: pentaprism roots problems" in told.out
    assert "nowhere.jpg: the link leads nowhere." in told.err


def test_folders_of_nobody_go_to_the_first_owner_with_their_groups(
    pentaprism: CommandLine, media: Path, sandbox: Sandbox
) -> None:
    pentaprism.done("scan", media)
    (root,), groups = known()
    assert (root.owner_id, len(groups["local"])) == ("local", 1)
    pentaprism.done("connect", sandbox.url, "--api-key", sandbox.api_key)
    assert pentaprism.done("scan", "--json").json["groups"] == {"edit": 1}
    (root,), groups = known()
    owner = sandbox.library.owner.id
    assert root.owner_id == owner
    assert [group.owner_id for group in groups[owner]] == [owner]


def test_a_scan_waits_for_its_turn_and_a_signal_ends_it_well(
    pentaprism: CommandLine, media: Path
) -> None:
    root = pentaprism.done("roots", "add", media, "--json").json["id"]
    master, slave = pty.openpty()
    size = {"COLUMNS": "80", "LINES": "40", "TERM": "xterm"}
    with held(root):
        running = start("scan", environ=size, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        written = b""
        while b"waiting for its turn" not in written:
            written += os.read(master, 65536)
        running.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(master, 65536):
                written += chunk
        except OSError:  # that is how a terminal ends
            pass
        assert running.wait() == Exit.CANCELLED
    os.close(master)
    assert b"The scan was stopped." in written
    assert pentaprism.done("scan", "--json").json["roots"][0]["added"] == 3
