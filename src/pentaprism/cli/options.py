"""Options that several commands share, and the program opened by them."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pentaprism.errors import InvalidError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.store.records import Mirror

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on one line, for scripts.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--immich-url", help="Address of the Immich server; else IMMICH_URL."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        help="An Immich API key. Other users of this machine can see it here; better set "
        "IMMICH_API_KEY or IMMICH_API_KEY_FILE.",
    ),
]
CaOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-file", help="PEM file of the server's certificate authority; else IMMICH_CA_FILE."
    ),
]
GoogleUrlOption = Annotated[
    str | None,
    typer.Option("--google-url", help="Another server in Google's place; else GOOGLE_URL."),
]
WaitOption = Annotated[
    bool,
    typer.Option("--wait", help="Wait for a new day's quota, or a reconnected account, and go on."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MirrorArgument = Annotated[
    str, typer.Argument(metavar="MIRROR", help="A mirror's id, its beginning, or its album.")
]


def show_help(context: typer.Context) -> None:
    """Show the help of a family of commands when none of them was named."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def confirm(question: str, *, yes: bool) -> None:
    """Return if a person says yes to ``question``, or said so before with ``--yes``.

    Raises `typer.Abort` for a no, and `InvalidError` where there is no terminal to ask at.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidError(
            "This has to be confirmed, and there is no terminal to ask at.",
            code="confirm",
            hint="Add --yes to confirm it.",
        )
    typer.confirm(question, abort=True, err=True)


_COLLECT_AFTER = 50_000
"""Objects made since the last look for garbage; Python's own 2,000 suits smaller programs."""


@asynccontextmanager
async def opened(
    url: str | None = None,
    api_key: str | None = None,
    ca_file: Path | None = None,
    *,
    google_url: str | None = None,
) -> AsyncIterator[App]:
    """Open the program with the settings, in which given options win."""
    from pentaprism.app import App
    from pentaprism.cli.logs import show_logs
    from pentaprism.settings import load_settings

    settings = load_settings(
        immich_url=url, immich_api_key=api_key, immich_ca_file=ca_file, google_url=google_url
    )
    show_logs(settings.log_level, folder=settings.log_path, log_format=settings.log_format)
    async with App.open(settings) as app:
        yield app


async def find_mirror(app: App, text: str) -> Mirror:
    """Return the mirror that ``text`` means: its id, the beginning of it, or its album's name.

    Raises `NotFoundError`, or `InvalidError` when several fit.
    """
    named = [m for m in await app.store.mirrors.list() if text in (m.album_name, m.album_id)]
    if len(named) == 1:
        return named[0]
    if named:
        which = "; ".join([f"{m.id} ({await app.place_of(m)})" for m in named])
        raise InvalidError(
            f"{len(named)} mirrors are of the album “{text}”.",
            code="ambiguous",
            hint=f"Give the id of the one that is meant: {which}.",
        )
    return await app.store.mirrors.resolve(text)


def work[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end."""
    # Pages of a thousand assets come and go; looking through all modules for garbage each time
    # took a fifth of a run without changes.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 100)
    return asyncio.run(coroutine)
