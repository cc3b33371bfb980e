"""The server: in a test, in a thread of its own, or as a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from pentaprism.sandbox.hosting import Host, serve_until_ended
from pentaprism.sandbox.immich.edge import KEEP_ALIVE, Edge
from pentaprism.sandbox.immich.faults import Faults
from pentaprism.sandbox.immich.library import Library, wall_clock
from pentaprism.sandbox.immich.live import Live
from pentaprism.sandbox.immich.making import Wanted
from pentaprism.sandbox.immich.population import populate
from pentaprism.sandbox.immich.replies import Replies, Version
from pentaprism.sandbox.immich.routes import API, CONTROL
from pentaprism.sandbox.immich.sidecars import Sidecars
from pentaprism.sandbox.immich.traffic import Traffic


class Sandbox(Host):
    """A local Immich.

    ``async with Sandbox(assets=50, seed=1) as s`` runs it in this event loop; a plain ``with`` in
    a thread, for callers that block. Both give ``s.url`` (without /api), ``s.api_key`` (the
    owner's, with all permissions), ``s.library``, ``s.faults`` and ``s.traffic``.

    ``hostile=False`` makes a library of plain assets only; ``size`` pads every file to that many
    bytes; ``jpeg_only`` leaves other formats out; ``big_video`` adds a video of that many bytes,
    ``shots`` an album of files that belong together, ``duplicates`` so many photos with a copy of
    each, in albums "Originals" and "Copies".
    ``metadata_delay`` is how many seconds Immich takes to write changed metadata beside a file,
    during which a second change of the same is lost; 0 writes it as soon as it is answered.
    ``latency`` is seconds before each reply, ``bandwidth`` bytes a second for all bodies together.
    ``clock`` tells the time in milliseconds since 1970. Port 0 takes a free one. Starting raises
    `SandboxError` where the port is taken.
    """

    def __init__(
        self,
        assets: int = 50,
        seed: int = 1,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        hostile: bool = True,
        size: int | None = None,
        jpeg_only: bool = False,
        big_video: int | None = None,
        shots: bool = False,
        duplicates: int = 0,
        version: str = "3.1.0",
        metadata_delay: float = 0.0,
        latency: float = 0.0,
        bandwidth: int | None = None,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        super().__init__(host, port, KEEP_ALIVE)
        self.library = Library(seed, clock)
        wanted = Wanted(assets, seed, hostile, size, jpeg_only, big_video, shots, duplicates)
        populate(self.library, wanted)
        self.api_key = next(iter(self.library.keys))
        self.faults = Faults()
        self.traffic = Traffic(tuple(dict.fromkeys(route.name for route in API)))
        self.replies = Replies(self.library, Version.parse(version))
        self._edge = Edge(
            self.library,
            self.replies,
            self.faults,
            self.traffic,
            Sidecars(self.library, metadata_delay),
            latency=latency,
            bandwidth=bandwidth,
        )

    def application(self) -> web.Application:
        """Return the application: the API under /api, and /sandbox."""
        app = self._edge.application(API, CONTROL)
        Live(self.library, self.replies).attach(app)
        return app

    def ready_line(self) -> str:
        """Return one line of JSON: url, api_key, and the albums the owner sees, largest first."""
        albums: list[dict[str, Any]] = [
            {"id": album.id, "name": album.name, "assets": len(self.replies.counted(album))}
            for album in self.library.albums.values()
            if self.library.owner.id in {album.owner_id, *album.users}
        ]
        albums.sort(key=lambda album: album["assets"], reverse=True)
        line = {"url": self.url, "api_key": self.api_key, "albums": albums}
        return orjson.dumps(line).decode()


async def serve(
    port: int = 2283,
    assets: int = 50,
    seed: int = 1,
    *,
    json: bool = False,
    host: str = "127.0.0.1",
    hostile: bool = True,
    size: int | None = None,
    jpeg_only: bool = False,
    big_video: int | None = None,
    shots: bool = False,
    version: str = "3.1.0",
    latency: float = 0.0,
    bandwidth: int | None = None,
) -> None:
    """Run a sandbox until SIGINT or SIGTERM; ``json`` prints the ready line, else a few words.

    Raises `SandboxError` where the port is taken.
    """
    sandbox = Sandbox(
        assets, seed, port, host=host, hostile=hostile, size=size, jpeg_only=jpeg_only,
        big_video=big_video, shots=shots, version=version, latency=latency, bandwidth=bandwidth,
    )  # fmt: skip
    await serve_until_ended(sandbox, lambda: sandbox.ready_line() if json else _welcome(sandbox))


def _welcome(sandbox: Sandbox) -> str:
    albums = orjson.loads(sandbox.ready_line())["albums"]
    listed = "\n".join(f"  {album['assets']:>7}  {album['name']!r}" for album in albums)
    return (
        f"A sandbox Immich {sandbox.replies.version} listens at {sandbox.url}\n"
        f"API key: {sandbox.api_key}\nAlbums:\n{listed}\nCtrl-C ends it."
    )
