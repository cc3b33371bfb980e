"""From the assets of an Immich to its stacks and back, compared asset by asset."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stack_world import KEY

from pentaprism.groups.rules import RULES
from pentaprism.hashing import hash_files
from pentaprism.immich import ImmichClient, ImmichOptions
from pentaprism.library.assets import Catalogue
from pentaprism.library.matching import match
from pentaprism.library.regrouping import Regrouping
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.stacks.pushing import push, undo
from pentaprism.stacks.standing import Reason
from pentaprism.stacks.work import Outcome
from pentaprism.store import Connection, Secrets, Store


class Place:
    """An Immich with files that belong together, and a store that indexes it."""

    def __init__(
        self, sandbox: Sandbox, store: Store, connection: Connection, client: ImmichClient
    ) -> None:
        self.sandbox = sandbox
        self.library = sandbox.library
        self.store = store
        self.connection = connection
        self.client = client

    def clock(self) -> datetime:
        return datetime.now(UTC)

    async def push(self) -> Outcome:
        """Read the library, group it, and push, as the command does."""
        catalogue = Catalogue(self.store, self.connection, self.client, RULES, self.clock)
        await catalogue.refresh(whole=True)
        await match(self.store, self.connection.id, hash_files=hash_files)
        await Regrouping(self.store, RULES, self.clock).regroup()
        wanted = self.store.file_groups.wanted_stacks(self.connection.id)
        return await push(self.store, self.client, self.connection, self.clock, wanted)

    async def undo(self) -> Outcome | None:
        return await undo(self.store, self.client, self.connection, self.clock)

    def named(self, name: str) -> Asset:
        return next(one for one in self.library.assets.values() if one.filename == name)

    def stacks(self) -> set[tuple[str, frozenset[str]]]:
        """All stacks by their names, the primary's apart."""
        names = {id_: asset.filename for id_, asset in self.library.assets.items()}
        return {
            (names[stack.asset_ids[0]], frozenset(names[id_] for id_ in stack.asset_ids))
            for stack in self.library.stacks.values()
        }

    def states(self) -> dict[str, Any]:
        """What Immich tells of each asset, but when it was touched last."""
        states = {id_: self._get(id_, asset.owner_id) for id_, asset in self.library.assets.items()}
        for state in states.values():
            state.pop("updatedAt")
        return states

    def _get(self, asset_id: str, owner_id: str) -> Any:
        keys = [key for key in self.library.keys.values() if key.user_id == owner_id]
        key = keys[0] if keys else self.library.add_key(user_id=owner_id)
        request = urllib.request.Request(f"{self.sandbox.url}/api/assets/{asset_id}")
        request.add_header("x-api-key", key.secret)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    path = tmp_path / "data.db"
    with Sandbox(assets=30, hostile=False, shots=True) as sandbox:
        options = ImmichOptions(url=sandbox.url, api_key=sandbox.api_key, retries=0)
        owner = sandbox.library.owner
        async with (
            await Store.open(path, Secrets.load(KEY, path)) as store,
            ImmichClient(options) as client,
        ):
            connection = await store.connections.save(
                url=sandbox.url,
                api_key=sandbox.api_key,
                user_id=owner.id,
                user_name=owner.name,
                user_email=owner.email,
                server_version="3.1.0",
                name="Home",
                ca_file=None,
            )
            yield Place(sandbox, store, connection, client)


async def test_pushed_twice_and_undone_each_asset_is_as_before(place: Place) -> None:
    before = place.states()
    told = await place.push()
    assert told.created >= 4
    assert (told.skipped, told.failed, told.stopped) == ([], [], None)
    assert ("DSC_0101.JPG", frozenset({"DSC_0101.JPG", "DSC_0101.DNG"})) in place.stacks()
    burst = next(members for first, members in place.stacks() if first.startswith("DSC_02"))
    assert len(burst) == 6
    pushed = place.states()
    again = await place.push()
    assert (again.done, again.kept) == (0, told.created)
    assert place.states() == pushed
    back = await place.undo()
    assert back is not None
    assert (back.deleted, back.skipped) == (told.created, [])
    assert place.states() == before
    assert await place.undo() is None


