"""What belongs to the person who asks; what is somebody else's is told like what there is not."""

from __future__ import annotations

from pentaprism.app import App
from pentaprism.definitions import own_connection, own_mirror, own_root
from pentaprism.errors import ActionRequiredError, InvalidError, NotFoundError
from pentaprism.store import Account, Connection, Mirror, Person, Run
from pentaprism.store.duplicate_records import DuplicateGroup, DuplicateMark, Verdict
from pentaprism.store.duplicates import duplicates_not_found
from pentaprism.store.journal_records import Resolution, Review
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


async def source_of(
    app: App, person: Person, root_id: str | None, connection_id: str | None
) -> str | None:
    """Return the id of a root or connection of ``person``, None without; raises `NotFoundError`.

    Raises `InvalidError` with code ``two_sources`` where both are named.
    """
    if root_id is not None and connection_id is not None:
        raise InvalidError(
            "Files are looked for in a folder or at a connection.",
            code="two_sources",
            hint="Give root_id or connection_id, not both.",
        )
    if root_id is not None:
        return (await root_of(app, person, root_id)).id
    if connection_id is not None:
        return (await connection_of(app, person, connection_id)).id
    return None


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


async def duplicates_of(app: App, person: Person, duplicates_id: str) -> DuplicateGroup:
    """Return a group of duplicates of ``person``; raises `NotFoundError`."""
    group = await app.store.duplicates.get(duplicates_id)
    if group.owner_id != person.id:
        raise duplicates_not_found(duplicates_id)
    return group


async def mark_of(app: App, person: Person, file_row: int) -> DuplicateMark:
    """Return the mark of a file of ``person``; raises `NotFoundError`."""
    found = await app.store.duplicate_marks.page(person.id, after=file_row - 1, limit=1)
    if not found or found[0].file_row != file_row:
        raise _none("mark", str(file_row), "GET /api/duplicates/marked lists yours.")
    return found[0]


async def verdict_of(app: App, person: Person, verdict_id: int) -> Verdict:
    """Return a verdict of ``person``; raises `NotFoundError`."""
    for verdict in await app.store.verdicts.get([verdict_id]):
        if verdict.owner_id == person.id:
            return verdict
    raise _none("verdict", str(verdict_id), "GET /api/duplicates/verdicts lists yours.")


async def decision_of(app: App, person: Person, decision_id: str) -> Resolution:
    """Return a decision of ``person`` about duplicates; raises `NotFoundError`."""
    hint = "GET /api/journal lists yours."
    try:
        found = await app.store.journal.get(decision_id)
    except NotFoundError as error:
        raise _none("decision", decision_id, hint) from error
    if found.owner_id != person.id:
        raise _none("decision", decision_id, hint)
    return found


async def review_of(app: App, person: Person, review_id: str) -> Review:
    """Return a review of duplicates by ``person``; raises `NotFoundError`."""
    hint = "GET /api/journal/reviews lists yours."
    try:
        found = await app.store.journal.review(review_id)
    except NotFoundError as error:
        raise _none("review", review_id, hint) from error
    if found.owner_id != person.id:
        raise _none("review", review_id, hint)
    return found


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
