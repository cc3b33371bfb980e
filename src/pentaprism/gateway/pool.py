"""The connections to Immich, kept open between requests.

aiohttp opens them and reads replies; what is sent is written as it is, since aiohttp's requests
would spell an address or a header anew, and cost more than all else here. They are kept in a plain
list, the last one first: most are then never old.
"""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from yarl import URL

from pentaprism.gateway.problems import UpstreamError, unreachable
from pentaprism.gateway.upstream import Upstream

_KEPT_OPEN = 4.0
"""Seconds for which an idle connection is kept; Immich closes it after 5."""

_SWEEP = 1.0


class Pool:
    """Opens connections, and takes them back; `start` belongs to the running loop."""

    def __init__(self, connect_timeout: float) -> None:
        self._patience = connect_timeout
        self._timeout = aiohttp.ClientTimeout(connect=connect_timeout)
        self._connector: aiohttp.TCPConnector | None = None
        self._idle: list[tuple[Connection, float]] = []
        self._sweeping: asyncio.TimerHandle | None = None
        self._upstream: Upstream | None = None
        self._destination: _Destination | None = None

    def start(self) -> None:
        """Be ready to connect."""
        self._loop = asyncio.get_running_loop()
        self._connector = aiohttp.TCPConnector(limit=0, force_close=True)

    async def close(self) -> None:
        """Close every connection, those in use too."""
        if self._connector is None:
            return
        self._forget(self._loop.time())
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        await self._connector.close()
        self._connector = None

    def take(self, upstream: Upstream) -> Connection | None:
        """Return a connection to ``upstream`` that is open already, the one last used."""
        if upstream is not self._upstream:
            self._forget(self._loop.time())
            return None
        idle = self._idle
        while idle:
            connection, since = idle.pop()
            if self._loop.time() - since < _KEPT_OPEN and _usable(connection):
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose reply was read to its end, if it can be used again."""
        if self._connector is None or not _usable(connection):
            connection.close()
            return
        self._idle.append((connection, self._loop.time()))
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(_KEPT_OPEN, self._sweep)

    async def connect(self, upstream: Upstream) -> Connection:
        """Open a connection to ``upstream``.

        Raises `UpstreamError` with code ``immich_unreachable``.
        """
        connector = self._connector
        if connector is None:
            raise unreachable("the gateway is stopping")
        if upstream is not self._upstream or self._destination is None:
            self._destination = _Destination(upstream)
            self._upstream = upstream
        try:
            return await connector.connect(self._destination, [], self._timeout)
        except TimeoutError:
            raise unreachable(f"it took no connection within {self._patience:g} seconds") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _judge(error) from None

    def _sweep(self) -> None:
        self._sweeping = None
        self._forget(self._loop.time() - _KEPT_OPEN)
        if self._idle:
            self._sweeping = self._loop.call_later(_SWEEP, self._sweep)

    def _forget(self, until: float) -> None:
        """Close the idle connections that were given back before ``until``."""
        old = [one for one, since in self._idle if since <= until]
        self._idle = [pair for pair in self._idle if pair[1] > until]
        for connection in old:
            connection.close()


def _usable(connection: Connection) -> bool:
    # What was said without having been asked for must never be taken for the next reply.
    protocol = connection.protocol
    return protocol is not None and protocol.is_connected() and not protocol.should_close


class _Destination(aiohttp.ClientRequest):
    """What aiohttp's connector wants to know of a request: where to."""

    def __init__(self, upstream: Upstream) -> None:
        loop = asyncio.get_running_loop()
        super().__init__("GET", URL(upstream.url), loop=loop, ssl=upstream.tls or True)
        self._key = super().connection_key

    @property
    def connection_key(self) -> ConnectionKey:
        """The name under which the connections to it are kept."""
        return self._key


def _judge(error: aiohttp.ClientError | OSError) -> UpstreamError:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return unreachable("its certificate is not trusted")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return unreachable("there is no server of that name")
    if isinstance(error, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return unreachable("it does not answer with TLS")
    if isinstance(error, ConnectionRefusedError) or _refused(error):
        return unreachable("nothing listens at its address")
    return unreachable("the connection failed")


def _refused(error: BaseException) -> bool:
    cause = getattr(error, "os_error", None)
    return isinstance(cause, ConnectionRefusedError)
