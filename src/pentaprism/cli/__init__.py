"""The command line: thin commands over `pentaprism.app`.

Commands import what they need when they run, so that help and completion stay quick.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from pentaprism import __version__
from pentaprism.cli import (
    account,
    demo,
    doctor,
    duplicates,
    groups,
    library,
    mirror,
    mirrors,
    roots,
    runs,
    sandbox,
    scan,
    secret,
    serve,
    stacks,
    trash,
    verify,
)
from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.failures import explain
from pentaprism.cli.options import show_help
from pentaprism.cli.output import print_error
from pentaprism.errors import PentaprismError

app = typer.Typer(
    name="pentaprism",
    help="A companion for Immich: keeps folders and Google Photos equal to albums, safely.",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(library.connect)
app.command()(library.albums)
app.command()(mirror.mirror)
app.command()(scan.scan)
app.command()(groups.groups)
app.command()(duplicates.duplicates)
app.add_typer(roots.app, name="roots")
app.add_typer(mirrors.app, name="mirrors")
app.add_typer(account.app, name="account")
app.command("accounts")(account.list_accounts)
app.add_typer(runs.app, name="runs")
app.command()(verify.verify)
app.command()(verify.repair)
app.add_typer(trash.app, name="trash")
app.add_typer(stacks.app, name="stacks")
app.command()(doctor.doctor)
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(serve.app, name="serve")
app.command()(demo.demo)
app.add_typer(secret.app, name="key")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pentaprism {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Take the options that stand before the command."""
    show_help(context)


def main() -> None:
    """Run the command line and exit with the code that `pentaprism.cli.exits` explains."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without UTF-8 shows a ? for what it cannot; it is no reason to fail.
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; no error leaves as a traceback."""
    as_json = "--json" in arguments
    try:
        code = typer.main.get_command(app).main(
            arguments, prog_name="pentaprism", standalone_mode=False
        )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has gone (typer makes a SystemExit of that): nobody is left to
        # be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE_CLOSED
    except typer.Abort:
        print_error(_declined(), as_json=as_json)
        return Exit.CANCELLED
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a sentence
        told = explain(error)
        print_error(told, as_json=as_json)
        return exit_code(told)
    return int(code or 0)


def _declined() -> PentaprismError:
    return PentaprismError(
        "It was not confirmed, so nothing was done.", code="declined", hint="--yes confirms it."
    )
