"""What assets are shown by before their pictures are there: kept, and no reason to group anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogue_world import open_catalogue

from pentaprism.store.grid import GridWanted


@pytest.mark.parametrize("version", ["2.7.5", "3.1.0"])
async def test_looks_are_those_of_immich(tmp_path: Path, version: str) -> None:
    async with open_catalogue(tmp_path, version=version) as world:
        picture, video = world.add("1.jpg"), world.add("2.mp4", duration=4000)
        await world.refresh()
        for id_, duration in ((picture, None), (video, 4000)):
            row = world.row(id_)
            assert row["thumbhash"] == world.sandbox.library.assets[id_].thumbhash
            assert row["duration"] == duration
        page = await world.store.grid.page(world.owner, GridWanted())
        assert {row.asset_id: row.duration for row in page.rows} == {picture: None, video: 4000}


async def test_assets_indexed_before_are_filled_by_a_whole_look(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path) as world:
        video = world.add("2.mp4", duration=4000)
        await world.refresh()
        before = dict(world.row(video))
        # As after an upgrade from a version that kept neither.
        world.sql("UPDATE library_files SET thumbhash = NULL, duration = NULL, grouped = 1")
        await world.refresh(whole=True)
        assert dict(world.row(video)) == {**before, "grouped": 1}
        assert world.ungrouped() == set()
        assert (await world.refresh(whole=True)).changed == 0


async def test_a_picture_made_later_is_shown_then(tmp_path: Path) -> None:
    async with open_catalogue(tmp_path) as world:
        picture = world.add("1.jpg", processed=False)
        await world.refresh()
        assert world.row(picture)["thumbhash"] is None
        world.sandbox.library.set_processed(picture)
        assert (await world.refresh(whole=False)).changed == 1
        thumbhash = world.sandbox.library.assets[picture].thumbhash
        assert thumbhash is not None
        assert world.row(picture)["thumbhash"] == thumbhash
