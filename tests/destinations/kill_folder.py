"""Writes to a mirror's folder, named by the argument, until it is killed. Not a test.

Every file is `whole_bytes` of its name and version, so that an onlooker can tell a half-written
one. ``same.bin`` is replaced over and over.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Callable

from pictures import Bytes, make_part, sha1

from pentaprism.assets import Received, Role
from pentaprism.destinations.base import Opening, Part, RemoteAlbum, RemoteItem, Shot
from pentaprism.destinations.local_folder.destination import LocalFolder
from pentaprism.destinations.local_folder.options import FolderOptions

SIZE = 200_000
HALVES = (("heic", Role.PRIMARY), ("mov", Role.VIDEO))
ALBUM = RemoteAlbum("album", "Album")


def whole_bytes(name: str, version: str) -> bytes:
    """Return what a file holds; its first line is the version."""
    line = f"{version}\n{name}\n".encode()
    return (line * (SIZE // len(line) + 1))[:SIZE]


class Slow(Bytes):
    """Content that comes in pieces, with time to be killed between them."""

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        allocate(len(self.data))
        for start in range(0, len(self.data), 50_000):
            os.write(fd, self.data[start : start + 50_000])
            time.sleep(0.001)
        return Received(len(self.data), sha1(self.data), verified=True)


async def main(path: str, run: str) -> None:
    options = FolderOptions.model_validate({"path": path})
    folder = LocalFolder(options, Opening("mirror-1", "album-1", fresh=True))
    await folder.check()
    print("ready", flush=True)
    for number in itertools.count():
        same = [item async for item in folder.list(ALBUM) if item.id == "same.bin"]
        shots = [live_shot(f"{run}/{number}-{n}") for n in range(3)]
        shots.append(replacing_shot(f"{run}.{number}", same[0] if same else None))
        staged = await asyncio.gather(*(folder.stage(ALBUM, shot) for shot in shots))
        for result in await folder.commit(ALBUM, staged):
            if result.error is not None:
                raise result.error


def live_shot(stem: str) -> Shot:
    return Shot(tuple(slow_part(f"{stem}.{ext}", role) for ext, role in HALVES))


def replacing_shot(version: str, old: RemoteItem | None) -> Shot:
    data = whole_bytes("same.bin", version)
    return Shot((make_part("same.bin", data, content=Slow(data), replaces=old),))


def slow_part(name: str, role: Role) -> Part:
    data = whole_bytes(name, "1")
    return make_part(name, data, role=role, content=Slow(data))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
