"""``/api/connections``: Immich servers and the keys for them, and their albums."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field, SecretStr

from pentaprism.api import saving
from pentaprism.api.album_bodies import AlbumPage, albums_of
from pentaprism.api.belongings import connection_of
from pentaprism.api.bodies import (
    CONNECTION_ID,
    WHEN,
    Answer,
    ConnectionId,
    Request,
    Search,
    example,
)
from pentaprism.api.problems import refusals
from pentaprism.connections.health import ConnectionHealth
from pentaprism.edge import Allow, CurrentPerson, CurrentVisitor, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.store import Connection

routes = Routes(Side.API, prefix="/api/connections", tags=["connections"])

_USER_ID = "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
_HEALTH = {
    "ok": True,
    "at": WHEN,
    "version": "3.1.0",
    "user_name": "Ann",
    "asset_count": 41_230,
    "album_count": 87,
    "milliseconds": 12,
    "missing": [],
    "problem": None,
    "hint": "",
    "code": None,
}
_CONNECTION = {
    "id": CONNECTION_ID,
    "name": "Home",
    "url": "http://immich.example.org:2283",
    "user_id": _USER_ID,
    "user_name": "Ann",
    "user_email": "ann@example.org",
    "server_version": "3.1.0",
    "home": True,
    "created_at": WHEN,
    "health": _HEALTH,
}


class NewConnection(Request):
    """An Immich server and a key of one of its users."""

    model_config = Request.model_config | example(
        url="http://immich.example.org:2283", api_key="the-key-of-ann", name="Home"
    )

    url: str = Field(max_length=2000, description="The address, with or without /api at its end.")
    api_key: SecretStr = Field(max_length=1000, description="An API key; never shown again.")
    name: str | None = Field(
        None, min_length=1, max_length=100, description="A name; else the user's."
    )


class ConnectionChange(Request):
    """What shall be changed in a connection; what is left out stays."""

    model_config = Request.model_config | example(name="At home")

    name: str | None = Field(None, min_length=1, max_length=100, description="Another name.")
    api_key: SecretStr | None = Field(
        None, max_length=1000, description="Another key of the same Immich user."
    )


class HealthBody(Answer):
    """How a connection stood when it was looked at last."""

    model_config = Answer.model_config | example(**_HEALTH)

    ok: bool = Field(description="Whether mirrors can read from it.")
    at: datetime = Field(description="When it was looked at.")
    version: str | None = Field(description="Immich's version.")
    user_name: str | None = Field(description="The key's user.")
    asset_count: int | None = Field(description="How many assets the user has.")
    album_count: int | None = Field(description="How many albums the user sees.")
    milliseconds: int | None = Field(description="How long a small question took.")
    missing: list[str] = Field(description="Permissions that the key lacks.")
    problem: str | None = Field(description="What is wrong.")
    hint: str = Field(description="What to do about it; may be empty.")
    code: str | None = Field(description="What is wrong, for programs.")

    @classmethod
    def of(cls, health: ConnectionHealth) -> Self:
        """Return what is told of ``health``."""
        values = {name: getattr(health, name) for name in cls.model_fields}
        return cls(**values | {"missing": sorted(health.missing)})


class ConnectionBody(Answer):
    """An Immich server and whose key is used for it; the key itself is never told."""

    model_config = Answer.model_config | example(**_CONNECTION)

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    url: str = Field(description="The address of Immich.")
    user_id: str = Field(description="The Immich user whose key it holds.")
    user_name: str = Field(description="That user's name.")
    user_email: str = Field(description="That user's e-mail address.")
    server_version: str = Field(description="Immich's version when it was saved.")
    home: bool = Field(description="Whether people sign in at this server.")
    created_at: datetime = Field(description="When it was made.")
    health: HealthBody | None = Field(description="How it stood last; null before the first look.")

    @classmethod
    def of(cls, connection: Connection, health: ConnectionHealth | None) -> Self:
        """Return what is told of ``connection``."""
        names = [name for name in cls.model_fields if name != "health"]
        values = {name: getattr(connection, name) for name in names}
        return cls(**values, health=HealthBody.of(health) if health else None)


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_connections(program: CurrentProgram, person: CurrentPerson) -> list[ConnectionBody]:
    """List your connections, the one saved last first."""
    found = await program.app.store.connections.list(person.id)
    return [ConnectionBody.of(one, program.health.of(one)) for one in found]


@routes.post("", allow=Allow.PERSON, status_code=201, responses=refusals(409, 429))
async def create_connection(
    program: CurrentProgram, visitor: CurrentVisitor, person: CurrentPerson, body: NewConnection
) -> ConnectionBody:
    """Check a server and a key, and save them when the key has all needed permissions.

    A key of a user that you have a connection of already takes the place of the old one.
    """
    connection, _ = await saving.save(
        program,
        visitor,
        person,
        url=body.url,
        api_key=body.api_key.get_secret_value(),
        name=body.name,
    )
    return ConnectionBody.of(connection, await program.health.check(connection))


@routes.get("/{connection_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_connection(
    program: CurrentProgram, person: CurrentPerson, connection_id: ConnectionId
) -> ConnectionBody:
    """Return a connection."""
    connection = await connection_of(program.app, person, connection_id)
    return ConnectionBody.of(connection, program.health.of(connection))


@routes.patch("/{connection_id}", allow=Allow.PERSON, responses=refusals(404, 429))
async def change_connection(
    program: CurrentProgram,
    person: CurrentPerson,
    connection_id: ConnectionId,
    body: ConnectionChange,
) -> ConnectionBody:
    """Give a connection another name, or another key of the same user."""
    connection = await connection_of(program.app, person, connection_id)
    if body.api_key is not None:
        key = body.api_key.get_secret_value()
        connection = await saving.renew_key(program, person, connection, key)
    if body.name is not None:
        connection = await program.app.store.connections.rename(connection.id, body.name)
    return ConnectionBody.of(connection, program.health.of(connection))


@routes.delete(
    "/{connection_id}", allow=Allow.PERSON, status_code=204, responses=refusals(404, 409)
)
async def delete_connection(
    program: CurrentProgram, person: CurrentPerson, connection_id: ConnectionId
) -> None:
    """Delete a connection that no mirror reads from and that nobody needs to sign in."""
    connection = await connection_of(program.app, person, connection_id)
    await saving.delete(program, connection)


@routes.post("/{connection_id}/check", allow=Allow.PERSON, responses=refusals(404))
async def check_connection(
    program: CurrentProgram, person: CurrentPerson, connection_id: ConnectionId
) -> HealthBody:
    """Look at a connection now; whatever is wrong is in the answer."""
    connection = await connection_of(program.app, person, connection_id)
    return HealthBody.of(await program.health.check(connection))


@routes.get("/{connection_id}/albums", allow=Allow.PERSON, responses=refusals(404))
async def list_albums(
    program: CurrentProgram,
    person: CurrentPerson,
    connection_id: ConnectionId,
    search: Search = None,
    fresh: bool = False,
) -> AlbumPage:
    """List the albums that the connection's user sees."""
    connection = await connection_of(program.app, person, connection_id)
    return await albums_of(program, connection, search=search, fresh=fresh)
