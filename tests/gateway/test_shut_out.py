"""Who may no longer see a picture has seen the last of it after the seconds of the cache.

Nobody tells the gateway of it: it listens to no events here, so that only the time counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from gateway_door import gateway_before

from pentaprism.sandbox.immich import Sandbox

SECONDS = 0.3


class Scene:
    """An owner with a picture in an album that is shared with Ben, and how each of them comes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.library = sandbox.library
        self.asset = next(iter(self.library.assets))
        self.ben = self.library.add_user("Ben", "ben@example.org", "a good password")
        self.album = self.library.add_album("Shared", [self.asset])
        self.library.share_album(self.album.id, self.ben.id)
        self.key = self.library.add_key().secret
        self.ways: dict[str, Mapping[str, str]] = {
            "owner": {"Cookie": f"immich_access_token={self._session(self.library.owner.id)}"},
            "owner's key": {"x-api-key": self.key},
            "ben": {"Authorization": f"Bearer {self._session(self.ben.id)}"},
        }

    def _session(self, user_id: str) -> str:
        return self.library.add_session(user_id)


@dataclass(frozen=True)
class Ending:
    """What ends somebody's access: done to the scene, to the way that is named."""

    way: str
    end: Callable[[Scene], object]


ENDINGS = {
    "signed out": Ending("owner", lambda one: one.library.end_sessions(one.library.owner.id)),
    "key deleted": Ending("owner's key", lambda one: one.library.remove_key(one.key)),
    "key limited": Ending("owner's key", lambda one: one.library.permit(one.key, ["album.read"])),
    "unshared": Ending("ben", lambda one: one.library.unshare_album(one.album.id, one.ben.id)),
    "taken out": Ending(
        "ben", lambda one: one.library.remove_from_album(one.album.id, [one.asset])
    ),
    "album deleted": Ending("ben", lambda one: one.library.delete_album(one.album.id)),
    "account deleted": Ending("ben", lambda one: one.library.delete_user(one.ben.id)),
    "locked": Ending("owner's key", lambda one: one.library.lock(one.asset)),
    "deleted": Ending("owner", lambda one: one.library.delete([one.asset])),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("kept", [SECONDS, 0.0])
async def test_nothing_is_shown_after_the_seconds(
    tmp_path: Path, ending: Ending, kept: float
) -> None:
    async with (
        Sandbox(assets=2, seed=1, hostile=False) as sandbox,
        gateway_before(sandbox.url, tmp_path, gateway_cache_seconds=kept) as url,
        aiohttp.ClientSession() as session,
    ):
        scene = Scene(sandbox)
        paths = [f"{url}/api/assets/{scene.asset}/{kind}" for kind in ("thumbnail", "original")]

        async def shown(way: str) -> list[bool]:
            answers = []
            for path in paths:
                async with session.get(path, headers=scene.ways[way]) as answer:
                    answers.append(answer.status == 200)
                    await answer.read()
            return answers

        assert [await shown(way) for way in scene.ways] == [[True, True]] * 3
        ending.end(scene)
        await asyncio.sleep(kept)
        assert await shown(ending.way) == [False, False]
