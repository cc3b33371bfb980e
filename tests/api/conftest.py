"""Fixtures of the tests of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import ApiWorld, api_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ApiWorld]:
    """A server whose owner has a home connection."""
    async with api_world(tmp_path) as made:
        yield made
