"""An Immich with duplicates, all of it indexed, and what is seen of it from outside."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mirror_world import World

from pentaprism.app import App
from pentaprism.jobs.resolutions import Resolutions
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.store.duplicate_records import DuplicateGroup
from pentaprism.store.records import Connection

_PASSING = ("updatedAt",)


@dataclass(slots=True)
class Duplicated:
    """An open program whose index has found the duplicates."""

    world: World
    app: App
    connection: Connection
    resolutions: Resolutions

    @property
    def owner_id(self) -> str:
        return self.connection.owner_id

    async def search(self) -> list[DuplicateGroup]:
        """Look for duplicates, and return the groups, in the order of their keepers' names."""
        await self.app.duplicates.scan(self.owner_id)
        return await self.groups()

    async def groups(self) -> list[DuplicateGroup]:
        return list((await self.app.store.duplicates.page(self.owner_id)).groups)

    async def names(self, group: DuplicateGroup) -> dict[str, int]:
        """The shots of a group by the names of their first files."""
        members = (await self.app.store.duplicates.members([group.id]))[group.id]
        return {member.path.rpartition("/")[2]: member.shot for member in members}

    def trashed(self) -> set[str]:
        """The names of what is in Immich's trash."""
        return {a.filename for a in self.world.library.assets.values() if a.deleted}

    def named(self, name: str) -> Asset:
        assets = self.world.library.assets.values()
        return next(asset for asset in assets if asset.filename == name)

    def seen(self) -> dict[str, Any]:
        """All that Immich tells of each asset and each album, but when it was touched last."""
        library = self.world.library
        states = {
            id_: self._get(f"assets/{id_}")
            for id_, asset in library.assets.items()
            if asset.owner_id == library.owner.id
        }
        for state in states.values():
            for name in _PASSING:
                state.pop(name)
            state["tags"] = sorted(tag["value"] for tag in state.get("tags", ()))
        covers = {album["id"]: album["albumThumbnailAssetId"] for album in self._get("albums")}
        albums = {
            album.name: (sorted(album.assets), covers.get(album.id))
            for album in library.albums.values()
        }
        return {"assets": states, "albums": albums}

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(f"{self.world.sandbox.url}/api/{path}")
        request.add_header("x-api-key", self.world.sandbox.api_key)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())


def upload_all(world: World) -> None:
    """Take the copies that are in an external library out of it: all of them were uploaded."""
    for asset in list(world.library.assets.values()):
        if asset.library_id is not None:
            asset.library_id, asset.path = None, f"/data/upload/{asset.id}.jpg"
            world.library.touch(asset.id)


@asynccontextmanager
async def duplicated(world: World) -> AsyncIterator[Duplicated]:
    """Open the program on the world's database, with its assets indexed."""
    async with world.app() as (app, connection):
        resolutions = Resolutions(app, regroup_every=1)
        try:
            async with app.immich(connection) as client:
                await app.indexing.catalogue(connection, client)
            yield Duplicated(world, app, connection, resolutions)
        finally:
            await resolutions.close()
