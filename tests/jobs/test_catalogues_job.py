"""Looks at Immich from time to time: one that is away is not complained about each time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from mirror_world import World

from pentaprism.jobs.catalogues import Catalogues


async def test_an_immich_that_is_away_for_long_is_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def told(words: str) -> int:
        return sum(words in one.getMessage() for one in caplog.records)

    caplog.set_level("INFO")
    async with world.app() as (app, connection):
        catalogues = Catalogues(app)
        world.sandbox.faults.add("status", route="search", status=403)
        for _ in range(3):
            await catalogues.look()
            world.now += timedelta(hours=1)
        assert told("could not be indexed") == 1
        assert await catalogues.last(connection.id) is None
        world.sandbox.faults.clear()
        await catalogues.look()
        assert told("were indexed") == 1
        # When it goes away again, that is news.
        world.sandbox.faults.add("status", route="search", status=403)
        for _ in range(2):
            world.now += timedelta(hours=2)
            await catalogues.look()
        assert told("could not be indexed") == 2
