"""``demo``: the whole program with a made-up Immich and a made-up Google behind it, signed in."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import work
from pentaprism.cli.output import say
from pentaprism.errors import ActionRequiredError, ConflictError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pentaprism.app import App
    from pentaprism.destinations.base import DestinationType
    from pentaprism.program import Program
    from pentaprism.store.records import Account, Connection, Mirror

_ASSETS = 240
_LATENCY = 0.5
"""Seconds; a server that answered at once would leave nothing to watch."""

_GATEWAY_PORT = 3000
_LOG_LEVEL = "WARNING"

_NAMES = ("localhost", "127.0.0.1", "[::1]")


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0: any.")] = 8080,
) -> int:
    """Try everything out: the pages, with a made-up Immich and Google, and a first mirror."""
    work(_demo(Path.cwd() / ".demo", port))
    return Exit.DONE


async def _demo(home: Path, port: int) -> None:
    from pentaprism import server
    from pentaprism.app import App
    from pentaprism.logs import configure
    from pentaprism.sandbox.google import GoogleSandbox
    from pentaprism.sandbox.immich import Sandbox
    from pentaprism.settings import load_settings

    _clear(home)
    configure(level=_LOG_LEVEL)
    with (
        Sandbox(assets=_ASSETS, seed=1, shots=True, latency=_LATENCY) as immich,
        GoogleSandbox(consent=True, latency=_LATENCY) as google,
    ):
        settings = load_settings(
            database_path=home / "pentaprism.db",
            immich_url=immich.url,
            immich_api_key=immich.api_key,
            log_level=_LOG_LEVEL,
            google_url=google.url,
            google_client_id=google.client_id,
            google_client_secret=google.client_secret,
        )
        async with App.open(settings) as app:
            mirrors = await _set_up(app, immich.url, immich.api_key, home)
        door = _OpenDoor(immich.api_key)
        await server.serve(
            settings,
            host="127.0.0.1",
            port=port if _is_free(port) else 0,
            gateway_port=_GATEWAY_PORT if port != _GATEWAY_PORT and _is_free(_GATEWAY_PORT) else 0,
            ready=lambda address, program: door.ready(address, program, mirrors),
            around=door.put_before,
        )


async def _set_up(app: App, url: str, api_key: str, home: Path) -> list[Mirror]:
    """Connect all there is, make two mirrors that run every hour, and a folder to index."""
    from pentaprism.app import find_album
    from pentaprism.destinations.registry import by_kind

    connection, _ = await app.connect(url, api_key)
    await _add_media(app, connection.owner_id, home / "media")
    account = await _connect_google(app, connection.owner_id)
    async with app.immich(connection) as client:
        album = await find_album(client, "Holiday")
    made = []
    for kind, options in (
        ("local_folder", {"path": str(home / "photos"), "template": "{year}/{month}/{filename}"}),
        ("google_photos", {"account": account.id}),
    ):
        made.append(await _mirror(app, connection, album, by_kind(kind), options))
    return made


async def _add_media(app: App, owner_id: str, folder: Path) -> None:
    """Make a folder of photos whose files belong together; the server will scan it by itself."""
    import asyncio

    from pentaprism.cli.demo_media import make_media

    await asyncio.to_thread(make_media, folder)
    await app.store.roots.add(owner_id, str(folder), "Media")


async def _mirror(
    app: App, connection: Connection, album: Any, kind: DestinationType, options: dict[str, str]
) -> Mirror:
    from pentaprism.mirrors.definition import Definition

    checked = kind.options.model_validate(options)
    definition = Definition(
        app.store, connection.id, album, kind, options=checked, given=dict(options)
    )
    return await definition.save()


async def _connect_google(app: App, owner_id: str) -> Account:
    """Connect the made-up Google account, whose consent page needs no click."""
    import asyncio

    started = await app.accounts.start(
        "http://localhost/auth/google/callback", removals=True, owner_id=owner_id
    )
    answer = await asyncio.to_thread(_redirect_of, started.authorize_url)
    return await app.accounts.finish(answer, owner_id=owner_id)


def _redirect_of(url: str) -> str:
    """Return where the page at ``url`` leads to."""
    parts = urlsplit(url)
    asking = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        asking.request("GET", f"{parts.path}?{parts.query}")
        return asking.getresponse().headers["Location"] or ""
    finally:
        asking.close()


class _OpenDoor:
    """Lets everybody on this machine in as the owner: there is nothing to guard but made-up photos.

    Only under the machine's own names, so that no page of another site reaches it by a name that
    leads here.
    """

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key
        self._cookie = b""
        self._tasks: list[Any] = []

    def put_before(self, site: ASGIApp) -> ASGIApp:
        """Return ``site``, in which whoever brings no session has this one."""

        async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and self._cookie:
                headers = dict(scope["headers"])
                host = headers.get(b"host", b"").decode("latin-1").rpartition(":")[0]
                if host in _NAMES and b"pentaprism_session=" not in headers.get(b"cookie", b""):
                    headers[b"cookie"] = b"; ".join(
                        filter(None, (headers.get(b"cookie"), self._cookie))
                    )
                    scope = {**scope, "headers": list(headers.items())}
            await site(scope, receive, send)

        return signed_in

    def ready(self, address: str, program: Program, mirrors: list[Mirror]) -> None:
        """Sign in, start the mirrors, and say where to look."""
        import asyncio

        self._tasks.append(asyncio.ensure_future(self._begin(program, mirrors)))
        say(
            f"[bold]Open {address}[/] - you are signed in. A made-up Immich and a made-up Google "
            "are behind it;\nthe album “Holiday” is being mirrored to .demo/photos and to Google "
            "at this moment, and the files\nof one shot in .demo/media are grouped. Ctrl-C ends "
            "it.\n\nYour own Immich: make run\n"
        )

    async def _begin(self, program: Program, mirrors: list[Mirror]) -> None:
        from datetime import timedelta

        from pentaprism.app import RunOptions
        from pentaprism.jobs.schedule import interval
        from pentaprism.store.records import StartedBy

        token = await program.door.with_api_key(
            self._api_key, server_url=None, address="127.0.0.1", user_agent="demo"
        )
        self._cookie = f"pentaprism_session={token}".encode()
        for mirror in mirrors:
            planned = await program.clock.plan(mirror, interval(60, jitter=timedelta(minutes=1)))
            await program.runner.start(planned, RunOptions(started_by=StartedBy.PERSON))


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _clear(home: Path) -> None:
    """Remove an earlier demo, which is known by its database; anything else is left alone."""
    if os.path.lexists(home) and (home.is_symlink() or not (home / "pentaprism.db").is_file()):
        raise ConflictError(
            f"{home} exists and is not from an earlier demo.",
            code="demo_folder",
            hint="Run the demo in another folder.",
        )
    try:
        if home.exists():
            shutil.rmtree(home)
        home.mkdir()
    except OSError as error:
        raise ActionRequiredError(
            f"The folder {home} cannot be made anew: {error.strerror}.",
            code="demo_folder",
            hint="Run the demo in a folder that this user may write to.",
        ) from error
