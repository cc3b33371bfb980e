"""The gateway at a port, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from pentaprism.gateway.composition import Gateway, assembled
from pentaprism.gateway.protocol import GatewayProtocol
from pentaprism.listening import listen
from pentaprism.settings import Settings

_IDLE = 75
"""Seconds for which a connection of a client is kept; nginx has the same."""


async def serve_gateway(
    settings: Settings,
    *,
    host: str,
    port: int,
    ready: Callable[[str, Gateway], None] | None = None,
    stop: asyncio.Event | None = None,
    interrupts: bool = True,
    patience: int = 5,
) -> None:
    """Serve until SIGTERM, or until ``stop`` is set, or SIGINT if ``interrupts``.

    ``ready`` is told the address when requests are answered. At the end, requests under way have
    ``patience`` seconds to come to their end. Raises `ActionRequiredError` with code ``port`` where
    the port cannot be had, and `InvalidError` for an address of Immich that is none.
    """
    # It tells of each websocket with its query, in which a credential may be.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    listening = listen(host, port)
    address = f"http://localhost:{listening.getsockname()[1]}"
    async with assembled(settings) as gateway:
        server = _Server(
            configured(gateway.application, patience),
            lambda: ready(address, gateway) if ready else None,
            interrupts=interrupts,
        )
        async with _stopped_by(stop, server):
            await server.serve(sockets=[listening])


def configured(application: ASGIApp, patience: int) -> uvicorn.Config:
    """Return what a web server needs to know: whatever costs time and changes bytes is off."""
    return uvicorn.Config(
        application,
        http=GatewayProtocol,
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=patience,
    )


class _Server(uvicorn.Server):
    """Says when it is ready, and ends without raising the signal that it ended by."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], *, interrupts: bool
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._interrupts = interrupts

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        del frame
        if sig == signal.SIGINT and not self._interrupts:
            return  # Ctrl-C reaches every process of a terminal; the one that started us tells us
        self.force_exit = self.should_exit
        self.should_exit = True


@asynccontextmanager
async def _stopped_by(stop: asyncio.Event | None, server: _Server) -> AsyncIterator[None]:
    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        server.should_exit = True

    waiting = asyncio.create_task(wait(stop)) if stop else None
    try:
        yield
    finally:
        if waiting:
            waiting.cancel()
