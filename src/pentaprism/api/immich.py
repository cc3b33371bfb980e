"""``/api/immich/albums``: the albums of the connection that was saved last."""

from __future__ import annotations

from pentaprism.api.album_bodies import AlbumPage, albums_of
from pentaprism.api.belongings import some_connection
from pentaprism.api.bodies import Search, WhichConnection
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram

routes = Routes(Side.API, prefix="/api/immich", tags=["connections"])


@routes.get("/albums", allow=Allow.PERSON, responses=refusals(404))
async def list_albums(
    program: CurrentProgram,
    person: CurrentPerson,
    connection_id: WhichConnection = None,
    search: Search = None,
    fresh: bool = False,
) -> AlbumPage:
    """List the albums that your Immich user sees."""
    connection = await some_connection(program.app, person, connection_id)
    return await albums_of(program, connection, search=search, fresh=fresh)