async def test_a_stack_of_a_person_becomes_the_group_and_stays(place: Place) -> None:
    mine = [place.named(name).id for name in ("DSC_0101.DNG", "IMG_0301.JPG")]
    place.library.add_stack(mine)
    before = place.states()
    await place.push()
    theirs = ("DSC_0101.DNG", frozenset({"DSC_0101.DNG", "IMG_0301.JPG"}))
    assert any({"DSC_0101.DNG", "IMG_0301.JPG"} <= members for _, members in place.stacks())
    assert theirs in place.stacks()
    assert (await place.push()).done == 0
    await place.undo()
    assert place.states() == before


async def test_what_a_person_makes_of_our_stack_stays(place: Place) -> None:
    await place.push()
    raw, still = place.named("DSC_0101.DNG"), place.named("DSC_0101.JPG")
    stack = place.library.stacks[still.stack_id or ""]
    await place.client.show_first(stack.id, raw.id)
    place.library.remove_stack(place.named("IMG_0301.JPG").stack_id or "")
    for expected in (2, 1, 1):
        told = await place.push()
        assert told.done == 0
        assert len(told.skipped) == expected
    assert ("DSC_0101.DNG", frozenset({"DSC_0101.DNG", "DSC_0101.JPG"})) in place.stacks()
    assert place.named("IMG_0301.JPG").stack_id is None
    await place.undo()
    left = {first for first, _ in place.stacks()}
    assert "DSC_0101.DNG" in left


async def test_assets_of_others_in_a_shared_album_stay_as_they_are(place: Place) -> None:
    library = place.library
    other = library.add_user("Bea", "bea@example.test", "secret")
    library.add_key(user_id=other.id)
    theirs = [place.named(name) for name in ("DSC_0101.JPG", "IMG_0301-edited.jpg")]
    for asset in theirs:
        asset.owner_id = other.id
        library.touch(asset.id)
    album = library.add_album("Theirs", [asset.id for asset in theirs], owner_id=other.id)
    album.users[library.owner.id] = "viewer"
    before = {asset.id: place.states()[asset.id] for asset in theirs}
    await place.push()
    after = place.states()
    assert {id_: after[id_] for id_ in before} == before
    assert all(asset.stack_id is None for asset in theirs)


async def test_what_is_in_the_trash_comes_back_into_its_stack(place: Place) -> None:
    await place.push()
    before = place.states()
    raw = place.named("DSC_0101.DNG")
    place.library.trash([raw.id])
    for _ in range(2):
        assert (await place.push()).done == 0
    place.library.restore([raw.id])
    assert (await place.push()).done == 0
    assert place.states() == before


async def test_undo_needs_no_index(place: Place) -> None:
    before = place.states()
    await place.push()
    for name in ("DSC_0101.DNG", "IMG_0301.JPG"):
        place.library.rename_asset(place.named(name).id, f"other-{name}")
    catalogue = Catalogue(place.store, place.connection, place.client, RULES, place.clock)
    await catalogue.refresh(whole=True)
    await Regrouping(place.store, RULES, place.clock).regroup()
    await place.undo()
    assert {id_: state["stack"] for id_, state in place.states().items()} == {
        id_: state["stack"] for id_, state in before.items()
    }


async def test_immich_goes_away_in_the_middle_and_comes_back(place: Place) -> None:
    before = place.states()
    place.sandbox.faults.add("drop_before_headers", route="create_stack", skip=2)
    place.sandbox.faults.add("drop_before_headers", route="stacks", skip=2)
    told = await place.push()
    assert told.stopped is not None
    assert told.created == 2
    place.sandbox.faults.clear()
    rest = await place.push()
    assert rest.stopped is None
    assert (await place.push()).done == 0
    while await place.undo() is not None:
        pass
    assert place.states() == before


async def test_a_stack_somebody_made_before_is_named(place: Place) -> None:
    await place.push()
    ours = place.named("DSC_0101.JPG").stack_id or ""
    place.library.remove_stack(ours)
    told = await place.push()
    assert [skip.reason for skip in told.skipped] == [Reason.UNSTACKED]
