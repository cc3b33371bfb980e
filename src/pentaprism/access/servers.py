"""The servers that people sign in at: those of the home connections."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pentaprism.errors import InvalidError
from pentaprism.store import Store


@dataclass(frozen=True, slots=True)
class Server:
    """An Immich server that people may sign in at; ``ca_file`` is trusted beside the system's."""

    url: str
    ca_file: Path | None


async def home_servers(store: Store) -> list[Server]:
    """Return the servers of the home connections, each once, the oldest first."""
    servers: dict[str, Server] = {}
    for connection in await store.connections.homes():
        ca_file = Path(connection.ca_file) if connection.ca_file else None
        servers.setdefault(connection.url, Server(connection.url, ca_file))
    return list(servers.values())


async def home_server(store: Store, url: str | None) -> Server:
    """Return the home server at ``url``, or the oldest one for None; raises `InvalidError`."""
    for server in await home_servers(store):
        if url is None or server.url == url:
            return server
    raise InvalidError(
        "This is not a server that people sign in at here.",
        code="unknown_server",
        hint="Choose one of the servers that the sign-in page offers.",
    )
