"""The gateway's own routes before a sandbox Immich, with what two of its users have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from enriched_world import EnrichedWorld, Headers, Shown, ask, enriched, request
from starlette.types import ASGIApp
from told_library import NAMES, Owned

from pentaprism.gateway.own import PREFIX, own_routes
from pentaprism.sandbox.immich import Sandbox

PATHS = ("/assets", "/groups", "/duplicates", "/summary")
"""What is told to a caller alone."""


@dataclass
class OwnWorld:
    """The routes; ``ada`` owns what is in the index, and so does ``ben``."""

    world: EnrichedWorld
    sandbox: Sandbox
    app: ASGIApp
    ada: Owned
    ben: Owned

    def key(self, owned: Owned, *permissions: str) -> Headers:
        """Return the header with an API key of somebody, of all permissions without any."""
        given = list(permissions) or ["all"]
        made = self.sandbox.library.add_key(given, user_id=owned.user_id)
        return [(b"x-api-key", made.secret.encode())]

    async def ask(
        self, path: str, headers: Headers = (), *, method: str = "GET", **query: Any
    ) -> Shown:
        """Ask for a path below the prefix."""
        scope = request(method, PREFIX + path, headers, query=urlencode(query).encode())
        return await ask(self.app, scope)

    async def told(self, path: str, owned: Owned | None = None, **query: Any) -> Any:
        """Return what somebody is told, Ada by default."""
        shown = await self.ask(path, self.key(owned or self.ada), **query)
        assert shown.status == 200, shown.body
        return shown.json()

    async def code(self, path: str, headers: Headers = (), **query: Any) -> tuple[int, str]:
        """Return the status and the code of a problem."""
        shown = await self.ask(path, headers, **query)
        assert shown.header(b"content-type") == b"application/problem+json", shown.body
        assert shown.json()["status"] == shown.status
        return shown.status, shown.json()["code"]


@asynccontextmanager
async def own_world(home: Path) -> AsyncIterator[OwnWorld]:
    """Lend the routes, with the same pictures for two users of the sandbox."""
    async with (
        Sandbox(assets=1, hostile=False) as sandbox,
        enriched(sandbox.url, home) as world,
    ):
        ada, ben = list(sandbox.library.users.values())[:2]
        app = own_routes(world.callers, lambda: world.store, world.passing)
        owned = [await world.library.own(user.id, names=NAMES) for user in (ada, ben)]
        yield OwnWorld(world, sandbox, app, *owned)
