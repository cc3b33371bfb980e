"""Lost replies and errors at each call, through the client against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from resolution_world import KEY, NOW, copy_template

from pentaprism.errors import ActionRequiredError, ConflictError, PermanentError, RetryableError
from pentaprism.immich import READ_ONLY, RESOLVING, ImmichClient, ImmichOptions
from pentaprism.immich.pace import Pace
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.execution import Resolver, alone
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import Asset, Place
from pentaprism.store import Connection, Secrets, Store
from pentaprism.store.journal_records import Resolution, ResolutionState, Review

FORWARD = (
    "album_add",
    "update_album",
    "update_asset",
    "assign_tags",
    "delete_stack",
    "create_stack",
    "delete_assets",
)
BACKWARD = (
    "album_remove",
    "update_album",
    "update_asset",
    "untag_assets",
    "delete_stack",
    "create_stack",
    "restore_assets",
)


@dataclass
class Scene:
    """A keeper, and a copy with all that can be merged."""

    sandbox: Sandbox
    store: Store
    client: ImmichClient
    connection: Connection
    resolver: Resolver
    review: Review
    assets: list[Asset] = field(default_factory=list)

    def decision(self) -> Decision:
        shots = [DecidedShot(n, (self._file(asset),)) for n, asset in enumerate(self.assets[:2])]
        return Decision(self.connection.owner_id, "g", "identical", 1.0, shots[0], (shots[1],))

    def _file(self, asset: Asset) -> DecidedFile:
        sha1 = asset.content.sha1
        return DecidedFile(1, asset.filename, 1, sha1, None, self.connection.id, asset.id)

    async def resolve(self) -> Resolution:
        return await self.resolver.resolve(self.decision(), self.review)

    async def last(self) -> Resolution:
        return (await self.store.journal.page(self.connection.owner_id, limit=1))[0]

    def seen(self) -> list[Any]:
        library = self.sandbox.library
        stacks = library.stacks.values()
        return [
            (
                asset.deleted is None,
                asset.is_favorite,
                asset.description,
                asset.rating,
                asset.place and (asset.place.latitude, asset.place.longitude),
                {library.tags[id_].value for id_ in asset.tag_ids},
                {album.name for album in library.albums.values() if asset.id in album.assets},
                {a.name for a in library.albums.values() if asset.id == a.thumbnail_id},
                next((s.asset_ids for s in stacks if asset.id in s.asset_ids), None),
            )
            for asset in self.assets
        ]


async def doze(seconds: float) -> None:
    await asyncio.sleep(seconds / 20)


@pytest.fixture
async def scene(template: Path, tmp_path: Path) -> AsyncIterator[Scene]:
    path = copy_template(template, tmp_path / "home") / "data.db"
    with Sandbox(assets=4, hostile=False, jpeg_only=True) as sandbox:
        library = sandbox.library
        assets = [library.assets[id_] for id_ in library.album_named("Holiday").assets][:3]
        for asset in assets:
            asset.description, asset.rating, asset.place, asset.tag_ids = "", None, None, ()
        library.describe(assets[1].id, favorite=True, description="A day.", rating=4)
        library.describe(assets[1].id, place=Place(47.3769, 8.5417, "", "", ""))
        library.tag(assets[1].id, "trip/sea", "family")
        library.add_album("Ours", [assets[1].id])
        library.add_stack([assets[2].id, assets[1].id])
        options = ImmichOptions(sandbox.url, sandbox.api_key, retries=0)
        async with (
            await Store.open(path, Secrets.load(KEY, path), clock=lambda: NOW) as store,
            ImmichClient(options, pace=Pace(sleep=doze)) as client,
        ):
            connection = await store.connections.save(
                url=sandbox.url,
                api_key=sandbox.api_key,
                user_id=library.owner.id,
                user_name="Ada",
                user_email="ada@example.test",
                server_version="3.1.0",
                name="Sandbox",
                ca_file=None,
            )
            with alone(store, connection):
                resolver = Resolver(store, client, connection)
                await resolver.begin()
                review = await store.journal.begin_review(connection.owner_id)
                yield Scene(sandbox, store, client, connection, resolver, review, assets)


def assert_merged(scene: Scene, before: list[Any]) -> None:
    keeper, loser, other = scene.seen()
    assert loser[0] is False
    assert keeper[:5] == before[1][:5]
    assert keeper[5:7] == (before[1][5], before[0][6] | before[1][6])
    assert (keeper[7], loser[7]) == (before[0][7] | {"Ours"}, set())
    assert keeper[8] == other[8] == [scene.assets[2].id, scene.assets[0].id]


@pytest.mark.parametrize("route", FORWARD)
async def test_a_reply_that_is_lost_is_no_harm(scene: Scene, route: str) -> None:
    before = scene.seen()
    fault = scene.sandbox.faults.add("drop_before_headers", route=route, times=1)
    made = await scene.resolve()
    assert (fault.fired, made.state, made.error) == (1, ResolutionState.DONE, None)
    assert_merged(scene, before)
    assert (await scene.resolver.undo(made)).error is None
    assert scene.seen() == before


@pytest.mark.parametrize("route", FORWARD)
async def test_an_error_leaves_it_for_later(scene: Scene, route: str) -> None:
    before = scene.seen()
    scene.sandbox.faults.add("status", route=route, status=503)
    with pytest.raises(RetryableError):
        await scene.resolve()
    assert scene.seen()[1][0]  # nothing is trashed before all is merged
    scene.sandbox.faults.clear()
    (ended,) = await scene.resolver.begin()
    assert ended.state in {ResolutionState.DONE, ResolutionState.FAILED}
    if ended.state is ResolutionState.DONE:
        assert_merged(scene, before)
    else:
        assert scene.seen() == before


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        *((route, "status") for route in BACKWARD),
        ("create_stack", "drop_before_headers"),
        ("restore_assets", "drop_before_headers"),
    ],
)
async def test_an_undo_goes_on_after_an_error(scene: Scene, route: str, kind: Any) -> None:
    before = scene.seen()
    made = await scene.resolve()
    scene.sandbox.faults.add(kind, route=route, times=1)
    try:
        undone = await scene.resolver.undo(made)
    except RetryableError:
        scene.sandbox.faults.clear()
        (undone,) = await scene.resolver.begin()
    assert (undone.state, undone.error) == (ResolutionState.UNDONE, None)
    assert scene.seen() == before


async def test_without_a_trash_nothing_is_resolved(scene: Scene) -> None:
    before = scene.seen()
    scene.sandbox.library.trash_enabled = False
    with pytest.raises(ConflictError) as refused:
        await scene.resolve()
    assert "switched off" in refused.value.message
    assert scene.seen() == before


async def test_a_trash_that_was_emptied_is_told_and_what_was_merged_stays(scene: Scene) -> None:
    made = await scene.resolve()
    scene.sandbox.library.delete([scene.assets[1].id])
    merged = scene.seen()[0]
    undone = await scene.resolver.undo(made)
    assert undone.state is ResolutionState.PARTLY
    assert "emptied its trash" in (undone.error or "")
    assert scene.seen()[0] == merged


async def test_what_somebody_changed_since_is_kept_and_told(scene: Scene) -> None:
    before = scene.seen()
    made = await scene.resolve()
    library, keeper = scene.sandbox.library, scene.assets[0]
    library.describe(keeper.id, description="Mine.")
    undone = await scene.resolver.undo(made)
    assert undone.state is ResolutionState.UNDONE
    assert "changed the description since" in (undone.error or "")
    assert keeper.description == "Mine."
    assert scene.seen()[1:] == before[1:]
    assert keeper.rating is None


async def test_a_later_decision_about_the_same_keeper_is_undone_first(scene: Scene) -> None:
    before = scene.seen()
    one = await scene.resolve()
    scene.assets[1], scene.assets[2] = scene.assets[2], scene.assets[1]
    two = await scene.resolve()
    with pytest.raises(ConflictError) as later:
        await scene.resolver.undo(one)
    assert later.value.code == "later_decision"
    for made in (two, one):
        undone = await scene.resolver.undo(made)
        assert (undone.state, undone.error) == (ResolutionState.UNDONE, None)
    scene.assets[1], scene.assets[2] = scene.assets[2], scene.assets[1]
    assert scene.seen() == before


async def test_a_key_is_told_what_it_lacks_before_anything_and_needs_no_more(scene: Scene) -> None:
    before = scene.seen()
    key = scene.sandbox.library.keys[scene.sandbox.api_key]
    for name in sorted(RESOLVING):
        key.permissions = sorted((READ_ONLY | RESOLVING) - {name})
        with pytest.raises(ActionRequiredError) as error:
            await scene.resolver.begin()
        assert error.value.code == "permissions"
        assert name in error.value.message
    assert scene.seen() == before
    key.permissions = sorted(READ_ONLY | RESOLVING)
    await scene.resolver.begin()
    made = await scene.resolve()
    assert (made.state, made.error) == (ResolutionState.DONE, None)
    assert (await scene.resolver.undo(made)).error is None
    assert scene.seen() == before


async def test_what_has_to_be_noted_is_noted_before_a_decision_ends(scene: Scene) -> None:
    noted: list[ResolutionState] = []

    async def note(_: Resolution, state: ResolutionState) -> None:
        noted.append(state)
        if len(noted) % 2:
            raise PermanentError("The disk is full.", code="disk")

    resolver = Resolver(scene.store, scene.client, scene.connection, note)
    with pytest.raises(PermanentError, match="full"):
        await resolver.resolve(scene.decision(), scene.review)
    (made,) = await resolver.begin()
    assert made.state is ResolutionState.DONE
    with pytest.raises(PermanentError, match="full"):
        await resolver.undo(made)
    (undone,) = await resolver.begin()
    assert undone.state is ResolutionState.UNDONE
    assert noted == [ResolutionState.DONE] * 2 + [ResolutionState.UNDONE] * 2


async def test_a_cover_that_somebody_has_chosen_since_is_kept_and_told(scene: Scene) -> None:
    before = scene.seen()
    made = await scene.resolve()
    library = scene.sandbox.library
    ours = library.album_named("Ours")
    library.add_to_album(ours.id, [scene.assets[2].id])
    ours.thumbnail_id = scene.assets[2].id
    undone = await scene.resolver.undo(made)
    assert undone.state is ResolutionState.UNDONE
    assert "The cover of the album Ours was changed since" in (undone.error or "")
    assert ours.thumbnail_id == scene.assets[2].id
    assert [seen[:7] for seen in scene.seen()[:2]] == [seen[:7] for seen in before[:2]]
