"""A whole gateway before a sandbox Immich: in this process, or as one that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from databases import place_database
from http_world import free_port
from pydantic import SecretStr
from web_world import KEY

from pentaprism.app import App
from pentaprism.gateway.composition import Gateway
from pentaprism.gateway.serving import serve_gateway
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import Settings


@dataclass
class GatewayWorld:
    """A gateway at ``url`` of this process and this event loop, and all that it works with."""

    sandbox: Sandbox
    settings: Settings
    url: str
    gateway: Gateway
    session: aiohttp.ClientSession

    @property
    def key(self) -> dict[str, str]:
        """The header with the credential of the library's owner."""
        return {"x-api-key": self.sandbox.api_key}

    async def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the gateway as the owner; return the status, the headers and the body."""
        sent = self.key | dict(headers or {})
        async with self.session.request(method, self.url + path, headers=sent) as answer:
            return answer.status, answer.headers, await answer.read()


def gateway_settings(home: Path, **settings: Any) -> Settings:
    """Return the settings of a gateway whose database is in ``home``."""
    usual: dict[str, Any] = {
        "app_secret_key": SecretStr(KEY),
        "database_path": home / "data.db",
        "gateway_timeout": 10.0,
    }
    return Settings(**usual | settings)


@asynccontextmanager
async def gateway_world(
    home: Path,
    *,
    sandbox: Sandbox | None = None,
    connected: bool = True,
    **settings: Any,
) -> AsyncIterator[GatewayWorld]:
    """Run a gateway before a small Immich, or before ``sandbox``.

    It finds its Immich in the database, where the owner's connection is saved if ``connected``.
    """
    if sandbox is None:
        async with (
            Sandbox(assets=12, seed=1, hostile=False) as made,
            gateway_world(home, sandbox=made, connected=connected, **settings) as world,
        ):
            yield world
        return
    given = gateway_settings(home, **settings)
    place_database(given.database_path)
    if connected:
        async with App.open(given) as app:
            await app.connect(sandbox.url, sandbox.api_key, home=True)
    async with served(given) as (url, gateway), aiohttp.ClientSession() as session:
        yield GatewayWorld(sandbox, given, url, gateway, session)


@asynccontextmanager
async def served(settings: Settings, *, patience: int = 5) -> AsyncIterator[tuple[str, Gateway]]:
    """Run a gateway in this event loop, and give its address and its parts."""
    told: asyncio.Future[tuple[str, Gateway]] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    serving = asyncio.create_task(
        serve_gateway(
            settings,
            host="127.0.0.1",
            port=0,
            ready=lambda url, gateway: told.set_result((url, gateway)),
            stop=stop,
            patience=patience,
        )
    )
    await asyncio.wait((serving, told), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    url, gateway = await told
    try:
        yield url.replace("localhost", "127.0.0.1"), gateway
    finally:
        stop.set()
        await serving


@dataclass
class GatewayHouse:
    """An Immich, and Pentaprism before it as a process: a gateway alone, or pages with one."""

    home: Path
    immich: str
    port: int = field(default_factory=free_port)
    pages_port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.home / "out.log").read_text()

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``pentaprism serve`` with both ports, or ``command`` instead."""
        usual = ["--port", str(self.pages_port), "--gateway-port", str(self.port)]
        values = {
            "APP_SECRET_KEY": KEY,
            "DATABASE_PATH": str(self.home / "data.db"),
            "IMMICH_URL": self.immich,
            "GATEWAY_TIMEOUT": "3",
            "DUPLICATES": "off",
            "INDEX_IMMICH": "off",
        }
        with (self.home / "out.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pentaprism", "serve", *(command or usual)],
                env={**os.environ, "HOST": "127.0.0.1", **values, **environment},
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        return self.process

    def start_alone(self, **environment: str) -> subprocess.Popen[str]:
        """Start ``pentaprism serve gateway``."""
        return self.start("gateway", "--port", str(self.port), **environment)

    def send(self, number: int, seconds: float = 20) -> int:
        """Send the process a signal, and return how it ended."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to all its processes, as a terminal does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)

    def gateway_pid(self) -> int | None:
        """Return the number of the gateway that the process keeps, None while there is none."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in path.read_text().split():
            with suppress(OSError):
                if b"gateway" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    return int(pid)
        return None


@contextmanager
def gateway_house(home: Path, immich: str, **values: Any) -> Iterator[GatewayHouse]:
    """Give a house that is left with no process in it."""
    place_database(home / "data.db")
    house = GatewayHouse(home, immich, **values)
    try:
        yield house
    finally:
        if house.process is not None and house.process.poll() is None:
            house.process.kill()
            house.process.wait()


def until(holds: Callable[[], bool], seconds: float = 50) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
