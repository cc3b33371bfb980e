"""Photographs every page, light and dark, wide and narrow, with mirrors in all states.

The pictures go to screenshots/, which git leaves alone; the dashboard's goes to docs/ as well.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import logging
import shutil
import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from media_folders import fill as fill_folder
from media_folders import put
from PIL import Image
from playwright.sync_api import Page
from web_steps import begin, come_in, ended, new_mirror, wait_until
from web_world import WebWorld, web_world

from pentaprism.definitions import define
from pentaprism.errors import PentaprismError
from pentaprism.groups.files import GroupType
from pentaprism.jobs.schedule import interval
from pentaprism.program import Program
from pentaprism.store.library_records import Root, Watching
from pentaprism.store.records import Mirror, Run, RunStatus

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "screenshots"
README_PICTURE = ROOT / "docs" / "dashboard.png"
MOST_BYTES = 200_000

WIDTHS = (1280, 390)
ALBUMS = {
    "Wedding of Ada and Grace": 200,
    "Garden through the year": 60,
    "Grandmother's attic, scanned": 24,
    "Kindergarten": 30,
    "Norway by train": 40,
    "Donaudampfschifffahrtsgesellschaftskapitänsmützensammlung-der-letzten-Jahrzehnte": 12,
}
"""Albums beside the largest one, with how many photos."""

ON_ONE_DAY = 170
"""Requests that Google takes: fewer than the largest album needs."""


@dataclass
class Made:
    """What was made to be looked at, by what is special about it."""

    running: Mirror
    waiting: Mirror
    failed: Mirror
    planned: Mirror
    run: str
    failed_run: str


@dataclass
class Indexed:
    """What was indexed to be looked at."""

    root: Root
    pair: str
    burst: str


def main() -> None:
    """Make the world, photograph it, and print where the pictures are."""
    logging.disable()  # what goes wrong here is meant to
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    (PICTURES / ".gitignore").write_text("*\n")
    with (
        tempfile.TemporaryDirectory(prefix="pentaprism-") as home,
        web_world(
            Path(home), assets=300, google={"consent": True}, runs_at_once=2, immich_connections=4
        ) as world,
    ):
        photograph_set_up(world)
        world.connect()
        photograph_first_steps(world)
        made = fill(world, Path(home) / "photos")
        picture_for_the_readme(world)
        photograph_pages(world, made, index(world, Path(home) / "media"))
    for picture in sorted(PICTURES.rglob("*.png")):
        print(picture.relative_to(ROOT))
    print(f"{README_PICTURE.relative_to(ROOT)}: {README_PICTURE.stat().st_size:,} bytes")


# What is looked at


def fill(world: WebWorld, photos: Path) -> Made:
    """Make mirrors in all states, with a past."""
    library = world.sandbox.library
    plain = list(library.album_named("Holiday").assets)
    first = 0
    for name, count in ALBUMS.items():
        library.add_album(name, plain[first : first + count])
        first = (first + count) % 120 + 180
    wedding, garden, attic, kindergarten, norway, _long = ALBUMS
    account = world.server.call(connect_google)

    def folder(album: str) -> Mirror:
        return world.server.call(lambda p: new_mirror(p, album, photos / album[:20]))

    # The first ones read all that they put; later ones may link the same files.
    spoilt = [world.sandbox.faults.add("flip", asset=id_) for id_ in album_of(world, garden)[3:6]]
    failed = folder(garden)
    failed_run = ended(world, failed).id
    for fault in spoilt:
        world.sandbox.faults.remove(fault)
    done = folder("Holiday")
    for mirror in (done, folder(norway)):
        ended(world, mirror)
        schedule(world, mirror)
    gone = folder(attic)
    ended(world, gone)
    shutil.rmtree(photos / attic[:20])
    with suppress(PentaprismError):
        begin(world, gone)
    paused = folder(kindergarten)
    ended(world, paused)
    world.server.call(lambda p: p.runner.pause(paused))
    world.google.settings.daily_requests = ON_ONE_DAY
    waiting = world.server.call(lambda p: to_google(p, "Holiday", account))
    begin(world, waiting)
    wait_until(lambda: state_of(world, waiting) is RunStatus.WAITING)
    planned = folder(_long)
    world.sandbox.faults.add("slow", route="original", seconds=3)
    running = folder(wedding)
    shutil.rmtree(photos / "Holiday")  # else its files would be linked, and nothing read
    run = begin(world, running).id
    give_a_past(world.home / "data.db", [done.id, failed.id, paused.id])
    time.sleep(6)
    return Made(running, waiting, failed, planned, run, failed_run)


def index(world: WebWorld, media: Path) -> Indexed:
    """Index folders: one that is there, with broken files in it, one that is away, a long one."""
    edits = [f"2026/05/IMG_{n:04}{end}.jpg" for n in range(30) for end in ("", "-edited")]
    bursts = [f"2026/07/{n:05}IMG_{n:05}_BURST20260709220904977.jpg" for n in range(5)]
    pairs = [f"2026/06/DSC_{n}.jpg" for n in range(20)]
    fill_folder(media / "Photos", [*edits, *bursts, *pairs])
    for name in pairs:
        put(media / "Photos" / name.replace(".jpg", ".CR2"), b"no picture")
    put(media / "Photos" / "scans" / "empty.jpg", b"")
    away = fill_folder(media / "Camera", ["IMG_1.jpg", "IMG_1-edited.jpg"])
    long = fill_folder(media / list(ALBUMS)[-1], ["IMG_1.jpg"])
    root = world.server.call(lambda p: scanned(p, media / "Photos", Watching.AUTO))
    world.server.call(lambda p: scanned(p, long, Watching.POLLING))
    gone = world.server.call(lambda p: scanned(p, away, Watching.OFF))
    shutil.rmtree(away)
    world.server.call(lambda p: scan(p, gone))
    world.server.call(lambda p: p.catalogues.look())

    def first(kind: GroupType) -> str:
        groups = world.server.call(
            lambda p: p.app.store.file_groups.page(root.owner_id, source_id=root.id, type=kind)
        )
        return groups.groups[0].id

    return Indexed(root, first(GroupType.RAW_JPEG), first(GroupType.BURST))


async def scanned(program: Program, folder: Path, watching: Watching) -> Root:
    """Add a folder of the owner's, and scan it."""
    owner_id = known(await program.app.store.connections.default()).owner_id
    roots = program.app.store.roots
    root = await roots.add(owner_id, str(folder), folder.name, watching=watching)
    await scan(program, root)
    return root


