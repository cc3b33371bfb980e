"""The calls for stacks, against the sandbox and against answers that get lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from scripted_server import Raw, Request, always, reply, script

from pentaprism.errors import ActionRequiredError, NotFoundError, PermanentError, RetryableError
from pentaprism.immich import STACKS, ImmichClient
from pentaprism.sandbox.immich import Sandbox

UNKNOWN = "14e378d0-5fb5-4fdb-92a7-5e49d9f96305"
OTHER = "24e378d0-5fb5-4fdb-92a7-5e49d9f96305"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(assets=8, hostile=False) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, connect: Any) -> ImmichClient:
    made: ImmichClient = connect(sandbox.url, api_key=sandbox.api_key)
    return made


def ids(sandbox: Sandbox) -> list[str]:
    return list(sandbox.library.album_named("Holiday").assets)


async def test_a_stack_is_made_listed_turned_and_taken_apart(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    one, two, three, *_ = ids(sandbox)
    assert await client.stacks() == []
    made = await client.create_stack([two, one, three])
    assert made.asset_ids[0] == made.primary_asset_id == two
    assert set(made.asset_ids) == {one, two, three}
    assert made.owner_ids == {sandbox.library.owner.id}
    assert await client.stacks() == [made]
    turned = await client.show_first(made.id, three)
    assert (turned.id, turned.asset_ids[0]) == (made.id, three)
    await client.delete_stack(made.id)
    await client.delete_stack(made.id)
    assert await client.stacks() == []
    assert {asset.stack_id for asset in sandbox.library.assets.values()} == {None}


async def test_another_stacks_primary_brings_the_whole_stack(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    one, two, three, four, *_ = ids(sandbox)
    old = await client.create_stack([one, two])
    made = await client.create_stack([three, four, one])
    assert set(made.asset_ids) == {one, two, three, four}
    assert [stack.id for stack in await client.stacks()] == [made.id] != [old.id]


async def test_stacks_of_an_older_server_have_the_same_shape(connect: Any) -> None:
    async with Sandbox(assets=4, hostile=False, version="2.5.0") as sandbox:
        client = connect(sandbox.url, api_key=sandbox.api_key)
        made = await client.create_stack(ids(sandbox)[:2])
        assert await client.stacks() == [made]


async def test_only_the_users_own_assets_and_stacks_can_be_used(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    mine = ids(sandbox)[0]
    shared = next(iter(sandbox.library.album_named("Shared with me").assets))
    for foreign in (shared, UNKNOWN, "no id"):
        with pytest.raises(NotFoundError) as refused:
            await client.create_stack([mine, foreign])
        assert refused.value.code == "asset_not_found"
    second = sandbox.library.assets[shared].owner_id
    theirs = sandbox.library.add_stack(list(sandbox.library.album_named("Shared with me").assets))
    assert theirs.owner_id == second
    assert await client.stacks() == []
    with pytest.raises(NotFoundError) as absent:
        await client.show_first(theirs.id, shared)
    assert absent.value.code == "stack_not_found"
    await client.delete_stack(theirs.id)
    assert theirs.id in sandbox.library.stacks


async def test_what_immich_refuses_is_told_in_its_words(
    sandbox: Sandbox, client: ImmichClient
) -> None:
    one, two, three, *_ = ids(sandbox)
    made = await client.create_stack([one, two])
    with pytest.raises(PermanentError, match="Primary asset must be in the stack") as refused:
        await client.show_first(made.id, three)
    assert refused.value.code == "stack_refused"
    with pytest.raises(PermanentError) as single:
        await client.create_stack([one])
    assert single.value.code == "stack_refused"


async def test_a_missing_permission_is_named(sandbox: Sandbox, connect: Any) -> None:
    one, two, *_ = ids(sandbox)
    stack = sandbox.library.add_stack([one, two])
    client = connect(sandbox.url, api_key=sandbox.library.add_key(["user.read"]).secret)
    for name, call in {
        "stack.read": client.stacks(),
        "stack.create": client.create_stack([one, two]),
        "stack.update": client.show_first(stack.id, two),
        "stack.delete": client.delete_stack(stack.id),
    }.items():
        assert name in STACKS
        with pytest.raises(ActionRequiredError, match=name) as refused:
            await call
        assert refused.value.code == "permissions"
    assert (await client.preflight(STACKS)).missing == STACKS


def stack_reply(primary: str = UNKNOWN) -> Raw:
    return reply(
        {"id": OTHER, "primaryAssetId": primary, "assets": [{"id": UNKNOWN}, {"id": OTHER}]}
    )


async def test_a_lost_answer_to_making_a_stack_is_not_asked_for_again(
    serve: Any, connect: Any
) -> None:
    for broken in (Raw(b""), reply(status=502), Raw(b"HTTP/1.1 201 Created\r\nContent-Le")):
        server = serve(script(always(broken), then=always(stack_reply())))
        with pytest.raises(RetryableError) as lost:
            await connect(server.url).create_stack([UNKNOWN, OTHER])
        assert lost.value.code == "immich_unavailable"
        assert [request.method for request in server.requests] == ["POST"]


async def test_what_may_be_repeated_is_repeated(serve: Any, connect: Any) -> None:
    broken = always(Raw(b""))
    server = serve(script(broken, then=always(stack_reply(OTHER))))
    turned = await connect(server.url).show_first(OTHER, OTHER)
    assert turned.asset_ids == (OTHER, UNKNOWN)
    server = serve(script(broken, then=always(reply(status=204))))
    await connect(server.url).delete_stack(OTHER)
    assert {request.method for request in server.requests} == {"DELETE"}


async def test_a_server_without_put_is_asked_with_patch(serve: Any, connect: Any) -> None:
    def answer(request: Request) -> Raw:
        if request.path == "/api/server/config":
            return reply({"maintenanceMode": False})
        if request.method == "PATCH":
            return stack_reply(OTHER)
        return reply({"message": f"Cannot PUT {request.path}"}, 404)

    turned = await connect(serve(answer).url).show_first(OTHER, OTHER)
    assert turned.primary_asset_id == OTHER
