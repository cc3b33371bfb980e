"""Measures the pages of the server against a static file from the same server, in one run.

The second part measures what it costs to show how far 20 runs are. `bench/README.md` tells how to
read it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import random
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import typing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import SecretStr

import web_data
from pentaprism.sandbox.immich import Sandbox
from pentaprism.settings import Settings

CACHE = Path(tempfile.gettempdir()) / "pentaprism-bench-web"
KEY = "a key that is long enough for a benchmark of this kind"
COOKIE = "pentaprism_session"
STATIC = "a static file"
AIM = 20.0
"""The most that a page may take, in times of the static file."""

AIM_PROGRESS = 5.0
"""The most that progress may cost, in per cent of a core."""

TRICKLE = 500_000
"""Bytes a second that Immich sends, all runs together: so that they last, and cost little."""

PHOTO = 300_000
SETTLED = 12.0
"""Seconds until runs that have begun do nothing but read originals."""


class Server(typing.NamedTuple):
    """The server under test: a process of its own."""

    process: subprocess.Popen[str]
    port: int
    cookie: str

    def open(self) -> http.client.HTTPConnection:
        """Return a connection, which is kept alive."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        connection.connect()
        return connection

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a page's own requests."""
        return {
            "Cookie": f"{COOKIE}={self.cookie}",
            "Origin": f"http://localhost:{self.port}",
            "Accept": "*/*",
        }

    def get(self, connection: http.client.HTTPConnection, path: str, status: int = 200) -> bytes:
        """Return what is answered at ``path``; it must have the ``status``."""
        connection.request("GET", path, headers=self.headers)
        response = connection.getresponse()
        body = response.read()
        assert response.status == status, f"{path}: {response.status} {body[:300]!r}"
        return body

    def post(self, connection: http.client.HTTPConnection, path: str) -> None:
        """Send a change; it must be taken."""
        connection.request("POST", path, headers=self.headers)
        response = connection.getresponse()
        body = response.read()
        assert response.status < 400, f"{path}: {response.status} {body[-3000:]!r}"

    def seconds(self) -> float:
        """Return the seconds of a core that the process has used."""
        numbers = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="how often each page is asked for")
    parser.add_argument("--seconds", type=float, default=30, help="how long progress is watched")
    parser.add_argument("--profile", type=Path, help="write what cProfile says of the server")
    parser.add_argument("--only", help="measure the pages whose names match this expression")
    parser.add_argument(
        "--changing", action="store_true", help="commit a change before each request"
    )
    parser.add_argument("parts", nargs="*", default=["pages", "progress"])
    chosen = parser.parse_args()
    with (
        Sandbox(200, hostile=False, jpeg_only=True, size=PHOTO, bandwidth=TRICKLE) as sandbox,
        tempfile.TemporaryDirectory(prefix="pentaprism-web-") as work,
    ):
        web_data.add_albums(sandbox)
        settings = Settings(database_path=Path(work) / "data.db", app_secret_key=SecretStr(KEY))
        world = asyncio.run(web_data.prepare(sandbox, settings, CACHE))
        with serving(settings.database_path, world.cookie, chosen.profile) as server:
            if "pages" in chosen.parts:
                writing = sqlite3.connect(settings.database_path, isolation_level=None)
                changed = writing if chosen.changing else None
                measure_pages(server, world, chosen.rounds, chosen.only, changed)
            if "progress" in chosen.parts:
                measure_progress(server, world, chosen.seconds)


