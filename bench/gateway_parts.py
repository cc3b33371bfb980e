"""What `gateway.py` asks for, and the proxies and the server that it asks."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import gateway_library
import gateway_upstream as upstream
from gateway_load import get, once
from gateway_proxies import Proxy, express, free_port, front, gateway, nginx, nginx_of, nodes

PLAIN, OURS, BEHIND = "nginx", "pentaprism", "nginx + pentaprism"
_GZIP = "Accept-Encoding: gzip, deflate\r\n"
_CHANGE = 0.5
"""Seconds between two changes of the database, where it changes."""


class Part(NamedTuple):
    """Requests that are measured; ``aim`` is the least ratio to Express, None where there is none.

    ``told`` is how many assets of each reply ours tells something of. With ``changing``, something
    is written to the database all the time, so that what is known of assets is read anew.
    """

    name: str
    requests: Sequence[bytes]
    aim: float | None
    ours: str = OURS
    connections: int = 32
    told: int = 0
    changing: bool = False


class World(NamedTuple):
    """The proxies by name, the port of what is behind them, and the database of ours.

    ``peers`` are the names of those that ours is compared with, the newest first.
    """

    peers: Sequence[str]
    proxies: Mapping[str, Proxy]
    upstream: int
    database: Path


def parts(library: upstream.Library) -> Iterator[Part]:
    """Yield what is measured."""
    original = "/api/assets/{}/original"
    search = "/api/search/metadata?page={}"
    query, page = '{"withExif":true,"size":250}', upstream.PAGE
    pages = range(upstream.PAGES)
    searches = [get(search.format(n), method="POST", body=query) for n in pages]
    zipped = [get(search.format(n), method="POST", body=query, headers=_GZIP) for n in pages]
    thumbnails = [
        get(f"/api/assets/{id_}/thumbnail?size=thumbnail", headers=_GZIP)
        for id_ in library.thumbnails
    ]
    yield Part("1 KB", [get("/api/users/me/preferences")], 2.5)
    yield Part("30 KB", [get(original.format(upstream.SMALL))], 2.0)
    yield Part("5 MB", [get(original.format(upstream.LARGE))], 2.0, connections=8)
    yield Part("search of 250", searches, 0.75, told=page)
    yield Part("search of 250, gzip", zipped, None, told=page)
    yield Part("search of 250, database changing", searches, None, told=page, changing=True)
    yield Part("thumbnails", thumbnails, 5.0)
    yield Part("behind nginx, thumbnails", thumbnails, 8.0, BEHIND)
    yield Part("behind nginx, a browser", list(_browser(thumbnails)), 8.0, BEHIND)


def _browser(thumbnails: Sequence[bytes]) -> Iterator[bytes]:
    for number, first in enumerate(range(0, len(thumbnails), upstream.SHOWN)):
        yield get(f"/api/timeline/bucket?timeBucket={number}", headers=_GZIP)
        yield from thumbnails[first : first + upstream.SHOWN]


@contextmanager
def running(work: Path, profile: Path | None) -> Iterator[tuple[World, upstream.Library]]:
    """Start everything; what is written stays below ``work``."""
    library = upstream.write_files(work)
    port, database = free_port(), work / "data.db"
    gateway_library.fill(database, f"http://127.0.0.1:{port}", library.pages)
    settings = {
        "DATABASE_PATH": str(database),
        "APP_SECRET_KEY": gateway_library.KEY,
        "LOG_LEVEL": "warning",
    }
    config = upstream.config(work, port)
    with ExitStack() as stack:
        enter = stack.enter_context
        enter(nginx_of(work, "upstream", config, port))
        ours = enter(gateway(work, port, settings, profile))
        first = enter(front(work, port, ours.port))
        peers = {f"Express/{version}": node for version, node in nodes().items()}
        proxies = {
            **{name: enter(express(work, port, name, node)) for name, node in peers.items()},
            PLAIN: enter(nginx(work, port)),
            OURS: ours,
            BEHIND: Proxy(BEHIND, first.port, first.pids + ours.pids),
        }
        yield World(list(peers), proxies, port, database), library


def contestants(part: Part, world: World) -> list[str]:
    """Return the names of those that are compared, ours last."""
    return [*world.peers, PLAIN, part.ours]


def check(part: Part, world: World) -> None:
    """Check that all answer what is behind them, and that ours tells something of assets."""
    request = part.requests[0]
    plain = once(world.upstream, request)
    assert plain.status == 200, f"{part.name}: {plain.status}"
    for name in contestants(part, world):
        reply = once(world.proxies[name].port, request)
        assert reply.status == 200, f"{name}: {reply.status} {reply.body[:300]!r}"
        if b"/bucket" not in request and not (part.told and name == part.ours):
            assert reply.body == plain.body, f"{name} answers something else"
    if part.told:
        body = once(world.proxies[part.ours].port, request.replace(_GZIP.encode(), b"")).body
        assert body.count(b'"pentaprism":') == part.told, f"nothing told: {body[:900]!r}"
        assert body.count(b'"members":') > part.told // 2, f"no groups told: {body[:1500]!r}"


@contextmanager
def changing(database: Path) -> Iterator[None]:
    """Write to the database all the time."""
    over = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as writing:
            number = 0
            while not over.wait(_CHANGE):
                number += 1
                writing.execute("UPDATE mirrors SET place = ?", [f"/mirror/{number}"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()
