"""Everything that a running server is made of; pages and API get it with each request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from pentaprism.access import Attempts, Door, Sessions, SetUp, Tokens
from pentaprism.app import App
from pentaprism.connections.albums import AlbumLists
from pentaprism.connections.disks import Disks
from pentaprism.connections.health import Health
from pentaprism.connections.pool import ConnectionPool
from pentaprism.connections.thumbnails import Thumbnails
from pentaprism.immich import SignIn
from pentaprism.jobs.catalogues import Catalogues
from pentaprism.jobs.clock import Clock
from pentaprism.jobs.duplicate_scans import DuplicateScans
from pentaprism.jobs.notices import Notices
from pentaprism.jobs.plans import Plans
from pentaprism.jobs.resolutions import Resolutions
from pentaprism.jobs.runner import Runner
from pentaprism.jobs.scans import Scans
from pentaprism.jobs.stack_pushes import StackPushes
from pentaprism.jobs.watching import Watchers
from pentaprism.overview.activity import Activities
from pentaprism.overview.attention import Attentions
from pentaprism.overview.gateway import KeptGateway
from pentaprism.overview.mirrors import Summaries
from pentaprism.store.records import Mirror, Run


@dataclass(frozen=True, slots=True)
class Program:
    """The parts of a running server; made by `assembled`.

    ``base_url`` is where people open the pages, without a slash at its end. ``zone`` is the time
    zone of the machine, in which schedules are read and times are shown. ``gateway`` is None where
    none is kept beside the pages.
    """

    app: App
    base_url: str
    zone: tzinfo
    attempts: Attempts
    sessions: Sessions
    tokens: Tokens
    set_up: SetUp
    door: Door
    pool: ConnectionPool
    albums: AlbumLists
    thumbnails: Thumbnails
    health: Health
    disks: Disks
    summaries: Summaries
    attentions: Attentions
    activities: Activities
    runner: Runner
    clock: Clock
    plans: Plans
    notices: Notices
    scans: Scans
    watchers: Watchers
    catalogues: Catalogues
    stack_pushes: StackPushes
    duplicate_scans: DuplicateScans
    resolutions: Resolutions
    gateway: KeptGateway | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a server is put into: ``announce`` gets the set-up code, ``tick`` counts seconds.

    ``gateway`` is the one that is kept beside the pages.
    """

    base_url: str
    zone: tzinfo
    announce: Callable[[str], None]
    tick: Callable[[], float]
    gateway: KeptGateway | None = None


@asynccontextmanager
async def assembled(app: App, around: Surroundings) -> AsyncIterator[Program]:
    """Make the parts of a server around ``app``; all are closed at the end, runs parked first."""
    store, clock = app.store, app.clock

    def sign_in(url: str, ca_file: Path | None) -> SignIn:
        return SignIn(url, ca_file=ca_file)

    async with AsyncExitStack() as stack:
        pool = ConnectionPool(app)
        stack.push_async_callback(pool.close)
        albums = AlbumLists(pool, clock)
        stack.push_async_callback(albums.close)
        thumbnails = Thumbnails(pool)
        stack.push_async_callback(thumbnails.close)
        health = Health(app, pool, albums, clock)
        stack.push_async_callback(health.close)
        disks = Disks(store, clock)
        stack.push_async_callback(disks.close)
        attempts = Attempts(around.tick)
        sessions = Sessions(store, clock, app.settings.session_days, sign_in)
        stack.push_async_callback(sessions.close)
        plans = Plans(app, clock)
        stack.push_async_callback(plans.close)
        notices = Notices(app, lambda path: around.base_url + path)

        async def ended(mirror: Mirror, run: Run) -> None:
            the_clock.wake()
            await notices.tell(mirror, run)

        runner = Runner(app, at_once=app.settings.runs_at_once, ended=ended)
        stack.push_async_callback(runner.close)
        the_clock = Clock(app, runner, around.zone)
        scans = Scans(app)
        stack.push_async_callback(scans.close)
        stack_pushes = StackPushes(app)
        stack.push_async_callback(stack_pushes.close)
        duplicate_scans = DuplicateScans(app, busy=lambda: bool(runner.all_live()))
        stack.push_async_callback(duplicate_scans.close)
        resolutions = Resolutions(app)
        stack.push_async_callback(resolutions.close)
        yield Program(
            app=app,
            base_url=around.base_url,
            zone=around.zone,
            attempts=attempts,
            sessions=sessions,
            tokens=Tokens(store, clock),
            set_up=SetUp(store, clock, around.announce, attempts),
            door=Door(store, sessions, attempts, sign_in),
            pool=pool,
            albums=albums,
            thumbnails=thumbnails,
            health=health,
            disks=disks,
            summaries=Summaries(app, albums),
            attentions=Attentions(app, health, disks, around.gateway),
            activities=Activities(app),
            runner=runner,
            clock=the_clock,
            plans=plans,
            notices=notices,
            scans=scans,
            watchers=Watchers(app, scans),
            catalogues=Catalogues(app),
            stack_pushes=stack_pushes,
            duplicate_scans=duplicate_scans,
            resolutions=resolutions,
            gateway=around.gateway,
        )
