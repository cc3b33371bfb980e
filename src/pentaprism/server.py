"""The server: pages, API, clock and jobs in one process, and the gateway in another."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from tzlocal import get_localzone

from pentaprism import __version__
from pentaprism.adoption import adopt_accounts
from pentaprism.api import ROUTES as API
from pentaprism.app import App, RunOptions
from pentaprism.connections import health
from pentaprism.destinations.pace import Pace
from pentaprism.edge import Entrance, Site, fit
from pentaprism.errors import InvalidError, PentaprismError
from pentaprism.gateway_process import GatewayProcess
from pentaprism.listening import listen
from pentaprism.logs import SETTING, set_level
from pentaprism.program import Program, Surroundings, assembled
from pentaprism.settings import Settings
from pentaprism.store.records import StartedBy
from pentaprism.web import composition
from pentaprism.web.rendering import Pages

log = logging.getLogger(__name__)

GOOGLE = "https://accounts.google.com"
"""Where a form's answer may lead to, beside ourselves: the consent page."""

_TO_ANSWER = 2
"""Seconds that requests under way have when the server ends."""

_AGAIN = 60.0
"""Seconds between two tries to reach the Immich that the settings name."""

_TIDY_EACH = 24 * 3600.0
_KEPT = timedelta(days=90)
_KEPT_RUNS = 100
"""For how long runs are remembered, and how many of each mirror at least."""

_KEPT_MISSING = timedelta(days=30)
"""For how long a file that is gone is remembered, with what was decided about it."""


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@asynccontextmanager
async def running(
    app: App, *, base_url: str, zone: tzinfo | None = None, gateway: GatewayProcess | None = None
) -> AsyncIterator[Program]:
    """Make a server's parts around ``app``, and let clock and jobs work while the context lasts.

    ``gateway`` is the one that the pages tell of.
    """
    around = Surroundings(
        base_url=base_url,
        zone=zone or get_localzone(),
        announce=lambda code: _announce(code, base_url),
        tick=time.monotonic,
        gateway=gateway,
    )
    async with assembled(app, around) as program:
        await adopt_accounts(app.store)
        tasks = [asyncio.create_task(work) for work in _background(program)]
        try:
            await program.set_up.needed()
            yield program
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def application(program: Program) -> ASGIApp:
    """Return what answers requests: the routes behind the edge."""
    settings = program.app.settings
    return fit(
        routed(program),
        Entrance(Site(settings.base_url), program.sessions, program.tokens, program.set_up),
        render_error=composition.render_error,
        trusted_proxies=settings.trusted_networks,
        form_targets=[settings.google_url or GOOGLE],
    )


