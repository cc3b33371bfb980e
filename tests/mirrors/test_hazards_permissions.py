"""Files that may not be written: told one by one, and nothing is removed in such a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mirror_world import World, trashed, tree

from pentaprism.errors import ActionRequiredError
from pentaprism.store.records import RunStatus


@pytest.fixture(autouse=True)
def permissions_count(tmp_path: Path) -> None:
    """Skip where this process may write everywhere, as root usually may."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this process may write everywhere")


async def test_a_file_without_permission_fails_alone_and_nothing_is_removed(world: World) -> None:
    gone = world.add("gone.jpg", taken=1_500_000_000_000)
    world.add("2020.jpg", taken=1_600_000_000_000)
    await world.run(template="{year}/{filename}", removals="trash")
    world.library.remove_from_album(world.album.id, [gone])
    world.add("new.jpg", taken=1_600_000_000_000)
    world.add("other.jpg", taken=1_650_000_000_000)
    closed = world.folder / "2020"
    closed.chmod(0o500)
    try:
        done = await world.run()
    finally:
        closed.chmod(0o700)
    assert done.status is RunStatus.FAILED
    assert done.stopped is None
    assert (done.counters.uploaded, done.counters.failed, done.counters.removed) == (1, 1, 0)
    (event,) = done.of("failed")
    assert (event.filename, event.details["code"]) == ("new.jpg", "no_permission")
    assert done.hold == "no_permission"
    assert trashed(world.folder) == []

    done = await world.run()
    assert (done.status, done.counters.removed) == (RunStatus.OK, 1)
    assert set(tree(world.folder)) == {"2020/2020.jpg", "2020/new.jpg", "2022/other.jpg"}


async def test_a_folder_without_permission_is_told(world: World) -> None:
    world.add("a.jpg")
    await world.run()
    world.folder.chmod(0o500)
    try:
        with pytest.raises(ActionRequiredError) as caught:
            await world.run()
    finally:
        world.folder.chmod(0o700)
    assert caught.value.code == "no_permission"
    assert list(tree(world.folder)) == ["a.jpg"]
