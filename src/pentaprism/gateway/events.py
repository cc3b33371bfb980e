"""Immich's events, as they happen: what was uploaded, changed, or thrown away.

Immich tells them over socket.io at /api/socket.io, by websocket only. It lets every one connect,
and then greets a caller with ``on_server_version``, or says ``error`` and hangs up. An API key
must have all permissions for that; the key of a session has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import socketio

from pentaprism.gateway.handshakes import refuse_redirects
from pentaprism.gateway.told_once import ToldOnce
from pentaprism.gateway.upstream import Upstream

RECONNECTED = "reconnected"
"""The name of the event that says that others may have been missed."""

_GREETING = "on_server_version"
_PATH = "api/socket.io"
_FAREWELL = 5.0

_log = logging.getLogger(__name__)
# The library writes what it receives, and addresses, into its log: nobody's business.
_silent = logging.getLogger(f"{__name__}.library")
_silent.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that Immich told: the event's name, and the ids of the assets it is about.

    ``on_person_thumbnail`` has the person's id instead; events about nothing that has an id have
    none. `RECONNECTED` means that events may have been missed.
    """

    name: str
    asset_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsCredential:
    """Which Immich tells its events, and the API key to show it."""

    upstream: Upstream
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in seconds, to wait before the next try (doubled each time), and for a greeting."""

    least: float = 1.0
    most: float = 60.0
    greeting: float = 15.0


class EventsError(Exception):
    """Events cannot be heard now; the message says why, in plain words."""


class Events:
    """Hears the events of one account of an Immich for ever, connecting again when it must.

    ``credential`` is asked before each try; None means that there is nothing to show yet.
    ``heard`` gets each event on the event loop, and `RECONNECTED` at every connection but the
    first. ``connected`` says whether events are heard now.
    """

    def __init__(
        self,
        credential: Callable[[], Awaitable[EventsCredential | None]],
        heard: Callable[[Event], None],
        *,
        patience: Patience | None = None,
    ) -> None:
        self.connected = False
        self._credential = credential
        self._heard = heard
        self._patience = patience or Patience()
        self._connections = 0
        self._told = ToldOnce(_log)

    async def run(self) -> None:
        """Listen until cancelled."""
        delay = self._patience.least
        while True:
            before = self._connections
            try:
                await self._listen()
            except EventsError as error:
                self._told.warn(str(error))
            # Whatever an Immich or what stands before it sends: the gateway works without events.
            except Exception as error:  # noqa: BLE001
                self._told.warn(f"The events of Immich cannot be heard: {error!r}")
            delay = self._patience.least if self._connections > before else delay
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._patience.most)

    async def _listen(self) -> None:
        """Connect, and hear events until the connection ends."""
        credential = await self._credential()
        if credential is None:
            return
        async with _session(credential.upstream) as session:
            hearing = _Hearing(session, self._take)
            try:
                await hearing.open(credential, self._patience.greeting)
                self._begin()
                await hearing.ended.wait()
            finally:
                self.connected = False
                await hearing.close()
        _log.info("Immich has ended the connection for its events; it is opened again.")

    def _begin(self) -> None:
        self.connected = True
        self._connections += 1
        self._told.forget()
        _log.info("The events of Immich are heard.")
        if self._connections > 1:
            self._take(RECONNECTED)

    def _take(self, name: str, *data: Any) -> None:
        try:
            self._heard(Event(name, ids_in(data)))
        except Exception:  # noqa: BLE001 (the next event may be of more use)
            _log.exception("An event of Immich could not be used.")


class _Hearing:
    """One connection to Immich's socket.io."""

    def __init__(self, session: aiohttp.ClientSession, heard: Callable[..., None]) -> None:
        self.ended = asyncio.Event()
        self._greeted = asyncio.Event()
        self._refused = False
        self._heard = heard
        self._client = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            logger=_silent,
            engineio_logger=_silent,
            http_session=session,
        )
        self._client.on("*", self._take)
        self._client.on("disconnect", self._end)

    async def open(self, credential: EventsCredential, patience: float) -> None:
        """Return when Immich has greeted us; raises `EventsError`."""
        url = urlsplit(credential.upstream.url)
        try:
            await self._client.connect(
                f"{url.scheme}://{url.netloc}",
                headers={"x-api-key": credential.api_key},
                transports=["websocket"],
                socketio_path=f"{url.path}/{_PATH}",
                wait_timeout=patience,
            )
        except socketio.exceptions.ConnectionError as error:
            raise EventsError(
                f"The events of Immich at {credential.upstream.url} cannot be heard: it does not "
                "answer at /api/socket.io. It is tried again; until then pictures that change are "
                "shown anew only after the seconds that GATEWAY_CACHE_SECONDS says."
            ) from error
        await self._wait_for_greeting(patience)
        if self._refused or not self._greeted.is_set():
            raise EventsError(
                f"Immich at {credential.upstream.url} tells its events only to an API key with "
                "all permissions, and not to the one saved here. It is tried again; without "
                "events, pictures that change are shown anew only after the seconds that "
                "GATEWAY_CACHE_SECONDS says. Give Pentaprism a key with all permissions if that "
                "is too late."
            )

    async def close(self) -> None:
        """End the connection; one that does not answer is dropped with its session."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self._client.disconnect()

    async def _wait_for_greeting(self, patience: float) -> None:
        tasks = [asyncio.ensure_future(e.wait()) for e in (self._greeted, self.ended)]
        try:
            await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _take(self, name: str, *data: Any) -> None:
        if name == "error":
            self._refused = True
        elif name == _GREETING:
            self._greeted.set()
        elif self._greeted.is_set():
            self._heard(name, *data)

    async def _end(self, *_: Any) -> None:
        self.ended.set()


@asynccontextmanager
async def _session(upstream: Upstream) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session for one connection, which goes nowhere but to ``upstream``."""
    connector = aiohttp.TCPConnector(ssl=upstream.tls or True, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(refuse_redirects,),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0),
    ) as session:
        yield session


def ids_in(data: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the ids that an event is about.

    Immich sends an id, a list of ids, an asset, or an object with an asset in it.
    """
    found: list[str] = []
    for value in data:
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, str)]
            continue
        inner = value.get("asset", value) if isinstance(value, dict) else value
        id_ = inner.get("id") if isinstance(inner, dict) else inner
        if isinstance(id_, str):
            found.append(id_)
    return tuple(found)
