"""Servers, clients and sleeps for the tests of the Immich client."""

from __future__ import annotations

import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from scripted_server import KEY, Handler, Server

from pentaprism.immich import ImmichClient, ImmichOptions, Pace


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test: ``serve(handle, tls=None)``."""
    servers: list[Server] = []

    def start(handle: Handler, tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(handle, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


class Sleeps(list[float]):
    """The sleeps that a client wanted; none of them takes time."""

    def pace(self, **changes: Any) -> Pace:
        async def sleep(seconds: float) -> None:
            self.append(seconds)

        def wait(event: threading.Event, seconds: float) -> bool:
            self.append(seconds)
            return event.is_set()

        return Pace(**{"jitter": lambda: 1.0, "sleep": sleep, "wait": wait, **changes})


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def connect(sleeps: Sleeps) -> AsyncIterator[Callable[..., ImmichClient]]:
    """Make clients that are closed with the test: ``connect(url, pace=None, **options)``."""
    async with AsyncExitStack() as stack:

        def make(url: str, pace: Pace | None = None, **options: Any) -> ImmichClient:
            chosen = ImmichOptions(url, options.pop("api_key", KEY), **options)
            client = ImmichClient(chosen, pace=pace or sleeps.pace())
            stack.push_async_callback(client.close)
            return client

        yield make
