"""What belongs to the person who asks; what is somebody else's is told like what there is not."""

from __future__ import annotations

from pentaprism.app import App
from pentaprism.definitions import own_connection, own_mirror, own_root
from pentaprism.errors import ActionRequiredError, NotFoundError
from pentaprism.store import Account, Connection, Mirror, Person, Run
from pentaprism.store.library_records import FileGroup, Root


async def mirror_of(app: App, person: Person, mirror_id: str) -> Mirror:
    """Return a mirror of ``person``; raises `NotFoundError`."""
    try:
        return await own_mirror(app, person, mirror_id)
    except NotFoundError as error:
        raise _none("mirror", mirror_id, "GET /api/mirrors lists yours.") from error


async def connection_of(app: App, person: Person, connection_id: str) -> Connection:
    """Return a connection of ``person``; raises `NotFoundError`."""
    try:
        return await own_connection(app, person, connection_id)
    except NotFoundError as error:
        raise _none("connection", connection_id, "GET /api/connections lists yours.") from error


async def account_of(app: App, person: Person, account_id: str) -> Account:
    """Return an account of ``person``; raises `NotFoundError`."""
    for account in await app.accounts.list(person.id):
        if account.id == account_id:
            return account
    raise _none("account", account_id, "GET /api/accounts lists yours.")


async def run_of(app: App, person: Person, run_id: str) -> Run:
    """Return a run of one of the mirrors of ``person``; raises `NotFoundError`."""
    hint = "GET /api/runs lists yours."
    try:
        owner_id = await app.store.runs.owner_of(run_id)
        if owner_id == person.id:
            return await app.store.runs.get(run_id)
    except NotFoundError as error:
        raise _none("run", run_id, hint) from error
    raise _none("run", run_id, hint)


async def root_of(app: App, person: Person, root_id: str) -> Root:
    """Return a root of ``person``; raises `NotFoundError`."""
    try:
        return await own_root(app, person, root_id)
    except NotFoundError as error:
        raise _none("root", root_id, "GET /api/roots lists yours.") from error


async def group_of(app: App, person: Person, group_id: str) -> FileGroup:
    """Return a group of files of ``person``; raises `NotFoundError`."""
    hint = "GET /api/groups lists yours; a group that has changed may have another id."
    try:
        group = await app.store.file_groups.get(group_id)
    except NotFoundError as error:
        raise _none("group", group_id, hint) from error
    if group.owner_id != person.id:
        raise _none("group", group_id, hint)
    return group


async def first_mirror(app: App, person: Person, mirror_id: str | None) -> Mirror | None:
    """Return the mirror that is meant: the named one, or the oldest, None where there is none."""
    if mirror_id is not None:
        return await mirror_of(app, person, mirror_id)
    mirrors = await app.store.mirrors.list(person.id)
    return mirrors[0] if mirrors else None


async def some_mirror(app: App, person: Person, mirror_id: str | None) -> Mirror:
    """Return the mirror that is meant, as `first_mirror`; raises `NotFoundError` without any."""
    mirror = await first_mirror(app, person, mirror_id)
    if mirror is None:
        raise NotFoundError(
            "You have no mirror yet.",
            code="no_mirror_yet",
            hint="Make one on the pages, with POST /api/mirrors or POST /api/config/album.",
        )
    return mirror


async def some_connection(app: App, person: Person, connection_id: str | None) -> Connection:
    """Return the connection that is meant: the named one, or the one that was saved last.

    Raises `ActionRequiredError` with code ``no_connection`` where there is none.
    """
    if connection_id is not None:
        return await connection_of(app, person, connection_id)
    connection = await app.store.connections.default(person.id)
    if connection is None:
        raise ActionRequiredError(
            "You have no connection to Immich yet.",
            code="no_connection",
            hint="Add one on the pages, or with POST /api/connections.",
        )
    return connection


def _none(thing: str, id_: str, hint: str) -> NotFoundError:
    return NotFoundError(f"There is no {thing} {id_}.", code=f"{thing}_not_found", hint=hint)
