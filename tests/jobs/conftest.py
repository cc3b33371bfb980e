"""Fixtures of the tests of clock and jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings
from mirror_world import World

from pentaprism.sandbox.immich import Sandbox

# How long an example takes says nothing on a machine that is shared.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An Immich whose album is empty, and nothing mirrored yet."""
    async with Sandbox(assets=0, hostile=False) as sandbox:
        yield World(tmp_path, sandbox)
