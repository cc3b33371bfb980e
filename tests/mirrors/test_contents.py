"""What is in the files: verified, repaired, shared between mirrors, edited in Immich."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from mirror_world import World, damage, edit, tree

from pentaprism.store.records import RunStatus


async def test_verify_finds_and_repair_mends(world: World) -> None:
    for name in ("whole", "short", "empty", "rotten", "missing", "edited", "touched"):
        world.add(f"{name}.jpg", f"{name}: true bytes".encode())
    world.add_external("external.jpg")
    world.add_live("live.heic", "live.mov")
    await world.run(sidecars=True)
    was = tree(world.folder)
    damage(world.folder / "short.jpg", b"short")
    damage(world.folder / "empty.jpg", b"")
    damage(world.folder / "rotten.jpg", b"rotten: true bytez")
    (world.folder / "missing.jpg").unlink()
    (world.folder / "live.mov").unlink()
    edit(world.folder / "edited.jpg", b"a person's work")
    os.utime(world.folder / "touched.jpg", (0, 0))
    assert {name: how for name, how in (await world.verify()).items() if name[-4:] != ".xmp"} == {
        "whole.jpg": "verified",
        "touched.jpg": "verified",
        "live.heic": "verified",
        "external.jpg": "external, size only",
        "edited.jpg": "edited here, kept",
        "short.jpg": "damaged",
        "empty.jpg": "damaged",
        "rotten.jpg": "damaged",
        "missing.jpg": "missing",
        "live.mov": "missing",
    }
    done = await world.run_again(thorough=True)
    assert done.originals == 5
    assert len(done.of("repaired")) == 5
    assert tree(world.folder) == {**was, "edited.jpg": b"a person's work"}
    standings = set((await world.verify()).values())
    assert standings == {"verified", "external, size only", "edited here, kept"}


async def test_bit_rot_is_not_looked_for_in_a_plain_run(world: World) -> None:
    world.add("a.jpg", b"true bytes")
    await world.run()
    damage(world.folder / "a.jpg", b"true bytez")
    done = await world.run()
    assert (done.originals, done.codes) == (0, [])


async def test_repair_fetches_also_what_is_left_out_otherwise(world: World) -> None:
    world.add("a.jpg")
    await world.run(missing="leave")
    (world.folder / "a.jpg").unlink()
    left = await world.run()
    assert left.of("skipped")[0].details["why"] == "left_out"
    assert (await world.run_again(thorough=True)).codes == ["repaired"]


async def test_a_live_photo_is_shared_as_two_hard_links(world: World) -> None:
    still, _ = world.add_live("IMG.heic", "IMG.mov")
    other = world.library.add_album("Other", [still])
    await world.run()
    done = await world.run(world.home / "other", album=other)
    assert (done.originals, done.codes, done.counters.bytes) == (0, ["linked"], 0)
    for name in ("IMG.heic", "IMG.mov"):
        assert (world.home / "other" / name).stat().st_ino == (world.folder / name).stat().st_ino


async def test_hard_links_can_be_switched_off(world: World) -> None:
    other = world.library.add_album("Other", [world.add("a.jpg")])
    await world.run()
    done = await world.run(world.home / "other", album=other, hard_links=False)
    assert done.originals == 1
    assert not (world.home / "other/a.jpg").samefile(world.folder / "a.jpg")


async def test_an_external_asset_is_never_a_twin(world: World) -> None:
    other = world.library.add_album("Other", [world.add_external("a.jpg")])
    await world.run()
    done = await world.run(world.home / "other", album=other)
    assert done.originals == 1


async def test_replacing_a_shared_file_leaves_the_other_mirrors_copy(world: World) -> None:
    asset = world.add("a.jpg", b"old")
    other = world.library.add_album("Other", [asset])
    await world.run()
    await world.run(world.home / "other", album=other)
    world.library.replace(asset, b"brand new")
    await world.run()
    assert (world.folder / "a.jpg").read_bytes() == b"brand new"
    assert (world.home / "other/a.jpg").read_bytes() == b"old"


async def test_edits_made_in_immich_are_taken_when_they_are_wanted(world: World) -> None:
    asset = world.add("a.jpg", b"untouched")
    world.library.edit(asset, b"cropped")
    await world.run()
    assert tree(world.folder) == {"a.jpg": b"untouched"}
    done = await world.run(edited=True)
    assert tree(world.folder) == {"a.jpg": b"cropped"}
    assert done.codes == ["replaced"]
    assert (await world.run()).codes == []
    assert await world.verify() == {"a.jpg": "external, size only"}
    world.library.edit(asset, None)
    assert (await world.run()).codes == ["replaced"]
    assert tree(world.folder) == {"a.jpg": b"untouched"}


async def test_an_edit_is_never_linked_to_the_untouched_picture(world: World) -> None:
    asset = world.add("a.jpg", b"untouched")
    other = world.library.add_album("Other", [asset])
    world.library.edit(asset, b"cropped")
    await world.run()
    await world.run(world.home / "other", album=other, edited=True)
    assert (world.home / "other/a.jpg").read_bytes() == b"cropped"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or unmount is None:
        pytest.skip("only root may mount a small disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield disk
    subprocess.run([unmount, disk], check=True)


async def test_a_disk_that_fills_up_stops_the_run_and_keeps_the_folder_whole(
    world: World, small_disk: Path
) -> None:
    ids = [world.add(f"{n}.jpg", bytes([n]) * 150_000) for n in range(12)]
    folder = small_disk / "photos"
    done = await world.run(folder, min_free=0)
    assert done.status is RunStatus.FAILED
    assert done.stopped is not None
    assert done.stopped.code == "disk_full"
    assert done.stopped.hint
    whole = {f"{n}.jpg": world.content(id_) for n, id_ in enumerate(ids)}
    assert tree(folder).items() <= whole.items()
    assert 0 < done.counters.uploaded == len(tree(folder)) < 12
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    assert (await world.run(folder)).status is RunStatus.OK
    assert tree(folder) == whole
