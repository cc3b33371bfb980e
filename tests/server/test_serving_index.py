"""The index in a whole server: watched while it runs, brought up to date when it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from http_world import House, house
from media_folders import PAIR, fill, put

from pentaprism.program import Program
from pentaprism.store.library_records import Root

OWNER = "somebody"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "home") as made:
        yield made


def add(home: House, folder: Path) -> Root:
    async def work(program: Program) -> Root:
        root = await program.app.store.roots.add(OWNER, str(folder), folder.name)
        await program.scans.start(root.id)
        program.watchers.wake()
        return root

    return home.server.call(work)


def root_now(home: House, root_id: str) -> Root:
    async def work(program: Program) -> Root:
        return await program.app.store.roots.get(root_id)

    return home.server.call(work)


def shots(home: House) -> set[str]:
    """Return the folders of the groups."""

    async def work(program: Program) -> set[str]:
        page = await program.app.store.file_groups.page(OWNER)
        return {group.folder for group in page.groups}

    return home.server.call(work)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not done():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


def restart(home: House, meanwhile: Callable[[], None] = lambda: None) -> float:
    """Stop the server and start it again; return how long the stop took, in seconds."""
    began = time.monotonic()
    home.server.stop()
    took = time.monotonic() - began
    meanwhile()
    home.server = type(home.server)(home.server.settings)
    home.server.start()
    return took


def pair(folder: Path, name: str) -> None:
    for one in PAIR:
        put(folder / name / Path(one).name)


def test_what_happens_while_nobody_watches_is_found(home: House, tmp_path: Path) -> None:
    photos = fill(tmp_path / "photos", PAIR)
    add(home, photos)
    until(lambda: shots(home) == {"2024"})
    pair(photos, "while it runs")
    until(lambda: shots(home) == {"2024", "while it runs"})
    restart(home, lambda: pair(photos, "while it was off"))
    until(lambda: shots(home) == {"2024", "while it runs", "while it was off"})
    pair(photos, "afterwards")
    until(lambda: "afterwards" in shots(home))


def test_a_stop_waits_for_no_scan_and_loses_none(home: House, tmp_path: Path) -> None:
    photos = fill(tmp_path / "photos", [f"{n % 40}/{n}.jpg" for n in range(3000)])
    root = add(home, photos)

    async def under_way(program: Program) -> bool:
        live = program.scans.progress(root.id)
        return live is not None and live.progress.read > 0

    until(lambda: home.server.call(under_way))
    assert restart(home) < 8
    assert root_now(home, root.id).scanned_at is None
    until(lambda: root_now(home, root.id).scanned_at is not None)

    async def unread(program: Program) -> int:
        await asyncio.sleep(0)
        files = await program.app.store.library_files.files(root.id, limit=5000)
        assert len(files) == 3000
        return sum(file.read_version == 0 for file in files)

    assert home.server.call(unread) == 0
