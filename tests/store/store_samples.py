"""What the tests of the store put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from databases import place_database

from pentaprism.assets import Role
from pentaprism.store import Connection, Item, Mirror, NewItem, Put, Secrets, Store

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
START = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
SHA1 = bytes(range(20))


class Clock:
    """Goes on by one second each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def database_in(folder: Path) -> Path:
    return folder / "data" / "pentaprism.db"


@asynccontextmanager
async def open_store(folder: Path, key: str = KEY, patience: float = 30) -> AsyncIterator[Store]:
    path = place_database(database_in(folder))
    store = await Store.open(path, Secrets.load(key, path), clock=Clock(), patience=patience)
    async with store:
        yield store


async def save_connection(
    store: Store, user: str = "user", api_key: str = "key", url: str = "http://immich.test"
) -> Connection:
    return await store.connections.save(
        url=url,
        api_key=api_key,
        user_id=user,
        user_name="Ada",
        user_email="ada@example.test",
        server_version="3.0.0",
        name="Home",
        ca_file=None,
    )


async def make_mirror(
    store: Store, place: str = "/photos", kind: str = "local_folder", mirror_id: str | None = None
) -> Mirror:
    connection = await save_connection(store)
    return await store.mirrors.create(
        id=mirror_id,
        connection_id=connection.id,
        album_id="album",
        album_name="Holiday",
        kind=kind,
        place=place,
        options={"path": place},
    )


def new_item(shot: str, role: Role = Role.PRIMARY, key: str | None = None) -> NewItem:
    path = f"{shot}.{role}" if key is None else key
    return NewItem(
        asset_id=f"{shot}-asset",
        shot_id=shot,
        role=role,
        path=path,
        path_key=path.casefold(),
        filename=f"{shot}.jpg",
        taken_at=START,
        asset_updated_at=START,
    )


def put(item: Item, sha1: bytes | None = SHA1, *, verified: bool = True) -> Put:
    return Put(
        row=item.row,
        asset_id=item.asset_id,
        remote_id=item.path or "",
        checksum=sha1,
        sha1=sha1,
        size=1234,
        mtime_ns=-5_000_000_001,
        verified=verified,
        asset_updated_at=START + timedelta(days=1),
    )
