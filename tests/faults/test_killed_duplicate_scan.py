"""A search for duplicates that is killed goes on: at most the batch at work is made again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest
from media_folders import LONG_AGO
from planted import photo_like

from pentaprism.app import App
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.library.progress import ScanProgress
from pentaprism.settings import Settings
from pentaprism.store.library_records import Watching

OWNER = "somebody"

_SEARCHES = """
import asyncio, os, sys
from pathlib import Path
from pentaprism.app import App
from pentaprism.duplicates import grouping, scan
from pentaprism.settings import Settings

async def main():
    async with App.open(Settings(database_path=Path(sys.argv[1]))) as app:
        await app.duplicates.scan("somebody")

for _ in sys.stdin:
    pid = os.fork()
    if not pid:
        asyncio.run(main())
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def fill(top: Path, originals: int, copies: int) -> None:
    """Write pictures, the first of them with a copy, byte by byte."""
    (top / "copies").mkdir(parents=True)
    for number in range(originals):
        path = top / f"{number:04}.jpg"
        photo_like(number, (64, 48)).save(path, quality=80)
        if number < copies:
            shutil.copy(path, top / "copies" / f"again {number:04}.jpg")
    for path in top.rglob("*.jpg"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0])


HASHED = "SELECT count(*) FROM library_files WHERE sha256 IS NOT NULL"
MADE = "SELECT count(*) FROM fingerprints"
SEARCHED = "SELECT count(*) FROM fingerprints WHERE searched"


class Searches:
    """Processes that search, one after the other, each a copy of one that has loaded all."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-c", _SEARCHES, str(database)]
        pipe = subprocess.PIPE
        self._loaded = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def kill_after(self, enough: Callable[[], bool]) -> bool:
        """Search in another process until ``enough``; return whether it had to be killed."""
        assert self._loaded.stdin is not None
        assert self._loaded.stdout is not None
        print("search", file=self._loaded.stdin, flush=True)
        pid = int(self._loaded.stdout.readline())
        deadline = time.monotonic() + 90
        while Path(f"/proc/{pid}").exists() and not enough():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return int(self._loaded.stdout.readline()) == -signal.SIGKILL

    def close(self) -> None:
        self._loaded.communicate(timeout=30)


async def search(database: Path) -> tuple[DuplicateProgress, set[frozenset[str]]]:
    async with App.open(Settings(database_path=database)) as app:
        done = await app.duplicates.scan(OWNER)
        page = await app.store.duplicates.page(OWNER, limit=1000)
        members = await app.store.duplicates.members([group.id for group in page.groups])
        return done, {frozenset(one.path for one in each) for each in members.values()}


async def index(database: Path, top: Path) -> None:
    async with App.open(Settings(database_path=database)) as app:
        root = await app.store.roots.add(OWNER, str(top), "photos", watching=Watching.OFF)
        await app.indexing.scan(root, ScanProgress())


def kill_again_and_again(
    folder: Path, originals: int, copies: int, kills: Mapping[str, int]
) -> int:
    """Kill searches, so many with each query, and compare what is left; return the kills."""
    top, database = folder / "photos", folder / "data.db"
    fill(top, originals, copies)
    asyncio.run(index(database, top))
    killed = 0
    hashed = made = 0
    searches = Searches(database)
    for query, times in kills.items():
        for _ in range(times):
            least = count(database, query) + 1
            killed += searches.kill_after(lambda q=query, n=least: count(database, q) >= n)  # type: ignore[misc]
            assert count(database, "SELECT count(*) FROM pragma_integrity_check") == 1
            # Nothing of what was there is gone.
            assert count(database, HASHED) >= hashed
            assert count(database, MADE) >= made
            hashed, made = count(database, HASHED), count(database, MADE)
    searches.close()
    done, groups = asyncio.run(search(database))
    # What the last one did, and what the others had written down, is each file once.
    assert count(database, HASHED) == hashed + done.hashed
    assert made + done.fingerprinted == originals + copies == count(database, MADE)
    assert count(database, SEARCHED) == originals + copies
    assert groups >= {frozenset({f"{n:04}.jpg", f"copies/again {n:04}.jpg"}) for n in range(copies)}
    again, same = asyncio.run(search(database))
    assert (again.hashed, again.fingerprinted, again.pairs) == (0, 0, 0)
    assert same == groups
    return killed


def test_what_is_written_down_before_a_kill_is_not_made_again(tmp_path: Path) -> None:
    # More than a batch of each: 32 files are hashed at once, of 64 fingerprints are made.
    assert kill_again_and_again(tmp_path, 40, 34, {HASHED: 1, MADE: 1})


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_kills_lose_no_more_than_few(tmp_path: Path) -> None:
    kills = kill_again_and_again(tmp_path, 1500, 700, {HASHED: 20, MADE: 20})
    print(f"{kills} searches were killed")
    assert kills >= 30
