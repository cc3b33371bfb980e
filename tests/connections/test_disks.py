"""The disks that mirrors write to."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from running_house import House

from pentaprism.connections.disks import DiskHealth, Disks
from pentaprism.store.records import Mirror

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def mirror(place: str, *, kind: str = "local_folder", min_free: int = 0) -> Mirror:
    return Mirror(
        id=f"id of {place}",
        connection_id="c",
        album_id="a",
        album_name="A",
        kind=kind,
        place=place,
        options={"path": place, "min_free": min_free},
        paused=False,
        remote_album_id=None,
        remote_album_title=None,
        created_at=START,
    )


@dataclass(slots=True)
class Machine:
    """Disks by the folder they are mounted at: bytes free and in all, or an error number."""

    mounts: dict[str, tuple[int, int] | int]
    now: datetime = START
    looks: list[str] = field(default_factory=list)
    hold: threading.Event | None = None

    def number(self, path: str) -> int:
        mount = self._mount(path)
        if self.hold is not None and mount != "/":
            self.hold.wait(30)
        return sorted(self.mounts).index(mount)

    def measure(self, path: str) -> os.statvfs_result:
        self.looks.append(path)
        found = self.mounts[self._mount(path)]
        if isinstance(found, int):
            raise OSError(found, os.strerror(found))
        free, total = found
        return os.statvfs_result((1, 1, total, free, free, 0, 0, 0, 0, 255))

    def _mount(self, path: str) -> str:
        return max((one for one in self.mounts if path.startswith(one)), key=len)


def disks_of(house: House, machine: Machine, patience: float = 5) -> Disks:
    return Disks(
        house.app.store,
        lambda: machine.now,
        patience=patience,
        number=machine.number,
        measure=machine.measure,
    )


async def test_two_mirrors_on_one_disk_are_one_disk(house: House) -> None:
    machine = Machine({"/": (50, 100), "/srv": (4, 100)})
    mirrors = [
        mirror("/srv/mirror/a", min_free=2),
        mirror("/srv/mirror/b", min_free=3),
        mirror("/home/x"),
        mirror("account", kind="google_photos"),
    ]
    home, srv = await disks_of(house, machine).under(mirrors)
    assert (home.path, home.free, home.total, home.nearly_full) == ("/home/x", 50, 100, False)
    assert home.used_share == 0.5
    assert srv.path == "/srv/mirror"
    assert srv.places == ("/srv/mirror/a", "/srv/mirror/b")
    assert srv.mirror_ids == ("id of /srv/mirror/a", "id of /srv/mirror/b")
    assert srv.min_free == 3
    assert srv.nearly_full  # below a twentieth


async def test_the_space_that_a_mirror_leaves_counts(house: House) -> None:
    machine = Machine({"/": (50, 100)})
    (disk,) = await disks_of(house, machine).under([mirror("/a", min_free=51)])
    assert disk.nearly_full


async def test_a_look_is_kept_for_half_a_minute(house: House) -> None:
    machine = Machine({"/": (50, 100)})
    disks = disks_of(house, machine)
    for _ in range(3):
        await disks.under([mirror("/a")])
    assert len(machine.looks) == 1
    machine.now += timedelta(seconds=31)
    machine.mounts["/"] = (40, 100)
    (disk,) = await disks.under([mirror("/a")])
    assert disk.free == 40


async def test_a_disk_that_hangs_holds_nobody_up_twice(house: House) -> None:
    machine = Machine({"/": (50, 100), "/net": (70, 100)})
    disks = disks_of(house, machine, patience=0.2)
    both = [mirror("/a"), mirror("/net/b")]
    await disks.under(both)
    machine.hold = threading.Event()
    machine.now += timedelta(minutes=1)
    begun = asyncio.get_running_loop().time()
    _, hanging = await disks.under(both)
    assert hanging.problem == "The disk does not answer."
    assert (hanging.free, hanging.total) == (70, 100)  # as last known
    (_, again), threads = await disks.under(both), threading.active_count()
    await disks.under(both)
    assert again.problem is not None
    assert threading.active_count() <= threads
    assert asyncio.get_running_loop().time() - begun < 2
    machine.hold.set()
    machine.hold = None
    await asyncio.sleep(0.2)
    _, back = await disks.under(both)
    assert back.problem is None


async def test_a_disk_that_fails_is_told(house: House) -> None:
    machine = Machine({"/": (50, 100), "/usb": errno.EIO})
    (disk,) = await disks_of(house, machine).under([mirror("/usb/x")])
    assert disk.problem == "The disk could not be looked at: Input/output error."
    assert (disk.free, disk.used_share, disk.nearly_full) == (None, None, False)


async def test_a_folder_that_is_not_there_yet_is_on_the_disk_above(
    house: House, tmp_path: Path
) -> None:
    disks = Disks(house.app.store, lambda: START)
    (disk,) = await disks.under([mirror(str(tmp_path / "not" / "yet"))])
    assert disk.problem is None
    assert disk.total
    assert 0 <= (disk.used_share or 0) <= 1


async def test_the_disks_of_an_owner(house: House, tmp_path: Path) -> None:
    mirrors = house.app.store.mirrors
    await mirrors.create(
        connection_id=house.connection.id,
        album_id="a",
        album_name="A",
        kind="local_folder",
        place=str(tmp_path),
        options={"path": str(tmp_path)},
    )
    disks = Disks(house.app.store, house.app.clock)
    found: tuple[DiskHealth, ...] = await disks.of(house.connection.owner_id)
    assert [disk.path for disk in found] == [str(tmp_path)]
    assert await disks.of("somebody else") == ()