async def scan(program: Program, root: Root) -> None:
    """Scan a folder to the end."""
    await program.scans.start(root.id)
    await program.scans.ended(root.id)


def album_of(world: WebWorld, name: str) -> list[str]:
    """Return the assets of an album."""
    return list(world.sandbox.library.album_named(name).assets)


def state_of(world: WebWorld, mirror: Mirror) -> RunStatus:
    """Return how the last run of a mirror stands."""
    return last_run(world, mirror).status


def last_run(world: WebWorld, mirror: Mirror) -> Run:
    """Return the last run of a mirror."""
    return known(world.server.call(lambda p: p.app.store.runs.last(mirror.id)))


def schedule(world: WebWorld, mirror: Mirror) -> None:
    """Let a mirror run every six hours."""
    world.server.call(lambda p: p.clock.plan(mirror, interval(360)))


def known[T](value: T | None) -> T:
    """Return ``value``, which is there."""
    if value is None:
        raise RuntimeError("something that was made is not there")
    return value


async def connect_google(program: Program) -> str:
    """Connect the made-up Google account, whose consent page needs no click; return its id."""
    connection = known(await program.app.store.connections.default())
    owner = connection.owner_id
    started = await program.app.accounts.start(
        "http://localhost/auth/google/callback", removals=True, owner_id=owner
    )
    answer = await asyncio.to_thread(_redirect_of, started.authorize_url)
    account = await program.app.accounts.finish(answer, owner_id=owner)
    return account.id


def _redirect_of(url: str) -> str:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as asking:
        asking.request("GET", f"{parts.path}?{parts.query}")
        return asking.getresponse().headers["Location"] or ""


async def to_google(program: Program, album_name: str, account: str) -> Mirror:
    """Make a mirror of an album to Google Photos."""
    connection = known(await program.app.store.connections.default())
    person = await program.app.store.people.get(connection.owner_id)
    albums = (await program.albums.of(connection, fresh=True)).albums
    album = next(one for one in albums if one.name == album_name)
    definition = await define(
        program.app,
        person,
        connection=connection,
        album=album,
        kind="google_photos",
        values={"account": account},
    )
    return await definition.save()


def give_a_past(database: Path, mirrors: list[str]) -> None:
    """Record runs of the last 30 days."""
    now = time.time_ns() // 1000
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        for day in range(1, 31):
            for number, mirror in enumerate(mirrors):
                put = (day * 37 + number * 61) % 140 if (day + number) % 4 else 0
                failed = 3 if (day, number) in {(9, 1), (17, 1)} else 0
                began = now - (day * 24 - number * 3) * 3_600_000_000
                connection.execute(
                    "INSERT INTO runs (id, mirror_id, status, total, uploaded, skipped, failed,"
                    " removed, bytes, started_at, finished_at, started_by, expected)"
                    " VALUES (?, ?, 'OK', ?, ?, ?, ?, 0, ?, ?, ?, 'schedule', ?)",
                    [
                        str(uuid.uuid4()), mirror, 300, put, 300 - put - failed, failed,
                        put * 3_400_000, began, began + put * 400_000 + 9_000_000, 300,
                    ],
                )  # fmt: skip


# Photographing


def variants() -> list[tuple[str, bool, int]]:
    """Return how each page is looked at: a name, whether it is dark, and how wide."""
    return [
        (f"{'dark' if dark else 'light'}-{width}", dark, width)
        for dark in (False, True)
        for width in WIDTHS
    ]


