"""Connections as signed-in people save them: checked first, and home only where home is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pentaprism.access import Visitor, home_servers
from pentaprism.connections import candidates
from pentaprism.connections.candidates import Candidate
from pentaprism.errors import ConflictError
from pentaprism.immich.options import parse_url
from pentaprism.program import Program
from pentaprism.store import Connection, Person


async def look(
    program: Program, person: Person, url: str, api_key: str, *, ca_file: Path | None = None
) -> Candidate:
    """Look at an Immich server with a key; nothing is saved.

    Raises `TooManyError` after many failures of ``person``, and as `candidates.look` does.
    """
    if ca_file is None:
        ca_file = await _ca_file(program, person, url)
    with program.attempts.attempt(("connection", person.id)):
        return await candidates.look(program.app, url, api_key, ca_file)


async def save(
    program: Program,
    visitor: Visitor,
    person: Person,
    *,
    url: str,
    api_key: str,
    name: str | None = None,
) -> tuple[Connection, Candidate]:
    """Check a server and a key, and save them as a connection of ``person``.

    The same Immich user stays the same connection. Raises as `look` and `candidates.keep` do; an
    API token never acts as an admin.
    """
    candidate = await look(program, person, url, api_key)
    owner = replace(person, is_admin=visitor.is_admin)
    connection = await candidates.keep(program.app, candidate, owner=owner, name=name)
    await forget(program, connection.id)
    return connection, candidate


async def renew_key(
    program: Program, person: Person, connection: Connection, api_key: str
) -> Connection:
    """Give ``connection`` another key of the same Immich user; raises `InvalidError`."""
    ca_file = Path(connection.ca_file) if connection.ca_file else None
    candidate = await look(program, person, connection.url, api_key, ca_file=ca_file)
    saved = await candidates.change(program.app, connection, candidate, owner=person)
    await forget(program, saved.id)
    return saved


async def delete(program: Program, connection: Connection) -> None:
    """Delete ``connection``; raises `ConflictError` where mirrors or people still need it."""
    homes = await program.app.store.connections.homes()
    others = [one for one in homes if one.url == connection.url and one.id != connection.id]
    if connection.home and not others:
        raise ConflictError(
            f"This is the last connection to {connection.url}, where people sign in.",
            code="last_home",
            hint="Add another connection to that server first.",
        )
    await program.app.store.connections.delete(connection.id)
    await forget(program, connection.id)


async def forget(program: Program, connection_id: str) -> None:
    """Forget what was known of a connection that has changed."""
    program.albums.forget(connection_id)
    program.health.forget(connection_id)
    program.thumbnails.forget(connection_id)
    await program.pool.drop(connection_id)


async def _ca_file(program: Program, person: Person, url: str) -> Path | None:
    """Return the certificate that is trusted for the server at ``url``, as it is known already."""
    address = parse_url(url)
    true_url = address.origin + address.base.removesuffix("/api")
    for connection in await program.app.store.connections.list(person.id):
        if connection.url == true_url and connection.ca_file:
            return Path(connection.ca_file)
    for server in await home_servers(program.app.store):
        if server.url == true_url:
            return server.ca_file
    return None
