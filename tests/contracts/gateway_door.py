"""A gateway of this process before any server, for tests that look at it as a client does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from databases import place_database
from gateway_world import gateway_settings, served


@asynccontextmanager
async def gateway_before(immich: str, home: Path, **settings: Any) -> AsyncIterator[str]:
    """Run a gateway before the server at ``immich``, and give its own address.

    Its database is empty, in the folder ``home``; ``settings`` add to what it is told.
    """
    given = gateway_settings(home, immich_url=immich, **settings)
    place_database(given.database_path)
    async with served(given) as (url, _):
        yield url
