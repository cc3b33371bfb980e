"""``serve``: the pages, the API, the clock and the jobs, and the gateway beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.gateway import gateway
from pentaprism.cli.options import work
from pentaprism.cli.output import say
from pentaprism.errors import InvalidError
from pentaprism.listening import LAST_PORT

if TYPE_CHECKING:
    from pentaprism.program import Program

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - it asks for a sign-in, and is opened from other machines
_NO_GATEWAY = "off"

app = typer.Typer()


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(envvar="PORT", min=0, max=65535, help="Where to listen; 0: any.")
    ] = 8080,
    gateway_port: Annotated[
        str,
        typer.Option(
            envvar="GATEWAY_PORT",
            help="Where the gateway listens; 0: any, off: no gateway.",
            metavar="PORT|off",
        ),
    ] = "3000",
    host: Annotated[
        str,
        typer.Option(envvar="HOST", help="At which address; 127.0.0.1 for this machine alone."),
    ] = _EVERYWHERE,
) -> None:
    """Serve the web pages and the gateway, and run mirrors when they are due."""
    if context.invoked_subcommand is not None:
        return
    from pentaprism import server
    from pentaprism.logs import configure
    from pentaprism.settings import load_settings

    gateway_at = read_gateway_port(gateway_port)
    settings = load_settings()
    configure(level=settings.log_level, log_format=settings.log_format, folder=settings.log_path)
    work(server.serve(settings, host=host, port=port, gateway_port=gateway_at, ready=_welcome))


app.command()(gateway)


def read_gateway_port(text: str) -> int | None:
    """Return the port that ``text`` says, None for ``off``; raises `InvalidError`."""
    word = text.strip().lower()
    if word == _NO_GATEWAY:
        return None
    if word.isascii() and word.isdigit() and int(word) <= LAST_PORT:
        return int(word)
    raise InvalidError(
        f"--gateway-port (GATEWAY_PORT) is {text!r}, which is no port.",
        code="usage",
        hint=f"Give a number up to {LAST_PORT}, or the word off.",
    )


def _welcome(address: str, program: Program) -> None:
    del program
    say(f"Pentaprism is at {address} - Ctrl-C ends it.")
