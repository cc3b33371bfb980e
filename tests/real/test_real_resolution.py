"""Twenty groups of duplicates, resolved at a real Immich and undone, compared asset by asset.

The settings are those of `test_real_immich`. The test uploads pictures of its own and takes them
back, with the albums and tags that it made.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_real_immich import call, upload, wait_until_processed

from pentaprism.immich import ImmichClient, ImmichOptions
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.execution import Resolver, alone
from pentaprism.store import Connection, Secrets, Store
from pentaprism.store.journal_records import ResolutionState

pytestmark = pytest.mark.real
URL, KEY = os.environ.get("PENTAPRISM_REAL_IMMICH"), os.environ.get("PENTAPRISM_REAL_KEY")
SECRET = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
GROUPS = 20
_METADATA = ("description", "rating", "latitude", "longitude", "city", "country")


@dataclass
class Real:
    """Groups of three assets, what else is stacked with them, and the albums they are in."""

    groups: list[tuple[str, str, str]]
    others: list[str] = field(default_factory=list)
    albums: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    sha1: dict[str, bytes] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [*(id_ for group in self.groups for id_ in group), *self.others]

    def seen(self) -> dict[str, Any]:
        """All of each asset and album that may be changed, as the server tells it."""
        return {
            "assets": {id_: _asset(id_) for id_ in self.ids},
            "albums": {id_: _album(id_) for id_ in self.albums},
        }

    def decision(self, number: int, connection: Connection) -> Decision:
        shots = [
            DecidedShot(n, (self._file(id_, connection),))
            for n, id_ in enumerate(self.groups[number])
        ]
        return Decision(
            connection.owner_id, f"group {number}", "same_picture", 1.0, shots[0], tuple(shots[1:])
        )

    def _file(self, id_: str, connection: Connection) -> DecidedFile:
        return DecidedFile(1, f"{id_}.jpg", None, self.sha1[id_], None, connection.id, id_)


def _asset(id_: str) -> dict[str, Any]:
    found = call("GET", f"/assets/{id_}")
    exif = found["exifInfo"]
    stack = found["stack"]
    members = call("GET", f"/stacks/{stack['id']}")["assets"] if stack else []
    return {
        "trashed": found["isTrashed"],
        "favourite": found["isFavorite"],
        "visibility": found["visibility"],
        "tags": sorted(tag["value"] for tag in found["tags"]),
        "stack": (stack["primaryAssetId"], {one["id"] for one in members}) if stack else None,
        **{name: exif[name] for name in _METADATA},
    }


def _album(id_: str) -> Any:
    album = call("GET", f"/albums/{id_}")
    query = {"albumIds": [id_], "size": 1000, "withDeleted": True}
    items = call("POST", "/search/metadata", query)["assets"]["items"]
    return album["assetCount"], {item["id"] for item in items}, album["albumThumbnailAssetId"]


@pytest.fixture
def real() -> Iterator[Real]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    pictures = [upload(f"COPY_{n}.jpg") for n in range(3 * GROUPS + 4)]
    ids = [id_ for id_, _ in pictures]
    groups = [(ids[3 * n], ids[3 * n + 1], ids[3 * n + 2]) for n in range(GROUPS)]
    made = Real(groups, ids[3 * GROUPS :])
    made.sha1 = {id_: bytes.fromhex(sha1) for id_, sha1 in pictures}
    wait_until_processed(ids)
    try:
        _adorn(made)
        yield made
    finally:
        # The albums first: Immich takes assets out of them in the background.
        for id_ in made.albums:
            call("DELETE", f"/albums/{id_}")
        call("DELETE", "/assets", {"ids": ids, "force": True})
        for tag in call("GET", "/tags"):
            if tag["value"] in made.tags:  # those below it go with it
                call("DELETE", f"/tags/{tag['id']}")


def _adorn(made: Real) -> None:
    """Give the pictures what people give, and wait until Immich has worked it off."""
    name = f"Test {uuid.uuid4()}"
    made.tags.append(name)
    firsts = [group[0] for group in made.groups[::3]]
    seconds = [group[1] for group in made.groups]
    thirds = [group[2] for group in made.groups[::2]]
    for number, members in enumerate((firsts + seconds, thirds, seconds[1::4])):
        order = {"albumName": f"{name} {number}", "assetIds": members}
        made.albums.append(call("POST", "/albums", order)["id"])
    # A picture that goes is what an album shows.
    call("PATCH", f"/albums/{made.albums[1]}", {"albumThumbnailAssetId": thirds[-1]})
    tags = call("PUT", "/tags", {"tags": [f"{name}/a", f"{name}/b"]})
    for tag, members in zip(tags, (seconds[::2], thirds), strict=True):
        call("PUT", "/tags/assets", {"tagIds": [tag["id"]], "assetIds": members})
    _wait_for_tags()
    for number, (first, second, third) in enumerate(made.groups):
        if number % 4 == 0:
            _change(first, description=f"Kept {number}")
        _change(second, isFavorite=number % 2 == 0, description=f"Second {number}")
        if number % 3 == 0:
            _change(third, rating=number % 5 + 1, latitude=47.3769, longitude=8.5417)
    one, two, three, four = made.others
    call("POST", "/stacks", {"assetIds": [made.groups[0][1], one]})
    call("POST", "/stacks", {"assetIds": [two, made.groups[1][2], three]})
    call("POST", "/stacks", {"assetIds": [made.groups[2][1], made.groups[2][0]]})
    call("POST", "/stacks", {"assetIds": [made.groups[3][1], made.groups[3][2]]})
    call("POST", "/stacks", {"assetIds": [made.groups[4][0], four]})
    _wait_for_tags()


def _change(id_: str, **fields: Any) -> None:
    call("PUT", f"/assets/{id_}", fields)


def _wait_for_tags() -> None:
    """Return when Immich has no sidecars to write and none to read."""
    for _ in range(240):
        jobs = call("GET", "/jobs")
        busy = [
            sum(jobs[name]["jobCounts"][state] for state in ("active", "waiting", "delayed"))
            for name in ("sidecar", "metadataExtraction")
        ]
        if not any(busy):
            return
        time.sleep(0.25)
    pytest.fail("Immich did not work off its metadata in a minute")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Store, Resolver, Connection]]:
    path = folder / "data.db"
    async with (
        await Store.open(path, Secrets.load(SECRET, path)) as store,
        ImmichClient(ImmichOptions(URL or "", KEY or "")) as client,
    ):
        user = (await client.preflight()).user
        assert user is not None
        connection = await store.connections.save(
            url=URL or "",
            api_key=KEY or "",
            user_id=user.id,
            user_name=user.name,
            user_email=user.email,
            server_version="3.1.0",
            name="Home",
            ca_file=None,
        )
        with alone(store, connection):
            resolver = Resolver(store, client, connection)
            await resolver.begin()
            yield store, resolver, connection


async def test_twenty_groups_are_resolved_and_undone(real: Real, tmp_path: Path) -> None:
    before = real.seen()
    async with opened(tmp_path) as (store, resolver, connection):
        review = await store.journal.begin_review(connection.owner_id)
        for number in range(GROUPS):
            made = await resolver.resolve(real.decision(number, connection), review)
            assert (made.state, made.error) == (ResolutionState.DONE, None), number
        _assert_merged(real, before, real.seen())
        for resolution in await store.journal.of_review(review.id):
            undone = await resolver.undo(resolution)
            assert (undone.state, undone.error) == (ResolutionState.UNDONE, None)
    assert real.seen() == before


def _assert_merged(real: Real, before: dict[str, Any], after: dict[str, Any]) -> None:
    for group in real.groups:
        keeper, *losers = (after["assets"][id_] for id_ in group)
        was = [before["assets"][id_] for id_ in group]
        assert [keeper["trashed"], *(one["trashed"] for one in losers)] == [False, True, True]
        assert keeper["favourite"] == any(one["favourite"] for one in was)
        assert keeper["tags"] == sorted({tag for one in was for tag in one["tags"]})
        assert all(one["description"] in keeper["description"] for one in was)
        for name in ("rating", "latitude"):
            values = {one[name] for one in was if one[name] is not None}
            assert (keeper[name] in values) if values else keeper[name] is None
        for id_, (_, members, cover) in before["albums"].items():
            assert (group[0] in after["albums"][id_][1]) == (not members.isdisjoint(group))
            if cover in group:
                assert after["albums"][id_][2] == group[0]
    one, two, three, _ = real.others
    kept = [group[0] for group in real.groups]
    assert after["assets"][one]["stack"] == (kept[0], {kept[0], one})
    assert after["assets"][two]["stack"] == (two, {two, kept[1], three})
    assert after["assets"][kept[2]]["stack"] is None  # nothing but it is shown of its stack
