"""Fills a small disk, named by the argument, and prints what became of the run. Not a test."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pictures import Bytes, make_part, one

from pentaprism.assets import Received
from pentaprism.destinations.base import Opening, RemoteAlbum, RemoteItem, Shot
from pentaprism.destinations.local_folder.destination import LocalFolder
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.errors import ActionRequiredError

ALBUM = RemoteAlbum("album", "Album")


class Greedy(Bytes):
    """Content during whose download another program fills the disk."""

    def __init__(self, data: bytes, hog: Path) -> None:
        super().__init__(data)
        self._hog = hog

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        allocate(len(self.data))
        with self._hog.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(65536)):
                pass
        return super().download_to(fd, lambda _: None)


def replacing(content: Bytes, item: RemoteItem) -> Shot:
    return Shot((make_part("a.jpg", content.data, replaces=item, content=content),))


async def failure(folder: LocalFolder, shot: Shot) -> str:
    try:
        await folder.stage(ALBUM, shot)
    except ActionRequiredError as error:
        return error.code
    return "staged"


async def main(disk: Path) -> None:
    root = disk / "photos"
    options = FolderOptions.model_validate({"path": root, "min_free": 0})
    folder = LocalFolder(options, Opening("m", "a", fresh=True))
    await folder.check()
    old = b"o" * 500_000
    staged = await folder.stage(ALBUM, one("a.jpg", old))
    (result,) = await folder.commit(ALBUM, [staged])
    # The first is refused by its size; the second fits when asked, and not when it is written.
    big = one("a.jpg", b"n" * 4_000_000, replaces=result.items[0])
    print(await failure(folder, big))
    hog = disk / "hog"
    print(await failure(folder, replacing(Greedy(b"n" * 900_000, hog), result.items[0])))
    hog.unlink()
    print("old-whole" if (root / "a.jpg").read_bytes() == old else "old-broken")
    print("tmp-full" if os.listdir(root / ".pentaprism/tmp") else "tmp-empty")
    await folder.close()


asyncio.run(main(Path(sys.argv[1])))
