"""Steps that tests of pages have in common: signing in, making mirrors and running them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from web_world import WebWorld, axe, sideways, troubles

from pentaprism.app import RunOptions
from pentaprism.definitions import define
from pentaprism.program import Program
from pentaprism.store.records import Mirror, Run, RunStatus


async def new_mirror(
    program: Program,
    album_name: str,
    path: Path | None = None,
    *,
    kind: str = "local_folder",
    **values: Any,
) -> Mirror:
    """Make a mirror of the connection's owner; ``path`` is the folder of one that has one."""
    connection = await program.app.store.connections.default()
    assert connection is not None
    person = await program.app.store.people.get(connection.owner_id)
    albums = (await program.albums.of(connection, fresh=True)).albums
    album = next(one for one in albums if one.name == album_name)
    definition = await define(
        program.app,
        person,
        connection=connection,
        album=album,
        kind=kind,
        values={"path": str(path)} | values if path else values,
    )
    return await definition.save()


def come_in(world: WebWorld, email: str = "admin@example.test", **options: Any) -> Page:
    """Return a page of somebody who has signed in."""
    page = world.person(**options)
    token = world.server.call(
        lambda p: p.door.with_password(
            email, "sandbox", server_url=None, address="127.0.0.1", user_agent="a test"
        )
    )
    page.context.add_cookies([{"name": "pentaprism_session", "value": token, "url": world.url}])
    return page


def begin(world: WebWorld, mirror: Mirror) -> Run:
    return world.server.call(lambda p: p.runner.start(mirror, RunOptions()))


def ended(world: WebWorld, mirror: Mirror) -> Run:
    """Run the mirror to its end, and return what is recorded."""
    run = begin(world, mirror)

    def record() -> Run:
        return world.server.call(lambda p: p.app.store.runs.get(run.id))

    wait_until(lambda: record().status is not RunStatus.RUNNING)
    return record()


def fine(page: Page) -> None:
    assert axe(page) == []
    assert troubles(page) == []
    assert sideways(page) == 0


def wait_until(true: Callable[[], bool]) -> None:
    """Return once ``true()`` is; fail after 20 s."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
