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
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from media_folders import LONG_AGO
from planted import photo_like

from pentaprism.app import App
from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.library.progress import ScanProgress
from pentaprism.settings import Settings
from pentaprism.store.library_records import Watching

OWNER = "somebody"
ORIGINALS, COPIES = 120, 40

_SEARCH = """
import asyncio, sys
from pathlib import Path
from pentaprism.app import App
from pentaprism.settings import Settings

async def main():
    async with App.open(Settings(database_path=Path(sys.argv[1]))) as app:
        await app.duplicates.scan("somebody")

asyncio.run(main())
"""


def fill(top: Path) -> None:
    """Write pictures, half of them with a copy, byte by byte."""
    (top / "copies").mkdir(parents=True)
    for number in range(ORIGINALS):
        path = top / f"{number:04}.jpg"
        photo_like(number, (64, 48)).save(path, quality=80)
        if number < COPIES:
            shutil.copy(path, top / "copies" / f"again {number:04}.jpg")
    for path in top.rglob("*.jpg"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0])


HASHED = "SELECT count(*) FROM library_files WHERE sha256 IS NOT NULL"
MADE = "SELECT count(*) FROM fingerprints"
SEARCHED = "SELECT count(*) FROM fingerprints WHERE searched"


def search_and_kill(database: Path, enough: Callable[[], bool]) -> bool:
    """Search in another process until ``enough``; return whether it had to be killed."""
    process = subprocess.Popen([sys.executable, "-c", _SEARCH, str(database)])
    deadline = time.monotonic() + 90
    while process.poll() is None and not enough():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    return process.wait() != 0


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


def test_what_is_written_down_before_a_kill_is_not_made_again(tmp_path: Path) -> None:
    top, database = tmp_path / "photos", tmp_path / "data.db"
    fill(top)
    asyncio.run(index(database, top))
    killed = 0
    hashed = made = 0
    for query, least in ((HASHED, 1), (MADE, 1)):
        killed += search_and_kill(database, lambda q=query, n=least: count(database, q) >= n)  # type: ignore[misc]
        assert count(database, "SELECT count(*) FROM pragma_integrity_check") == 1
        # Nothing of what was there is gone.
        assert count(database, HASHED) >= hashed
        assert count(database, MADE) >= made
        hashed, made = count(database, HASHED), count(database, MADE)
    assert killed
    done, groups = asyncio.run(search(database))
    # What the last one did, and what the others had written down, is each file once.
    assert count(database, HASHED) == hashed + done.hashed
    assert made + done.fingerprinted == ORIGINALS + COPIES == count(database, MADE)
    assert count(database, SEARCHED) == ORIGINALS + COPIES
    assert groups >= {frozenset({f"{n:04}.jpg", f"copies/again {n:04}.jpg"}) for n in range(COPIES)}
    again, same = asyncio.run(search(database))
    assert (again.hashed, again.fingerprinted, again.pairs) == (0, 0, 0)
    assert same == groups
