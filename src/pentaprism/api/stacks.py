"""``/api/stacks``: groups as stacks in Immich, planned, pushed and taken back."""

from __future__ import annotations

from pentaprism.api.belongings import some_connection
from pentaprism.api.bodies import WhichConnection
from pentaprism.api.problems import refusals
from pentaprism.api.stack_bodies import StackPlanBody, StacksRequest, StackWork
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import NotFoundError

routes = Routes(Side.API, prefix="/api/stacks", tags=["stacks"])


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def get_stack_work(
    program: CurrentProgram, person: CurrentPerson, connection_id: WhichConnection = None
) -> StackWork:
    """Return the push or undo that is under way, else the last one since the server began."""
    connection = await some_connection(program.app, person, connection_id)
    made = program.stack_pushes.last(connection.id)
    if made is None:
        raise NotFoundError(
            "No stacks were pushed since the server began.",
            code="no_push",
            hint="POST /api/stacks/push begins it.",
        )
    return StackWork.of(made)


@routes.get("/plan", allow=Allow.PERSON, responses=refusals(404))
async def plan_stacks(
    program: CurrentProgram, person: CurrentPerson, connection_id: WhichConnection = None
) -> StackPlanBody:
    """Tell what a push would do, by what is indexed now; nothing is changed."""
    connection = await some_connection(program.app, person, connection_id)
    return StackPlanBody.of(connection.id, await program.stack_pushes.plan(connection))


@routes.post("/push", allow=Allow.PERSON, status_code=202, responses=refusals(404, 409))
async def push_stacks(
    program: CurrentProgram, person: CurrentPerson, body: StacksRequest | None = None
) -> StackWork:
    """Begin to make stacks of your groups; stacks that are not ours are left alone."""
    chosen = body.connection_id if body else None
    connection = await some_connection(program.app, person, chosen)
    return StackWork.of(program.stack_pushes.begin(connection))


@routes.post("/undo", allow=Allow.PERSON, status_code=202, responses=refusals(404, 409))
async def undo_stacks(
    program: CurrentProgram, person: CurrentPerson, body: StacksRequest | None = None
) -> StackWork:
    """Begin to take the last push back that was not taken back yet; no asset is touched."""
    chosen = body.connection_id if body else None
    connection = await some_connection(program.app, person, chosen)
    return StackWork.of(program.stack_pushes.begin(connection, undo=True))
