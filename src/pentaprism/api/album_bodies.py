"""Albums of Immich as answers tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import ALBUM_ID, ASSET_ID, CONNECTION_ID, WHEN, Answer, example
from pentaprism.assets import Album
from pentaprism.program import Program
from pentaprism.store import Connection

_ALBUM = {
    "id": ALBUM_ID,
    "name": "Summer",
    "description": "",
    "asset_count": 120,
    "owner_id": "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
    "owner_name": "Ann",
    "shared": False,
    "updated_at": WHEN,
    "thumbnail_asset_id": ASSET_ID,
}


class AlbumBody(Answer):
    """An album in Immich."""

    model_config = Answer.model_config | example(**_ALBUM)

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    description: str = Field(description="Its description; may be empty.")
    asset_count: int = Field(description="How many assets it has.")
    owner_id: str = Field(description="The Immich user whose album it is.")
    owner_name: str = Field(description="That user's name.")
    shared: bool = Field(description="Whether it is shared.")
    updated_at: datetime = Field(description="When it was changed last.")
    thumbnail_asset_id: str | None = Field(description="The asset on its cover.")

    @classmethod
    def of(cls, album: Album) -> Self:
        """Return what is told of ``album``."""
        return cls(**{name: getattr(album, name) for name in cls.model_fields})


class AlbumPage(Answer):
    """The albums of a connection, as they were at a moment."""

    model_config = Answer.model_config | example(
        connection_id=CONNECTION_ID, at=WHEN, albums=[_ALBUM], problem=None
    )

    connection_id: str = Field(description="The connection.")
    at: datetime = Field(description="When Immich showed them.")
    albums: list[AlbumBody] = Field(description="The albums.")
    problem: str | None = Field(description="Why Immich could not be asked again since then.")


async def albums_of(
    program: Program, connection: Connection, *, search: str | None, fresh: bool
) -> AlbumPage:
    """Return the albums of ``connection``, by name; raises what keeps Immich from answering."""
    listed = await program.albums.of(connection, fresh=fresh)
    if listed.error is not None and (fresh or not listed.albums):
        raise listed.error
    wanted = (search or "").casefold()
    found = [album for album in listed.albums if wanted in album.name.casefold()]
    found.sort(key=lambda album: (album.name.casefold(), album.id))
    return AlbumPage(
        connection_id=connection.id,
        at=listed.at,
        albums=[AlbumBody.of(album) for album in found],
        problem=listed.error.message if listed.error else None,
    )
