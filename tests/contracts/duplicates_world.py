"""Folders and assets with planted duplicates, for whoever asks a running server about them."""

from __future__ import annotations

import asyncio
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api_world import ApiWorld, Caller
from media_folders import LONG_AGO
from planted import photo_like

from pentaprism.store.library_records import Watching

SIZE = (320, 240)


def picture(number: int, *, quality: int = 90, size: tuple[int, int] = SIZE) -> bytes:
    """Return a JPEG; another number is another picture, another quality the same one."""
    data = io.BytesIO()
    photo_like(number, SIZE).resize(size).save(data, "JPEG", quality=quality)
    return data.getvalue()


@dataclass(slots=True)
class Pictures:
    """A folder of somebody and their assets; ``assets`` are ids by the names of the files."""

    world: ApiWorld
    caller: Caller
    folder: Path
    assets: dict[str, str] = field(default_factory=dict)

    @property
    def owner_id(self) -> str:
        assert self.caller.person is not None
        return self.caller.person.id

    def put(self, path: str, data: bytes) -> None:
        """Write a file into the folder."""
        full = self.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data)
        os.utime(full, (LONG_AGO, LONG_AGO))

    def upload(self, name: str, data: bytes, **fields: Any) -> str:
        """Have an asset in Immich, and return its id."""
        made = self.world.world.make(name, data, owner_id=self.owner_id, **fields)
        self.assets[name] = made.id
        return made.id

    async def index(self) -> None:
        """Have folder and assets indexed."""
        app, scans = self.world.app, self.world.program.scans
        self.folder.mkdir(parents=True, exist_ok=True)
        roots = await app.store.roots.list(self.owner_id)
        root = next((one for one in roots if one.path == str(self.folder)), None)
        if root is None:
            root = await app.store.roots.add(
                self.owner_id, str(self.folder), self.folder.name, watching=Watching.OFF
            )
        await scans.start(root.id)
        last = await scans.ended(root.id)
        assert last is not None
        assert last.error is None
        await self.world.program.catalogues.look()

    async def search(self) -> Any:
        """Index, look for duplicates over HTTP, and return how that ended."""
        await self.index()
        begun = await self.caller.post("/api/duplicates/scan")
        assert begun.status == 202, begun.text
        async with asyncio.timeout(60):
            await self.world.program.duplicate_scans.ended(self.owner_id)
        return (await self.caller.get("/api/duplicates/scan")).body

    async def groups(self, **query: Any) -> dict[frozenset[str], Any]:
        """Return the groups by the paths of their members."""
        reply = await self.caller.get("/api/duplicates", **query)
        assert reply.status == 200, reply.text
        return {
            frozenset(member["path"] for member in group["members"]): group
            for group in reply.body["groups"]
        }

    async def group_of(self, *paths: str) -> Any:
        """Return the group that has just these members."""
        return (await self.groups())[frozenset(paths)]

    async def list(self) -> list[Any]:
        """Return all groups, page by page."""
        found: list[Any] = []
        query: dict[str, Any] = {"limit": 1}
        while True:
            page = (await self.caller.get("/api/duplicates", **query)).body
            found += page["groups"]
            if page["next"] is None:
                return found
            query["after"] = page["next"]


def shot_of(group: Any, path: str) -> int:
    """Return the number of the shot that a file of a group belongs to."""
    (shot,) = {member["shot"] for member in group["members"] if member["path"] == path}
    return int(shot)


def state_of(world: ApiWorld) -> dict[str, Any]:
    """Return what people see of the library: each asset, and what is in which album."""
    library = world.world.library
    assets = {
        id_: (
            asset.deleted is not None,
            asset.is_favorite,
            asset.description,
            asset.rating,
            frozenset(asset.tag_ids),
        )
        for id_, asset in library.assets.items()
    }
    albums = {album.name: frozenset(album.assets) for album in library.albums.values()}
    return {"assets": assets, "albums": albums}