def photograph_set_up(world: WebWorld) -> None:
    """Photograph what is there before the first connection."""
    for name, dark, width in variants():
        page = world.person(dark=dark, width=width)
        camera = Camera(page, name, world.home)
        camera.take("setup", "/setup")
        page.get_by_label("Set-up code").fill(world.code)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**/setup/immich")
        page.get_by_label("Server address").fill(world.sandbox.url)
        page.get_by_label("API key").fill(world.sandbox.library.add_key(["user.read"]).secret)
        page.get_by_role("button", name="Test").click()
        page.get_by_text("How to add them").wait_for()
        camera.keep("setup-immich")
        page.context.close()


def photograph_first_steps(world: WebWorld) -> None:
    """Photograph the steps up to the first mirror, which is not made."""
    walked = False
    for name, dark, width in variants():
        page = come_in(world, dark=dark, width=width)
        camera = Camera(page, name, world.home)
        camera.take("dashboard-empty", "/")
        camera.take("library-empty", "/library")
        camera.take("groups-empty", "/groups")
        camera.take("first-steps-albums", "/first-steps/albums?wait=1")
        if not walked:
            page.get_by_label("Holiday").check()
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("textbox", name="Folder").fill("/photos/mirrors")
            page.get_by_role("button", name="Use this folder").click()
            page.wait_for_url("**/first-steps/schedule")
            page.get_by_role("button", name="Continue").click()
            page.wait_for_url("**/first-steps/start")
            walked = True
        for step in ("destination", "schedule", "start"):
            camera.take(f"first-steps-{step}", f"/first-steps/{step}")
        page.context.close()


def photograph_pages(world: WebWorld, made: Made, indexed: Indexed) -> None:
    """Photograph all other pages."""
    planned, failed = f"/mirrors/{made.planned.id}", f"/mirrors/{made.failed.id}"
    world.server.call(lambda p: plan(p, made.planned))
    pages = {
        "dashboard": "/",
        "mirrors": "/mirrors",
        "mirrors-search": "/mirrors?q=nothing+like+it",
        "mirror-running": f"/mirrors/{made.running.id}",
        "mirror-failed": failed,
        "mirror-not-started": planned,
        "mirror-new": "/mirrors/new",
        "mirror-edit": f"{failed}/edit",
        "preview": f"{planned}/preview",
        "items": f"{failed}/items",
        "items-failed": f"{failed}/items?state=FAILED",
        "runs": "/runs",
        "run-live": f"/runs/{made.run}",
        "run-failed": f"/runs/{made.failed_run}",
        "run-waiting": f"/runs/{last_run(world, made.waiting).id}",
        "albums": "/albums",
        "accounts": "/accounts",
        "connections": "/connections",
        "library": "/library",
        "library-new": "/library/new",
        "library-edit": f"/library/{indexed.root.id}/edit",
        "library-problems": f"/library/{indexed.root.id}/problems",
        "groups": "/groups",
        "group": f"/groups/{indexed.pair}",
        "group-burst": f"/groups/{indexed.burst}",
        "stacks": "/stacks?plan=1",
        "settings": "/settings",
        "system": "/system",
        "not-found": "/mirrors/nothing",
    }
    for name, dark, width in variants():
        stranger = world.person(dark=dark, width=width)
        camera = Camera(stranger, name, world.home)
        camera.take("login", "/login")
        camera.take("login-key", "/login?way=key")
        stranger.context.close()
        page = come_in(world, dark=dark, width=width)
        camera = Camera(page, name, world.home)
        for shown, path in pages.items():
            camera.take(shown, path)
        page.context.close()


async def plan(program: Program, mirror: Mirror) -> None:
    """Plan a run of a mirror."""
    connection = await program.app.mirror_connection(mirror)
    program.plans.begin(mirror, connection.owner_id)


@dataclass
class Camera:
    """Photographs what a page shows, without the folder ``home`` in front of paths."""

    page: Page
    variant: str
    home: Path

    def take(self, name: str, path: str) -> None:
        """Photograph the page at ``path``."""
        self.page.goto(path)
        self.keep(name)

    def keep(self, name: str) -> None:
        """Photograph the page as it is."""
        folder = PICTURES / self.variant
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.png").write_bytes(self.picture())

    def picture(self) -> bytes:
        """Return a picture of the page, once its own pictures are there."""
        self.page.wait_for_timeout(400)
        self.page.evaluate(_EAGERLY)
        self.page.wait_for_function(_COMPLETE)
        self.page.evaluate(_WITHOUT, str(self.home))
        return self.page.screenshot(full_page=True)


_EAGERLY = "() => { for (const one of document.images) one.loading = 'eager'; }"
_COMPLETE = "() => [...document.images].every((one) => one.complete)"
_WITHOUT = """(home) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.data.includes(home)) text.data = text.data.replaceAll(home, "");
  }
}"""


def picture_for_the_readme(world: WebWorld) -> None:
    """Photograph the dashboard for the README, small enough to be kept."""
    camera = Camera(come_in(world, width=1280, height=900), "", world.home)
    camera.page.goto("/")
    picture = Image.open(io.BytesIO(camera.picture())).convert("RGB")
    for colours in (256, 128, 64):
        picture.quantize(colours).save(README_PICTURE, optimize=True)
        if README_PICTURE.stat().st_size <= MOST_BYTES:
            return
    sys.exit(f"{README_PICTURE} is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
