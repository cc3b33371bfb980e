"""kill -9 while real files are scanned for the first time, and while they are moved about.

What remains at the end is what a scan that nobody disturbed would have made: the index has the
files of the tree, and groups them as they are grouped without an index.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from http_world import free_port
from media_samples import clip, cr3, exif_block, jpeg
from scan_world import tree
from web_world import KEY

CAMERA = {"Exif.Image.Make": "Canon", "Exif.Image.Model": "EOS R5"}
SHOTS = 150


def taken(number: int) -> dict[str, str]:
    minutes, seconds = divmod(number * 5, 60)
    at = f"2021:07:04 {12 + minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return {"Exif.Photo.DateTimeOriginal": at}


def fill(top: Path) -> None:
    """Write shots: pictures, some with a RAW file, a video or a sidecar, some of them damaged."""
    video = clip("mov")
    for number in range(SHOTS):
        shot = top / f"{number // 50}" / f"IMG_{number:04}"
        shot.parent.mkdir(parents=True, exist_ok=True)
        picture = jpeg(CAMERA | taken(number))
        shot.with_suffix(".JPG").write_bytes(picture if number % 25 else picture[:40])
        if number % 3 == 0:
            raw = cr3(exif_block(CAMERA), exif_block(taken(number)))
            shot.with_suffix(".CR3").write_bytes(raw)
        elif number % 3 == 1:
            shot.with_suffix(".MOV").write_bytes(video)
        if number % 10 == 0:
            shot.with_suffix(".xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")


@dataclass(frozen=True)
class Index:
    """A folder, a database, and the program as processes."""

    home: Path

    @property
    def top(self) -> Path:
        return self.home / "media"

    def start(self, *arguments: str, capture: bool = False) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "APP_SECRET_KEY": KEY,
            "DATABASE_PATH": str(self.home / "data.db"),
        }
        with (self.home / "log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "pentaprism", *arguments],
                env=environment,
                stdout=subprocess.PIPE if capture else log,
                stderr=log,
                text=True,
            )

    def run(self, *arguments: str) -> str:
        process = self.start(*arguments, capture=True)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, self.log
        return output

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "data.db")) as database:
            return database.execute(query).fetchall()

    def count(self) -> tuple[int, int]:
        """Return how many files are in the index, and how many of them were read."""
        with suppress(sqlite3.OperationalError):
            ((files, read),) = self.ask(
                "SELECT count(*), coalesce(sum(read_version > 0), 0) FROM library_files"
            )
            return files, read
        return 0, 0

    def files(self) -> dict[str, tuple[int, int, int]]:
        rows = self.ask(
            "SELECT folder, name, size, mtime_ns, inode FROM library_files WHERE missing_at IS NULL"
        )
        return {f"{folder}/{name}" if folder else name: tuple(rest) for folder, name, *rest in rows}

    def groups(self, *arguments: str) -> set[tuple[str, str, tuple[str, ...]]]:
        found = json.loads(self.run("groups", *arguments, "--json"))["groups"]
        start = f"{self.top}/"
        return {
            (
                one["type"],
                one["primary"].removeprefix(start),
                tuple(sorted(path.removeprefix(start) for path in one["members"])),
            )
            for one in found
        }


def disturb(top: Path, choose: random.Random) -> None:
    """Rename, move, delete or add one file, or rename a folder."""
    folder = choose.choice(sorted(top.iterdir()))
    file = choose.choice(sorted(folder.iterdir()))
    what = choose.random()
    if what < 0.3:
        file.rename(file.with_name(file.name.replace("IMG", "DSC")))
    elif what < 0.6:
        other = choose.choice(sorted(top.iterdir())) / file.name
        if not other.exists():
            file.rename(other)
    elif what < 0.75:
        file.unlink()
    elif what < 0.85:
        folder.rename(folder.with_name(f"{folder.name}x"))
    else:
        shutil.copy(file, folder / f"copy {file.name}")


def wait_and_disturb(
    index: Index, process: subprocess.Popen[str], read: int, choose: random.Random
) -> bool:
    """Disturb until so many files are read, then kill; False if there was nothing to kill."""
    deadline = time.monotonic() + 60
    while index.count()[1] < read and process.poll() is None:
        assert time.monotonic() < deadline, index.log
        disturb(index.top, choose)
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    return process.wait() != 0


def test_a_scan_of_real_files_that_is_killed_ends_with_the_tree(tmp_path: Path) -> None:
    scan_and_kill(tmp_path, "serve", seed=7, kills=(1, 100))


@pytest.mark.soak
@pytest.mark.parametrize("how", ["scan", "serve"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_scan_that_is_killed_many_times(tmp_path: Path, how: str, seed: int) -> None:
    scan_and_kill(tmp_path, how, seed=seed, kills=(*range(1, 200, 20), *range(1, 200, 20)))


def scan_and_kill(home: Path, how: str, *, seed: int, kills: Sequence[int]) -> None:
    """Kill a scan each time that so many files are read, and compare what comes of it."""
    index = Index(home)
    fill(index.top)
    choose = random.Random(seed)
    index.run("roots", "add", str(index.top))
    killed = 0
    for read in kills:
        command = ["scan", str(index.top)]
        if how == "serve":
            command = ["serve", "--gateway-port", "off", "--port", str(free_port())]
        killed += wait_and_disturb(index, index.start(*command), read, choose)
        assert index.ask("PRAGMA integrity_check") == [("ok",)]
    assert killed
    done = json.loads(index.run("scan", str(index.top), "--json"))["roots"][0]
    assert done["state"] == "present"
    assert index.files() == tree(index.top)
    assert index.ask("SELECT count(*) FROM library_files WHERE NOT grouped") == [(0,)]
    groups = index.groups()
    assert groups == index.groups(str(index.top))
    assert len(groups) > SHOTS // 5
    assert "Traceback" not in index.log
    # What is damaged stays named, and is not read again.
    again = json.loads(index.run("scan", str(index.top), "--json"))["roots"][0]
    assert (again["read"], again["added"], again["changed"]) == (0, 0, 0)
    assert index.ask("SELECT count(*) > 0 FROM library_files WHERE problem IS NOT NULL") == [(1,)]
