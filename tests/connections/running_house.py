"""The program while it runs, and the Immich that it is connected to."""

from __future__ import annotations

from dataclasses import dataclass

from mirror_world import World

from pentaprism.app import App
from pentaprism.connections.pool import ConnectionPool
from pentaprism.sandbox.immich import Sandbox
from pentaprism.store.records import Connection


@dataclass(slots=True)
class Ticks:
    """Seconds that go on when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class House:
    """The program while it runs, and the Immich it is connected to."""

    world: World
    app: App
    connection: Connection
    pool: ConnectionPool
    ticks: Ticks

    @property
    def sandbox(self) -> Sandbox:
        return self.world.sandbox

    def asked(self, route: str) -> int:
        return self.sandbox.traffic.of(route).requests

    def pictures(self) -> list[str]:
        return [asset.id for asset in self.sandbox.library.assets.values() if asset.processed]

    async def changed(self, api_key: str) -> Connection:
        """Return the connection after its key was changed in the database."""
        c = self.connection
        return await self.app.store.connections.save(
            url=c.url,
            api_key=api_key,
            user_id=c.user_id,
            user_name=c.user_name,
            user_email=c.user_email,
            server_version=c.server_version,
            name=c.name,
            ca_file=c.ca_file,
        )
