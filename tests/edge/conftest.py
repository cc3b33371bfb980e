"""Fixtures of the tests of the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from databases import place_database
from edge_world import EdgeWorld, edge_world

from pentaprism.logs import forget
from pentaprism.store import Secrets, Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database."""
    path = place_database(tmp_path / "pentaprism.db")
    secrets = Secrets.load(Fernet.generate_key().decode(), path)
    async with await Store.open(path, secrets) as store:
        yield store


@pytest.fixture
async def world(store: Store) -> AsyncIterator[EdgeWorld]:
    """The small application without a base path."""
    async with edge_world(store) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_hidden_yet() -> None:
    """What other tests have hidden is none of the secrets here."""
    forget()