@contextmanager
def serving(database: Path, cookie: str, profile: Path | None) -> Iterator[Server]:
    """Run the server until the end of the context."""
    watched = ["-m", "cProfile", "-o", str(profile)] if profile else []
    command = [sys.executable, *watched, "-m", "pentaprism", "serve"]
    environment = {
        **os.environ,
        "APP_SECRET_KEY": KEY,
        "DATABASE_PATH": str(database),
        "RUNS_AT_ONCE": str(web_data.FRESH),
        "IMMICH_CONNECTIONS": "1",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    command += ["--port", "0", "--gateway-port", "off", "--host", "127.0.0.1"]
    with subprocess.Popen(command, env=environment, stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            port = int(re.findall(r"localhost:(\d+)", said)[0])
            yield Server(process, port, cookie)
        finally:
            process.terminate()


def addresses(server: Server, world: web_data.World) -> dict[str, str]:
    """Return what is asked for, by the name that is printed."""
    page = server._replace(cookie="").get(server.open(), "/login").decode()
    (styles,) = re.findall(r'href="([^"]*/components\.css)"', page)[:1]
    mirror, run = f"/mirrors/{world.largest}", f"/runs/{world.long_run}"
    pages = [
        "/",
        "/mirrors",
        "/mirrors?q=berlin",
        "/mirrors/new",
        "/runs",
        "/albums",
        "/accounts",
        "/connections",
        "/settings",
        "/system",
        "/api/mirrors",
        "/api/sync/runs",
        "/api/sync/items",
        "/api/sync/status",
    ]
    return {
        STATIC: styles,
        **{path: path for path in pages},
        "/mirrors/{id}": mirror,
        "/mirrors/{id}/edit": f"{mirror}/edit",
        "/mirrors/{id}/items": f"{mirror}/items",
        "/mirrors/{id}/items, the middle": f"{mirror}/items?after={world.middle_row}",
        "/mirrors/{id}/items, failed": f"{mirror}/items?state=FAILED",
        "/runs/{id}": run,
        "/runs/{id}, failures": f"{run}?show=failures",
        "/login": "/login",
    }


def measure_pages(
    server: Server,
    world: web_data.World,
    rounds: int,
    only: str | None,
    changed: sqlite3.Connection | None,
) -> None:
    """Print how long each page takes, as a ratio to the static file.

    Where ``changed`` is given, something is committed before each request, so that nothing that
    was read before may be used.
    """
    asked = addresses(server, world)
    if only is not None:
        asked = {n: path for n, path in asked.items() if re.search(only, n) or n == STATIC}
    asked = {name: path for name, path in asked.items() if answers(server, name, path)}
    sizes: dict[str, int] = {}
    times: dict[str, list[float]] = {name: [] for name in asked}
    connection = server.open()
    order = list(asked)
    for number in range(-5, rounds):  # the first five warm it up
        random.shuffle(order)
        for name in order:
            if changed is not None:
                changed.execute(_CHANGE, (str(time.time()),))
            began = time.perf_counter()
            body = asker(server, name).get(connection, asked[name])
            took = time.perf_counter() - began
            sizes[name] = len(body)
            if number >= 0:
                times[name].append(took)
    report(times, sizes)


_CHANGE = (
    "INSERT INTO program_settings (name, value) VALUES ('bench', ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def asker(server: Server, name: str) -> Server:
    """Return the server as the one who asks sees it: somebody who signs in is not signed in."""
    return server._replace(cookie="") if name == "/login" else server


def answers(server: Server, name: str, path: str) -> bool:
    """Tell whether there is a page; print why not."""
    try:
        asker(server, name).get(server.open(), path)
    except AssertionError as error:
        print(f"not measured: {error}")
        return False
    return True


def report(times: dict[str, list[float]], sizes: dict[str, int]) -> None:
    """Print a line for each page."""
    limit = statistics.median(times[STATIC])
    print(f"{'':34}{'median':>9}{'p95':>9}{'KB':>7}{'ratio':>8}")
    missed = 0
    for name, took in times.items():
        median = statistics.median(took)
        p95 = statistics.quantiles(took, n=20)[-1]
        ratio = median / limit
        verdict = "" if name == STATIC else "PASS" if ratio <= AIM else "MISS"
        missed += verdict == "MISS"
        print(
            f"{name:34}{median * 1000:6.2f} ms{p95 * 1000:6.2f} ms{sizes[name] / 1000:7.0f}"
            f"{ratio:8.1f}  {verdict}"
        )
    print(f"the aim is at most {AIM:.0f} times the static file; {missed} of them miss it")


def measure_progress(server: Server, world: web_data.World, seconds: float) -> None:
    """Print what 20 runs cost the server, watched and not."""
    idle = used(server, seconds / 3)
    connection = server.open()
    for mirror in world.fresh:
        server.post(connection, f"/mirrors/{mirror}/run")
    time.sleep(SETTLED)  # they read their albums first
    runs = at_work(server)
    print(f"{len(runs)} runs at work, {TRICKLE / 1e6:.1f} MB/s for all of them")
    before = used(server, seconds)
    pages = ["/", *(f"/runs/{run}" for run in runs)]
    watchers = [Watcher(server, page) for page in pages]
    for watcher in watchers:
        watcher.start()
    time.sleep(SETTLED / 4)
    sent = sum(watcher.messages for watcher in watchers)
    watched = used(server, seconds)
    messages = (sum(watcher.messages for watcher in watchers) - sent) / seconds
    for watcher in watchers:
        watcher.leave()
    time.sleep(SETTLED / 4)
    after = used(server, seconds)
    still = len(at_work(server))
    cost = 100 * (watched - (before + after) / 2)
    print(f"  idle                         {100 * idle:6.1f} % of a core")
    print(f"  at work, nobody watches      {100 * before:6.1f} % before, {100 * after:.1f} % after")
    print(f"  {len(pages)} pages watch               {100 * watched:6.1f} %")
    print(f"  so progress costs            {cost:6.1f} %, {messages:.0f} messages a second")
    print(f"  {still} runs still at work at the end")
    verdict = "PASS" if cost < AIM_PROGRESS else "MISS"
    print(f"the aim is less than {AIM_PROGRESS:.0f} % of a core: {verdict}")


def at_work(server: Server) -> Sequence[str]:
    """Return the ids of the runs that are at work."""
    listed = server.get(server.open(), "/api/runs?status=RUNNING&limit=100").decode()
    return re.findall(r'"id":"([0-9a-f-]{36})"', listed)


def used(server: Server, seconds: float) -> float:
    """Return the share of a core that the server uses for ``seconds``."""
    before, began = server.seconds(), time.monotonic()
    time.sleep(seconds)
    return (server.seconds() - before) / (time.monotonic() - began)


class Watcher(threading.Thread):
    """Somebody who looks at a page that goes on by server-sent events."""

    def __init__(self, server: Server, page: str) -> None:
        super().__init__(daemon=True)
        self._server = server
        body = server.get(server.open(), page).decode()
        found = re.findall(r'hx-sse:connect="([^"]+)"', body)
        assert found, f"{page} has no stream"
        self._stream = found[0].replace("&amp;", "&")
        self._connection = server.open()
        self.messages = 0

    def run(self) -> None:
        """Count messages until `leave`, or until the server ends."""
        self._connection.request("GET", self._stream, headers=self._server.headers)
        response = self._connection.getresponse()
        assert response.status == 200, response.read()
        with suppress(OSError, ValueError):
            while line := response.readline():
                self.messages += line == b"\n"

    def leave(self) -> None:
        """Look no more."""
        self._connection.sock.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
