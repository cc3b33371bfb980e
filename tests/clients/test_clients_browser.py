"""A browser at Immich's own page, with and without the gateway: pictures, uploads, websocket."""

from __future__ import annotations

from pathlib import Path

from gateway_door import gateway_before
from immich_browser import opened, visit
from immich_clients import held, standing_clock, told_of, without

from pentaprism.sandbox.immich import Sandbox

OWNER = ("admin@example.test", "sandbox")


async def test_a_page_finds_the_same(tmp_path: Path) -> None:
    found, left = [], []
    async with opened() as page:
        for behind in (False, True):
            async with Sandbox(assets=20, hostile=False, clock=standing_clock) as sandbox:
                asset = next(iter(sandbox.library.album_named("Holiday").assets))
                if behind:
                    async with gateway_before(sandbox.url, tmp_path) as url:
                        found.append(await visit(page, url, OWNER, asset))
                else:
                    found.append(await visit(page, sandbox.url, OWNER, asset))
                left.append(held(sandbox))
    assert left[0] == left[1]
    assert without(found[1], "pentaprism") == found[0]
    assert len(told_of([found[1]], "pentaprism")) == 1
    assert found[0]["login"] == [201, "admin@example.test"]
    assert found[0]["picture"][0] > 100
    assert found[0]["heard"] == ["on_server_version", "on_asset_trash", "on_asset_delete"]
    assert found[0]["ended"] == 401
