"""The calls that resolving duplicates needs, against the sandbox and against lost answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scripted_server import Raw, Request, Sleeps, reply

from pentaprism.assets import Visibility
from pentaprism.errors import ActionRequiredError, NotFoundError
from pentaprism.immich import RESOLVING, AssetState, ImmichClient, ImmichOptions, Outcome
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import Place

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"
BERLIN = Place(52.52, 13.405, "Berlin")
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=8, hostile=False, jpeg_only=True) as running:
        for asset in running.library.assets.values():
            asset.description, asset.rating, asset.place, asset.tag_ids = "", None, None, ()
        yield running


@pytest.fixture
def client(sandbox: Sandbox, connect: Any) -> ImmichClient:
    made: ImmichClient = connect(sandbox.url, api_key=sandbox.api_key)
    return made


def ids(sandbox: Sandbox) -> list[str]:
    return list(sandbox.library.album_named("Holiday").assets)


def made_of(state: AssetState) -> tuple[Any, ...]:
    """Return what a person has made of an asset."""
    place = (state.latitude, state.longitude)
    tags = {tag.value for tag in state.tags}
    return state.is_favorite, state.description, state.rating, place, tags


async def test_a_state_tells_what_a_person_has_made_of_an_asset(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    one, two, three, *_ = ids(sandbox)
    library = sandbox.library
    library.describe(one, description="A day", rating=4, place=BERLIN, favorite=True)
    library.tag(one, "trips/berlin", "family")
    stack = library.add_stack([two, one])
    library.trash([two])
    state = await client.asset_state(one)
    assert made_of(state) == (True, "A day", 4, (52.52, 13.405), {"trips/berlin", "family"})
    assert {tag.id for tag in state.tags} == set(library.assets[one].tag_ids)
    assert (state.id, state.owner_id, state.library_id) == (one, library.owner.id, None)
    assert state.checksum.sha1 == library.assets[one].checksum
    assert (state.is_trashed, state.visibility) == (False, Visibility.TIMELINE)
    # The primary is named, though a stack does not show what is in the trash.
    assert state.stack is not None
    assert (state.stack.id, state.stack.primary_asset_id) == (stack.id, two)
    assert state.stack.asset_ids == (one,)
    assert (await client.asset_state(two)).is_trashed
    plain = await client.asset_state(three)
    assert made_of(plain) == (False, "", None, (None, None), set())
    assert plain.stack is None
    with pytest.raises(NotFoundError) as absent:
        await client.asset_state(UNKNOWN)
    assert absent.value.code == "asset_not_found"


FULL = (True, "A day", 4, (52.52, 13.405), set[str]())


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"is_favorite": False}, (False, *FULL[1:])),
        ({"description": "Another"}, (True, "Another", *FULL[2:])),
        ({"description": " Two\nlines "}, (True, "Two\nlines", *FULL[2:])),
        ({"description": ""}, (True, "", *FULL[2:])),
        ({"rating": 1}, (*FULL[:2], 1, *FULL[3:])),
        ({"rating": None}, (*FULL[:2], None, *FULL[3:])),
        ({"latitude": -1.23456789, "longitude": 2}, (*FULL[:3], (-1.234568, 2), set())),
        ({"latitude": None, "longitude": None}, (*FULL[:3], (None, None), set())),
        (
            {"is_favorite": False, "description": "", "rating": None}
            | {"latitude": None, "longitude": None},
            (False, "", None, (None, None), set()),
        ),
        ({}, FULL),
    ],
    ids=str,
)
async def test_what_is_given_changes_and_the_rest_stays(
    sandbox: Sandbox,
    client: ImmichClient,
    sleeps: Sleeps,
    change: dict[str, Any],
    wanted: tuple[Any, ...],
) -> None:
    asset_id = ids(sandbox)[0]
    sandbox.library.describe(asset_id, description="A day", rating=4, place=BERLIN, favorite=True)
    since = await client.change_asset(asset_id, **change)
    assert made_of(await client.wait_for_metadata(asset_id, since)) == wanted
    # One look, and a second that agrees: nothing is waited for that does not come.
    assert len(sleeps) == 1


async def test_what_follows_a_wait_is_kept() -> None:
    async with Sandbox(assets=2, hostile=False, metadata_delay=0.05) as slow:
        asset_id = ids(slow)[0]
        slow.library.assets[asset_id].description = ""
        async with ImmichClient(ImmichOptions(slow.url, slow.api_key)) as client:
            since = await client.change_asset(asset_id, description=" one ", is_favorite=True)
            hasty = await client.change_asset(asset_id, description="two")
            state = await client.wait_for_metadata(asset_id, hasty)
            assert state.description == "one"
            since = await client.change_asset(asset_id, description="two")
            state = await client.wait_for_metadata(asset_id, since)
            assert (state.description, state.is_favorite) == ("two", True)
            tag = (await client.upsert_tags(["Kept"]))[0]
            await client.tag_assets([tag.id], [asset_id])
            state = await client.wait_for_metadata(asset_id, state.updated_at)
            assert (state.tags, state.description) == ((tag,), "two")


async def test_a_wait_for_what_never_comes_ends(
    sandbox: Sandbox, client: ImmichClient, sleeps: Sleeps
) -> None:
    state = await client.asset_state(ids(sandbox)[0])
    assert await client.wait_for_metadata(state.id, LATEST, seconds=3.0) == state
    assert 3.0 <= sum(sleeps) < 4.0


async def test_albums_are_told_with_what_may_be_done_there(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library = sandbox.library
    asset_id, user_id = ids(sandbox)[-1], library.owner.id
    theirs = list(library.users)[1]
    for name, role in (("Watched", "viewer"), ("Edited", "editor")):
        album = library.add_album(name, [asset_id], owner_id=theirs)
        library.share_album(album.id, user_id, role)
    library.add_album("Unseen", [asset_id], owner_id=theirs)
    library.trash([asset_id])
    found = await client.albums_of(asset_id)
    assert {(place.name, place.owner_id, place.may_change) for place in found} == {
        ("Holiday", user_id, True),
        ("Watched", theirs, False),
        ("Edited", theirs, True),
    }
    assert await client.albums_of(asset_id, user_id=user_id) == found
    assert await client.albums_of(UNKNOWN) == []


async def test_assets_are_put_into_albums_and_taken_out(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    album = library.add_album("New", [two])
    foreign = next(iter(library.album_named("Shared with me").assets))
    library.trash([one])
    assert await client.add_to_album(album.id, [one, two, one, foreign, UNKNOWN]) == {
        one: Outcome.DONE,
        two: Outcome.ALREADY,
        foreign: Outcome.REFUSED,
        UNKNOWN: Outcome.REFUSED,
    }
    assert list(album.assets) == [two, one]
    assert await client.remove_from_album(album.id, [one, foreign, UNKNOWN]) == {
        one: Outcome.DONE,
        foreign: Outcome.ALREADY,
        UNKNOWN: Outcome.ALREADY,
    }
    assert list(album.assets) == [two]


@pytest.mark.parametrize("role", ["viewer", None, "unknown"])
async def test_an_album_that_may_not_be_changed_is_not_there(
    sandbox: Sandbox, client: ImmichClient, role: str | None
) -> None:
    library, asset_id = sandbox.library, ids(sandbox)[0]
    album_id = UNKNOWN
    if role != "unknown":
        album_id = library.add_album("Theirs", [asset_id], owner_id=list(library.users)[1]).id
    if role == "viewer":
        library.share_album(album_id, library.owner.id, role)
    for call in (client.add_to_album, client.remove_from_album):
        with pytest.raises(NotFoundError) as absent:
            await call(album_id, [asset_id])
        assert absent.value.code == "album_not_found"


async def test_tags_are_made_given_and_taken(sandbox: Sandbox, client: ImmichClient) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    foreign = next(iter(library.album_named("Garden").assets))
    made = await client.upsert_tags(["Trip/Beach", "/Trip//Hill/", "Trip/Beach", ""])
    assert [tag.value for tag in made] == ["Trip/Beach", "Trip/Hill"]
    assert await client.upsert_tags(["Trip/Beach"]) == made[:1]
    beach, hill = (tag.id for tag in made)
    assert await client.tag_assets([beach, hill], [one, two, foreign, UNKNOWN]) == 4
    assert await client.tag_assets([beach, UNKNOWN], [one]) == 0
    assert set((await client.asset_state(two)).tags) == set(made)
    assert library.assets[foreign].tag_ids == ()
    gone = await client.untag_assets(beach, [one, UNKNOWN])
    assert gone == {one: Outcome.DONE, UNKNOWN: Outcome.ALREADY}
    assert (await client.untag_assets(beach, [one])) == {one: Outcome.ALREADY}
    assert (await client.asset_state(one)).tags == (made[1],)
    with pytest.raises(NotFoundError) as absent:
        await client.untag_assets(UNKNOWN, [one])
    assert absent.value.code == "tag_not_found"


async def test_the_trash_keeps_what_an_asset_has(sandbox: Sandbox, client: ImmichClient) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    library.describe(one, description="A day", favorite=True)
    library.tag(one, "family")
    library.add_stack([one, two])
    before, albums = await client.asset_state(one), await client.albums_of(one)
    await client.trash([one])
    await client.trash([one, one])
    assert (await client.asset_state(one)).is_trashed
    assert [album.id for album in await client.albums_of(one)] == [album.id for album in albums]
    await client.restore([one, two])
    await client.restore([one])
    after = await client.asset_state(one)
    assert (made_of(after), after.stack) == (made_of(before), before.stack)
    assert not after.is_trashed


@pytest.mark.parametrize("kind", ["unknown", "foreign", "locked"])
async def test_all_are_trashed_or_none(sandbox: Sandbox, client: ImmichClient, kind: str) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    other = UNKNOWN
    if kind == "foreign":
        other = next(iter(library.album_named("Shared with me").assets))
    if kind == "locked":
        library.lock(other := two)
    for call in (client.trash, client.restore):
        with pytest.raises(NotFoundError) as absent:
            await call([one, other])
        assert absent.value.code == "asset_not_found"
        assert library.assets[one].deleted is None


async def test_nothing_is_trashed_where_the_trash_is_off(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    assert await client.trash_enabled()
    terms = await client.trash_terms()
    assert (terms.enabled, terms.days) == (True, 30)
    sandbox.library.trash_enabled = False
    assert not await client.trash_enabled()
    with pytest.raises(ActionRequiredError) as off:
        await client.trash(ids(sandbox)[:1])
    assert off.value.code == "trash_off"
    assert sandbox.traffic.of("delete_assets").requests == 0


async def test_no_assets_are_no_question(sandbox: Sandbox, client: ImmichClient) -> None:
    await client.trash([])
    await client.restore([])
    assert client.traffic.requests == 0


@pytest.mark.parametrize("kind", ["drop_before_headers", "status"])
async def test_an_answer_that_is_lost_is_asked_for_again(
    sandbox: Sandbox, client: ImmichClient, kind: Any
) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    album = library.add_album("New")
    tag = library.upsert_tag("Trip")
    other = library.upsert_tag("Other")
    library.tag(one, "Other")
    library.trash([two])
    for route, call in (
        ("update_asset", client.change_asset(one, rating=5)),
        ("album_add", client.add_to_album(album.id, [one])),
        ("album_remove", client.remove_from_album(album.id, [two])),
        ("upsert_tags", client.upsert_tags(["Trip"])),
        ("assign_tags", client.tag_assets([tag.id], [one])),
        ("untag_assets", client.untag_assets(other.id, [one])),
        ("delete_assets", client.trash([one])),
        ("restore_assets", client.restore([two])),
    ):
        fault = sandbox.faults.add(kind, route=route, times=1)
        await call
        assert fault.fired == 1, route
    asset = library.assets[one]
    assert (asset.rating, asset.tag_ids, list(album.assets)) == (5, (tag.id,), [one])
    assert asset.deleted is not None
    assert library.assets[two].deleted is None


async def test_each_call_needs_one_permission(sandbox: Sandbox, connect: Any) -> None:
    asset_id = ids(sandbox)[0]
    stack = sandbox.library.add_stack(ids(sandbox)[:2])
    key = sandbox.library.add_key(["user.read"])
    client = connect(sandbox.url, api_key=key.secret)
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "asset.update": lambda: client.change_asset(asset_id, rating=1),
        "album.update": lambda: client.set_album_cover(UNKNOWN, asset_id),
        "albumAsset.create": lambda: client.add_to_album(UNKNOWN, [asset_id]),
        "albumAsset.delete": lambda: client.remove_from_album(UNKNOWN, [asset_id]),
        "tag.asset": lambda: client.tag_assets([UNKNOWN], [asset_id]),
        "asset.delete": lambda: client.trash([asset_id]),
        "stack.delete": lambda: client.delete_stack(stack.id),
    }
    for name, call in calls.items():
        assert name in RESOLVING
        with pytest.raises(ActionRequiredError, match=name) as refused:
            await call()
        assert refused.value.code == "permissions"
    assert (await client.preflight(RESOLVING)).missing == RESOLVING
    sandbox.library.permit(key.secret, ["asset.read"])
    with pytest.raises(ActionRequiredError, match=r"stack\.read"):
        await client.asset_state(asset_id)


async def test_an_album_shows_what_is_chosen_of_it(sandbox: Sandbox, client: ImmichClient) -> None:
    library, (one, two, *_) = sandbox.library, ids(sandbox)
    album = library.add_album("New", [one, two])
    await client.set_album_cover(album.id, two)
    assert [a.cover_id for a in await client.albums_of(one) if a.id == album.id] == [two]
    library.remove_from_album(album.id, [two])
    for album_id, code in ((album.id, "not_in_album"), (UNKNOWN, "album_not_found")):
        with pytest.raises(NotFoundError) as refused:
            await client.set_album_cover(album_id, two)
        assert refused.value.code == code
    # Another one is chosen for good as soon as somebody looks at albums.
    library.trash([one])
    assert [a.cover_id for a in await client.albums_of(one) if a.id == album.id] == [None]


async def test_what_can_be_no_id_is_not_asked_for(client: ImmichClient) -> None:
    wrong = "../albums"
    for call in (
        client.asset_state(wrong),
        client.albums_of(wrong, user_id=UNKNOWN),
        client.add_to_album(wrong, [UNKNOWN]),
        client.set_album_cover(wrong, UNKNOWN),
        client.set_album_cover(UNKNOWN, wrong),
        client.remove_from_album(UNKNOWN, [wrong]),
        client.change_asset(wrong, rating=1),
        client.tag_assets([wrong], [UNKNOWN]),
        client.untag_assets(wrong, [UNKNOWN]),
        client.trash([UNKNOWN, wrong]),
        client.restore([wrong]),
    ):
        with pytest.raises(NotFoundError):
            await call
    assert client.traffic.requests == 0


async def test_a_server_without_put_is_told_with_patch(serve: Any, connect: Any) -> None:
    def answer(request: Request) -> Raw:
        if request.path == "/api/server/config":
            return reply({"maintenanceMode": False})
        if request.method == "PATCH":
            asset = {"id": UNKNOWN, "checksum": "", "originalFileName": "a.jpg"}
            return reply(asset | {"updatedAt": "2024-01-01T00:00:00.000Z"})
        return reply({"message": f"Cannot PUT {request.path}"}, 404)

    moved = await connect(serve(answer).url).change_asset(UNKNOWN, rating=1)
    assert moved == datetime(2024, 1, 1, tzinfo=UTC)
