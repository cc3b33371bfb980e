"""A home whose Immich has duplicates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from resolution_world import Home, copy_template, make_template, opened


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(make_template(tmp_path_factory.mktemp("template")))


@pytest.fixture
async def home(template: Path, tmp_path: Path) -> AsyncIterator[Home]:
    async with opened(copy_template(template, tmp_path / "home")) as home:
        yield home
