"""``/api/config``: the whole set-up of a person's first mirror, as scripts have always made it."""

from __future__ import annotations

from pentaprism.api import saving
from pentaprism.api.belongings import (
    account_of,
    first_mirror,
    mirror_of,
    some_connection,
    some_mirror,
)
from pentaprism.api.bodies import WhichMirror
from pentaprism.api.config_bodies import (
    AlbumChosen,
    AlbumConfig,
    ConfigStatus,
    ImmichConfig,
    ImmichSaved,
    ImmichTested,
    SyncConfig,
    SyncConfigured,
)
from pentaprism.api.google import only
from pentaprism.api.mirrors import set_paused
from pentaprism.api.problems import options_in, refusals
from pentaprism.api.schedules import schedule_body
from pentaprism.app import App
from pentaprism.connections.candidates import Candidate
from pentaprism.definitions import define
from pentaprism.edge import Allow, CurrentPerson, CurrentVisitor, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import ConflictError, InvalidError
from pentaprism.jobs.schedule import interval
from pentaprism.program import Program
from pentaprism.store import AccountState, Connection, Mirror, Person

routes = Routes(Side.API, prefix="/api/config", tags=["config"])

_GOOGLE = "google_photos"


@routes.post("/immich", allow=Allow.PERSON, responses=refusals(409, 429))
async def configure_immich(
    program: CurrentProgram, visitor: CurrentVisitor, person: CurrentPerson, body: ImmichConfig
) -> ImmichSaved:
    """Check a server and a key, and save them as your connection."""
    connection, candidate = await saving.save(
        program,
        visitor,
        person,
        url=body.immich_url,
        api_key=body.immich_api_key.get_secret_value(),
    )
    tested = _tested(candidate)
    return ImmichSaved(**tested.model_dump(), connection_id=connection.id)


@routes.post("/immich/test", allow=Allow.PERSON, responses=refusals(429))
async def try_immich(
    program: CurrentProgram, person: CurrentPerson, body: ImmichConfig
) -> ImmichTested:
    """Look at a server with a key; nothing is saved."""
    key = body.immich_api_key.get_secret_value()
    return _tested(await saving.look(program, person, body.immich_url, key))


def _tested(looked: Candidate) -> ImmichTested:
    found = looked.found
    user = found.user.name if found.user else None
    message = f"Immich {found.server.version} answers{f', as {user}' if user else ''}."
    if found.missing:
        message += f" The key lacks {', '.join(sorted(found.missing))}."
    return ImmichTested(
        success=not looked.lacking,
        url=looked.url,
        version=found.server.version,
        user=user,
        permissions=sorted(found.permissions),
        missing=sorted(found.missing),
        message=message,
    )


@routes.post("/album", allow=Allow.PERSON, responses=refusals(404, 409))
async def configure_album(
    program: CurrentProgram, person: CurrentPerson, body: AlbumConfig
) -> AlbumChosen:
    """Mirror an album to Google Photos; the same album again is the same mirror.

    The album of a mirror never changes: another album becomes another mirror, beside the first.
    """
    mirror = await _existing(program.app, person, body)
    if mirror is None:
        mirror = await _new_mirror(program, person, body)
    return AlbumChosen(
        success=True,
        mirror_id=mirror.id,
        message=f"“{mirror.album_name}” is mirrored to Google Photos.",
    )


async def _existing(app: App, person: Person, body: AlbumConfig) -> Mirror | None:
    """Return the mirror that the same request has made before, None if there is none."""
    if body.mirror_id is not None:
        mirror = await mirror_of(app, person, body.mirror_id)
        if mirror.album_id == body.album_id and mirror.kind == _GOOGLE:
            return mirror
        raise ConflictError(
            f"This mirror is one of “{mirror.album_name}”, and that cannot be changed.",
            code="album_fixed",
            hint="Leave mirror_id out, and the album gets a mirror of its own.",
        )
    for mirror in await app.store.mirrors.list(person.id):
        same = (mirror.album_id, mirror.kind) == (body.album_id, _GOOGLE)
        if same and body.account_id in {None, mirror.place}:
            return mirror
    return None


async def _new_mirror(program: Program, person: Person, body: AlbumConfig) -> Mirror:
    app = program.app
    if body.account_id is not None:
        account = await account_of(app, person, body.account_id)
    else:
        account = only(await app.accounts.list(person.id))
    connection = await some_connection(app, person, None)
    album = await program.albums.find(connection, body.album_id)
    with options_in("account_id"):
        definition = await define(
            app,
            person,
            connection=connection,
            album=album,
            kind=_GOOGLE,
            values={"account": account.id},
        )
    return await definition.save()


@routes.post("/sync", allow=Allow.PERSON, responses=refusals(404))
async def configure_sync(
    program: CurrentProgram, person: CurrentPerson, body: SyncConfig
) -> SyncConfigured:
    """Let a mirror run every so many minutes, or pause it."""
    mirror = await some_mirror(program.app, person, body.mirror_id)
    if body.interval_minutes is not None:
        mirror = await program.clock.plan(mirror, interval(body.interval_minutes))
    elif body.enabled and mirror.schedule is None:
        raise InvalidError(
            "It is not known how often the mirror shall run.",
            code="schedule",
            hint="Give interval_minutes.",
        )
    if mirror.paused == body.enabled:
        await set_paused(program, mirror, paused=not body.enabled)
    return _configured(await program.app.store.mirrors.get(mirror.id))


def _configured(mirror: Mirror) -> SyncConfigured:
    schedule = schedule_body(mirror.schedule)
    minutes = schedule.interval_minutes if schedule else None
    if mirror.paused:
        how = "is paused"
    elif minutes is not None:
        how = f"runs every {minutes:g} minutes"
    else:
        how = "runs by its schedule"
    return SyncConfigured(
        success=True,
        mirror_id=mirror.id,
        enabled=not mirror.paused,
        interval_minutes=minutes,
        next_run_at=None if mirror.paused else mirror.next_run_at,
        message=f"“{mirror.album_name}” {how}.",
    )


@routes.get("/status", allow=Allow.PERSON, responses=refusals(404))
async def config_status(
    program: CurrentProgram, person: CurrentPerson, mirror_id: WhichMirror = None
) -> ConfigStatus:
    """Tell how far your set-up is."""
    app = program.app
    mirror = await first_mirror(app, person, mirror_id)
    connection = await _connection(app, person, mirror)
    accounts = await app.accounts.list(person.id)
    connected = [one for one in accounts if one.state is AccountState.CONNECTED]
    health = program.health.of(connection) if connection else None
    schedule = schedule_body(mirror.schedule) if mirror else None
    return ConfigStatus(
        configured=mirror is not None and connection is not None,
        immich_configured=connection is not None,
        immich_url=connection.url if connection else None,
        immich_user=connection.user_name if connection else None,
        immich_ok=health.ok if health else None,
        google_connected=bool(connected),
        account_id=connected[0].id if connected else None,
        album_configured=mirror is not None,
        album_id=mirror.album_id if mirror else None,
        album_name=mirror.album_name if mirror else None,
        mirror_id=mirror.id if mirror else None,
        sync_enabled=schedule is not None and mirror is not None and not mirror.paused,
        interval_minutes=schedule.interval_minutes if schedule else None,
        cron=schedule.cron if schedule else None,
        next_run_at=mirror.next_run_at if mirror and not mirror.paused else None,
    )


async def _connection(app: App, person: Person, mirror: Mirror | None) -> Connection | None:
    if mirror is not None:
        return await app.mirror_connection(mirror)
    return await app.store.connections.default(person.id)