def routed(program: Program) -> FastAPI:
    """Return all routes of pages and API, which nothing guards but themselves."""
    app = FastAPI(
        title="Pentaprism",
        version=__version__,
        summary="Keeps folders and Google Photos equal to Immich albums.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.program = program
    pages = Pages(Site(program.app.settings.base_url).path)
    app.state.pages = pages
    for routes in (*API, *composition.ROUTES):
        app.include_router(routes.router)
    composition.mount_static(app, pages)
    return app


async def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    gateway_port: int | None = None,
    clock: Callable[[], datetime] = now,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    ready: Callable[[str, Program], None] | None = None,
    stop: asyncio.Event | None = None,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until ``stop`` is set.

    Runs that are at work are then parked, within 10 seconds. ``around`` may put something around
    the application. With ``gateway_port`` a gateway is kept there, in a process of its own.

    ``ready`` is told the address when requests are answered. Raises `ActionRequiredError` with
    code ``port`` where a port cannot be had.
    """
    listening = listen(host, port)
    gateway = _gateway(settings, host, gateway_port, listening)
    address = settings.base_url or f"http://localhost:{listening.getsockname()[1]}"
    async with (
        gateway.ended() if gateway else nullcontext(),
        App.open(settings, clock=clock, pace=pace) as app,
        running(app, base_url=address, gateway=gateway) as program,
    ):
        if gateway:
            gateway.start()
        if level := await app.store.program_settings.get(SETTING):
            set_level(level)
        site = application(program)
        config = uvicorn.Config(
            around(site) if around else site,
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_TO_ANSWER,
            access_log=settings.log_level.upper() == "DEBUG",
        )
        server = _Server(
            config, program, gateway, lambda: ready(address, program) if ready else None
        )
        async with _stopped_by(stop, server):
            await server.serve(sockets=[listening])


@asynccontextmanager
async def _stopped_by(stop: asyncio.Event | None, server: _Server) -> AsyncIterator[None]:
    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        server.handle_exit(signal.SIGTERM, None)

    waiting = asyncio.create_task(wait(stop)) if stop else None
    try:
        yield
    finally:
        if waiting:
            waiting.cancel()


class _Server(uvicorn.Server):
    """Lets go of those who watch as soon as the end is asked for, and says when it is ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        program: Program,
        gateway: GatewayProcess | None,
        ready: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._program = program
        self._gateway = gateway
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not that of uvicorn, which raises the signal again before the runs are parked.
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True
        if self._gateway is not None:
            self._gateway.end(at_once=self.force_exit)
        self._program.runner.changes.close()
        self._program.plans.changes.close()
        self._program.scans.changes.close()
        self._program.stack_pushes.changes.close()
        self._program.duplicate_scans.changes.close()
        self._program.resolutions.changes.close()


def _gateway(
    settings: Settings, host: str, port: int | None, pages: socket.socket
) -> GatewayProcess | None:
    """Return the gateway to keep at ``port``; raises where the port cannot be had."""
    if port is None:
        return None
    try:
        if port and port == pages.getsockname()[1]:
            raise InvalidError(
                f"The pages and the gateway cannot both have port {port}.",
                code="port",
                hint="Give one of them another one, with --port or --gateway-port.",
            )
        return GatewayProcess(settings, host=host, port=port)
    except PentaprismError:
        pages.close()
        raise


def _background(program: Program) -> list[Coroutine[Any, Any, None]]:
    return [
        _keep_time(program),
        _look_after(program),
        _tidy(program),
        _connect_as_set(program),
        program.scans.run(),
        program.watchers.run(),
        program.catalogues.run(),
        program.duplicate_scans.run(),
        program.resolutions.run(),
    ]


async def _keep_time(program: Program) -> None:
    await program.runner.take_up(RunOptions(started_by=StartedBy.SCHEDULE))
    await program.clock.run()


async def _look_after(program: Program) -> None:
    while True:
        try:
            await program.health.check_all()
        except PentaprismError as error:
            log.warning("The connections could not be looked at: %s", error)
        await asyncio.sleep(health.PAUSE)


async def _tidy(program: Program) -> None:
    """Forget, day by day, what nobody will look for any more."""
    store = program.app.store
    while True:
        try:
            now = program.app.clock()
            await store.runs.prune(now - _KEPT, keep=_KEPT_RUNS)
            await store.sessions.prune(now)
            await store.notices.prune()
            await store.library_files.prune_missing(now - _KEPT_MISSING)
        except PentaprismError as error:
            log.warning("Old records could not be tidied away: %s", error)
        await asyncio.sleep(_TIDY_EACH)


async def _connect_as_set(program: Program) -> None:
    """Save the connection that the settings name, once its server answers."""
    settings = program.app.settings
    if settings.immich_url is None or settings.immich_api_key is None:
        return
    while True:
        try:
            await program.app.connection()
        except PentaprismError as error:
            log.warning("The Immich of IMMICH_URL: %s %s", error, error.hint)
        else:
            await program.set_up.needed()
            return
        await asyncio.sleep(_AGAIN)


def _announce(code: str, address: str) -> None:
    log.warning("Set-up code: %s  (open %s and enter it; it is asked for once)", code, address)
