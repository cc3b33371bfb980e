"""Groups as stacks of Immich over HTTP: planned, pushed once, and taken back."""

from __future__ import annotations

from typing import Any

from api_world import ApiWorld, Caller


async def worked(world: ApiWorld, caller: Caller, way: str) -> Any:
    """Push or undo, and return how it ended."""
    begun = await caller.post(f"/api/stacks/{way}")
    assert begun.status == 202, begun.text
    assert begun.body["state"] == "running"
    assert caller.person is not None
    (connection,) = await world.app.store.connections.list(caller.person.id)
    await world.program.stack_pushes.finished(connection.id)
    return (await caller.get("/api/stacks")).body


async def test_groups_are_pushed_once_and_taken_back(world: ApiWorld) -> None:
    caller = await world.with_token()
    pair = [world.world.make(name).id for name in ("DSC_1.dng", "DSC_1.jpg")]
    assert (await caller.get("/api/stacks")).code == "no_push"
    pushed = await worked(world, caller, "push")
    assert (pushed["state"], pushed["created"], pushed["error"]) == ("ended", 1, None)
    assets = world.world.library.assets
    assert len({assets[id_].stack_id for id_ in pair}) == 1
    assert assets[pair[0]].stack_id is not None
    plan = (await caller.get("/api/stacks/plan")).body
    assert (plan["steps"], plan["kept"]) == ([], 1)
    again = await worked(world, caller, "push")
    assert (again["created"], again["kept"]) == (0, 1)
    undone = await worked(world, caller, "undo")
    assert (undone["state"], undone["undo"], undone["deleted"]) == ("ended", True, 1)
    assert {assets[id_].stack_id for id_ in pair} == {None}
    plan = (await caller.get("/api/stacks/plan")).body
    assert [step["after"] for step in plan["steps"]] == [pair[::-1]]
    assert plan["counts"]["create"] == 1
    nothing = await worked(world, caller, "undo")
    assert (nothing["state"], nothing["nothing"]) == ("ended", True)


async def test_a_key_that_may_not_is_told(world: ApiWorld) -> None:
    user = world.other()
    key = world.world.library.add_key(
        ["album.read", "asset.read", "asset.download", "user.read"], user_id=user.id
    )
    await world.app.connect(world.world.sandbox.url, key.secret)
    caller = await world.with_token(user)
    failed = await worked(world, caller, "push")
    assert failed["state"] == "failed"
    assert "stack." in failed["error"]


async def test_nobody_else_stacks(world: ApiWorld) -> None:
    (connection,) = await world.app.store.connections.list()
    other = await world.signed_in(world.other())
    body = {"connection_id": connection.id}
    replies = [
        await other.get("/api/stacks", connection_id=connection.id),
        await other.get("/api/stacks/plan", connection_id=connection.id),
        await other.post("/api/stacks/push", body),
        await other.post("/api/stacks/undo", body),
    ]
    assert {(reply.status, reply.code) for reply in replies} == {(404, "connection_not_found")}
    assert (await other.post("/api/stacks/push")).code == "no_connection"
