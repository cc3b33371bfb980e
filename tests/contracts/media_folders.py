"""Folders of small pictures for tests of the index: real files, a few bytes each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from pentaprism.program import Program
from pentaprism.store.library_records import Watching

LONG_AGO = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()
"""When all files were changed last, so that none seems to be still written."""


def jpeg(color: int = 0) -> bytes:
    """Return a picture of one colour."""
    data = BytesIO()
    Image.new("RGB", (8, 8), (color % 256, color // 256 % 256, 90)).save(data, "JPEG")
    return data.getvalue()


def put(path: Path, data: bytes | None = None, at: float = LONG_AGO) -> Path:
    """Write a file with its folders, by default a picture that no other path has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(sum(os.fsencode(path.name))) if data is None else data)
    os.utime(path, (at, at))
    return path


def fill(folder: Path, names: Iterable[str]) -> Path:
    """Write pictures with these names below ``folder``, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        put(folder / name)
    return folder


async def index(program: Program, owner_id: str, folder: Path) -> tuple[str, str]:
    """Have a folder with two files of one shot indexed; return the ids of root and group.

    It is not watched, so that nothing happens by itself.
    """
    fill(folder, (f"{folder.name} 1.jpg", f"{folder.name} 1-edited.jpg"))
    store = program.app.store
    root = await store.roots.add(owner_id, str(folder), folder.name, watching=Watching.OFF)
    await program.scans.start(root.id)
    await program.scans.ended(root.id)
    (group,) = (await store.file_groups.page(owner_id, source_id=root.id)).groups
    return root.id, group.id


PAIR = ("2024/IMG_1.jpg", "2024/IMG_1-edited.jpg")
"""Names of a picture and its edit, which are one shot."""
