"""The server: in a test, in a thread of its own, or as a program."""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from pentaprism.sandbox.google.clock import Clock
from pentaprism.sandbox.google.control import Control
from pentaprism.sandbox.google.edge import Edge, routes
from pentaprism.sandbox.google.oauth import OAuth
from pentaprism.sandbox.google.settings import GoogleSettings
from pentaprism.sandbox.google.state import CLIENT_ID, CLIENT_SECRET, State
from pentaprism.sandbox.hosting import Bandwidth, Host, serve_until_ended

_KEEP_ALIVE = 75.0


class GoogleSandbox(Host):
    """A local Google: its sign-in, and its Photos Library API.

    ``consent`` grants what is asked for without a click. ``latency`` is seconds before each reply
    of the API, ``bandwidth`` bytes a second for all uploads together. Without ``keep_bytes`` only
    sizes and hashes of uploads are kept; with it, up to 8 MB of each.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        consent: bool = False,
        latency: float = 0.0,
        bandwidth: int | None = None,
        clock: Callable[[], float] = time.time,
        keep_bytes: bool = True,
        settings: GoogleSettings | None = None,
    ) -> None:
        super().__init__(host, port, _KEEP_ALIVE)
        self.client_id, self.client_secret = CLIENT_ID, CLIENT_SECRET
        self.settings = settings or GoogleSettings()
        self.clock = Clock(clock)
        self.state = State(self.clock, self.settings, keep_bytes, latency)
        self.faults = self.state.faults
        self.requests = self.state.requests
        self.accounts = self.state.accounts
        self._consent = consent
        self._bandwidth = bandwidth

    def application(self) -> web.Application:
        """Return the application: OAuth, the Library API under /v1, and /sandbox."""
        app = web.Application(client_max_size=1 << 30)
        OAuth(self.state, consent=self._consent).add_to(app)
        edge = Edge(self.state)
        for route in routes(self.state, Bandwidth(self._bandwidth)):
            app.router.add_route(route.method, route.path, edge.serve(route))
        Control(self.state).add_to(app)
        return app

    async def start(self) -> None:
        """Begin to listen."""
        await super().start()
        self.state.url = self.url

    def albums(self) -> list[dict[str, Any]]:
        """Return all albums with their items in order, as ``GET /sandbox/albums`` does."""
        return self.state.listed_albums()

    def uploads(self) -> list[dict[str, Any]]:
        """Return how often each content was uploaded and created."""
        return self.state.listed_uploads()

    def bytes_of(self, media_item_id: str) -> bytes:
        """Return the bytes that are kept of a media item."""
        return next(
            account.photos.items[media_item_id].data
            for account in self.accounts
            if media_item_id in account.photos.items
        )

    def ready_line(self) -> str:
        """Return one line of JSON: url, client_id and client_secret."""
        line = {"url": self.url, "client_id": self.client_id, "client_secret": self.client_secret}
        return jsonlib.dumps(line)


async def serve_google(
    port: int = 8090,
    *,
    json: bool = False,
    consent: bool = False,
    latency: float = 0.0,
    bandwidth: int | None = None,
) -> None:
    """Run a local Google until SIGINT or SIGTERM; ``json`` prints the ready line, else words.

    Raises `SandboxError` where the port is taken.
    """
    sandbox = GoogleSandbox(
        port, consent=consent, latency=latency, bandwidth=bandwidth, keep_bytes=False
    )
    await serve_until_ended(sandbox, lambda: sandbox.ready_line() if json else _welcome(sandbox))


def _welcome(sandbox: GoogleSandbox) -> str:
    return (
        f"A sandbox Google listens at {sandbox.url}\n"
        f"  GOOGLE_URL={sandbox.url}\n"
        f"  GOOGLE_CLIENT_ID={sandbox.client_id}\n"
        f"  GOOGLE_CLIENT_SECRET={sandbox.client_secret}\n"
        "Ctrl-C ends it."
    )
