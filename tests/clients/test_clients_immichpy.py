"""immichpy, a library for Python that checks each reply's shape, with and without the gateway."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from gateway_door import gateway_before
from immich_clients import held, pictures, standing_clock

from pentaprism.sandbox.immich import Sandbox


async def steps(url: str, sandbox: Sandbox, folder: Path, target: Path) -> list[object]:
    """Do with immichpy what its users do, and return all that it made of the replies."""
    # It takes seconds to import, which only this test need pay.
    from immichpy import AsyncClient  # noqa: PLC0415
    from immichpy.client.generated import (  # noqa: PLC0415
        AssetBulkDeleteDto,
        AssetMediaSize,
        MetadataSearchDto,
    )

    album = sandbox.library.album_named("Holiday")
    photo = UUID(next(iter(album.assets)))
    async with AsyncClient(api_key=sandbox.api_key, base_url=url) as client:
        search = MetadataSearchDto.model_validate({"albumIds": [album.id], "size": 7})
        uploaded = await client.assets.upload(folder, concurrency=1, album_name="Brought")
        again = await client.assets.upload(folder, concurrency=1)
        found: list[object] = [
            await client.server.get_about_info(),
            await client.server.get_server_statistics(),
            await client.albums.get_all_albums(),
            await client.search.search_assets(search),
            await client.assets.get_asset_info(photo),
            await client.assets.view_asset(photo, size=AssetMediaSize.PREVIEW),
            await client.timeline.get_time_buckets(),
            [(one.asset.id, one.filepath.name) for one in uploaded.uploaded],
            (uploaded.stats, again.stats),
        ]
        saved = await client.assets.download_asset_to_file(photo, target)
        ids = [UUID(str(one.asset.id)) for one in uploaded.uploaded]
        await client.assets.delete_assets(AssetBulkDeleteDto(ids=ids))
        return [*found, saved.name, saved.read_bytes()]


@pytest.mark.filterwarnings("ignore:The 'initial' parameter:DeprecationWarning")
async def test_immichpy_makes_the_same_of_it(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    made, left = [], []
    for behind in (False, True):
        home = tmp_path / f"{behind}"
        home.mkdir()
        async with Sandbox(assets=20, hostile=False, clock=standing_clock) as sandbox:
            if behind:
                async with gateway_before(sandbox.url, home / "gateway") as url:
                    made.append(await steps(url, sandbox, folder, home))
            else:
                made.append(await steps(sandbox.url, sandbox, folder, home))
            left.append(held(sandbox))
    assert made[0] == made[1]
    assert left[0] == left[1]
    assert sum(trashed for *_, trashed in left[0]) >= 4
