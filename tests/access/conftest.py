"""Fixtures of the tests of who may come in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from access_world import AccessWorld, Clock
from cryptography.fernet import Fernet
from databases import place_database

from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import Secrets, Store


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AccessWorld]:
    """An Immich with its usual users, and an empty database."""
    clock = Clock()
    path = place_database(tmp_path / "pentaprism.db")
    secrets = Secrets.load(Fernet.generate_key().decode(), path)
    async with (
        Sandbox(assets=0, hostile=False) as sandbox,
        await Store.open(path, secrets, clock=clock) as store,
    ):
        made = AccessWorld(tmp_path, sandbox, store, clock)
        yield made
        await made.sessions.close()
