from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from destination_contract import FRESH, DestinationContract
from google_world import GoogleWorld, google_world

from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.base import Destination, Opening
from pentaprism.destinations.registry import parse_spec
from pentaprism.sandbox.google.library import Album


class PlaceAtGoogle:
    def __init__(self, world: GoogleWorld, access: AccountAccess) -> None:
        self._world = world
        self._access = access

    def open(self, opening: Opening) -> Destination:
        kind, options = parse_spec("google-photos")
        return kind.open(options, replace(opening, account=self._access))

    def read(self, name: str) -> bytes | None:
        return next(
            (self._world.google.bytes_of(id_) for id_, n in self._items() if n == name), None
        )

    def delete(self, name: str) -> None:
        self._album().items.remove(next(id_ for id_, n in self._items() if n == name))

    def shown(self) -> list[str]:
        return [name for _, name in self._items()]

    def _items(self) -> list[tuple[str, str]]:
        items = self._world.google.accounts[0].photos.items
        return [(id_, items[id_].filename) for id_ in self._album().items]

    def _album(self) -> Album:
        return next(iter(self._world.google.accounts[0].photos.albums.values()))


class TestGooglePhotos(DestinationContract):
    @pytest.fixture
    async def place(self, tmp_path: Path) -> AsyncIterator[PlaceAtGoogle]:
        async with google_world(tmp_path) as world:
            account = await world.connect(removals=True)
            async with world.app() as (app, _):
                yield PlaceAtGoogle(world, await app.accounts.access(account))

    @pytest.fixture
    async def opened(self, place: PlaceAtGoogle) -> AsyncIterator[Destination]:
        destination = place.open(FRESH)
        await destination.check()
        yield destination
        await destination.close()
