"""In how many albums of Immich the assets of groups are, which speaks for keeping them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from functools import partial

from pentaprism.assets import Album
from pentaprism.duplicates.exact import Pause
from pentaprism.duplicates.sources import Sources
from pentaprism.errors import NotFoundError
from pentaprism.immich import ImmichClient
from pentaprism.store import Connection, Store

_WHAT = "The albums"


async def count_albums(store: Store, sources: Sources, pause: Pause) -> None:
    """Note for each asset of a group in how many albums it is, where that has changed.

    Each album of a connection is listed once, one after the other, if it has assets in groups at
    all. Where one cannot be read, what is known stays as it is.
    """
    for connection in sources.connections:
        assets = await store.library_assets.in_duplicates(connection.id)
        if not assets:
            continue
        counts = await _count(connection, sources, assets, pause)
        if counts is not None:
            await store.library_assets.set_albums(
                {
                    asset.row: counts[id_]
                    for id_, asset in assets.items()
                    if asset.albums != counts[id_]
                }
            )


async def _count(
    connection: Connection, sources: Sources, wanted: Container[str], pause: Pause
) -> Counter[str] | None:
    counts: Counter[str] = Counter()
    albums = await sources.ask(connection.id, lambda client: client.albums(), _WHAT)
    if albums is None:
        return None
    for album in albums:
        found = await sources.ask(connection.id, partial(_members, album, wanted), _WHAT)
        if found is None:
            return None
        counts.update(found)
        await pause()
    return counts


async def _members(album: Album, wanted: Container[str], client: ImmichClient) -> set[str]:
    """Return which of ``wanted`` are in an album; none are in one that has gone meanwhile."""
    found: set[str] = set()
    try:
        async for page in client.list_album(album).pages():
            found.update(asset.id for asset in page if asset.id in wanted)
    except NotFoundError:
        return set()
    return found
