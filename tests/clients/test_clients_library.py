"""Immich's library for programs, @immich/sdk, with and without the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway_door import gateway_before
from immich_clients import held, standing_clock, told_of, walk, without

from pentaprism.sandbox.immich import Sandbox

OWNER = ("admin@example.test", "sandbox")
NOTHING: dict[str, Any] = {"group": None, "duplicates": [], "mirrors": []}


def asked(sandbox: Sandbox) -> dict[str, Any]:
    album = sandbox.library.album_named("Holiday")
    return {"album": album.id, "asset": next(iter(album.assets))}


async def test_a_walk_finds_the_same_and_is_told_more(tmp_path: Path) -> None:
    async with Sandbox(assets=20, hostile=False, clock=standing_clock) as bare:
        plain = await walk(bare.url, OWNER, asked(bare), tmp_path)
        left = held(bare)
    async with (
        Sandbox(assets=20, hostile=False, clock=standing_clock) as sandbox,
        gateway_before(sandbox.url, tmp_path / "gateway") as url,
    ):
        found = await walk(url, OWNER, asked(sandbox), tmp_path)
        assert held(sandbox) == left
    assert told_of([plain], "pentaprism") == []
    assert found["asset"]["pentaprism"] == NOTHING
    assert [item["pentaprism"] for item in found["search"]["assets"]["items"]] == [NOTHING] * 5
    assert found["bucket"]["pentaprism"] == [NOTHING] * len(found["bucket"]["id"])
    # The library gives search and asset detail the key, and no other reply has it.
    assert len(told_of([found], "pentaprism")) == 1 + 5 + 1
    assert without(found, "pentaprism") == plain
