"""Servers, clients and sleeps for the tests of the Immich client."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from originals import Target
from scripted_server import KEY, Handler, Server, Sleeps

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


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    made = Target(tmp_path / "file")
    yield made
    os.close(made.fd)
