"""Tries to open the mirror's folder that the argument names. Not a test."""

from __future__ import annotations

import asyncio
import re
import sys

from pentaprism.destinations.base import Opening
from pentaprism.destinations.local_folder.destination import LocalFolder
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.errors import ConflictError


async def main(path: str) -> None:
    options = FolderOptions.model_validate({"path": path})
    folder = LocalFolder(options, Opening("mirror-1", "album-1", fresh=False))
    try:
        await folder.check()
    except ConflictError as error:
        print(error.code, *re.findall(r"process (\d+)", error.message))
    await folder.close()


asyncio.run(main(sys.argv[1]))
