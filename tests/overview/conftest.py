"""A local Immich, a local Google, and the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google_world import GoogleWorld, google_world
from hypothesis import settings

# How long an example takes says nothing on a machine that is shared.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[GoogleWorld]:
    """An Immich whose album is empty, and a Google at which nothing is connected yet."""
    async with google_world(tmp_path) as made:
        yield made
