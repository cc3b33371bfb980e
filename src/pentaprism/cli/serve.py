"""``serve``: the pages, the API, the clock and the jobs, in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import work
from pentaprism.cli.output import say

if TYPE_CHECKING:
    from pentaprism.program import Program

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - it asks for a sign-in, and is opened from other machines


def serve(
    port: Annotated[
        int, typer.Option(envvar="PORT", min=0, max=65535, help="Where to listen; 0: any.")
    ] = 8080,
    host: Annotated[
        str,
        typer.Option(envvar="HOST", help="At which address; 127.0.0.1 for this machine alone."),
    ] = _EVERYWHERE,
) -> int:
    """Serve the web pages and run mirrors when they are due, until it is interrupted."""
    from pentaprism import server
    from pentaprism.logs import configure
    from pentaprism.settings import load_settings

    settings = load_settings()
    configure(level=settings.log_level, log_format=settings.log_format, folder=settings.log_path)
    work(server.serve(settings, host=host, port=port, ready=_welcome))
    return Exit.DONE


def _welcome(address: str, program: Program) -> None:
    del program
    say(f"Pentaprism is at {address} - Ctrl-C ends it.")
