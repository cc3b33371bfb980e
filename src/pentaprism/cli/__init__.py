"""The command line: thin commands over `pentaprism.app`.

Commands import what they need when they run, so that help and completion stay quick.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from typing import Annotated

import typer

from pentaprism import __version__
from pentaprism.cli import doctor, library, mirror, mirrors, runs, sandbox, secret, trash, verify
from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.output import print_error
from pentaprism.errors import InvalidError, PentaprismError

app = typer.Typer(
    name="pentaprism",
    help="A companion for Immich: keeps folders equal to albums, safely.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(library.connect)
app.command()(library.albums)
app.command()(mirror.mirror)
app.add_typer(mirrors.app, name="mirrors")
app.add_typer(runs.app, name="runs")
app.command()(verify.verify)
app.command()(verify.repair)
app.add_typer(trash.app, name="trash")
app.command()(doctor.doctor)
app.add_typer(sandbox.app, name="sandbox")
app.command()(sandbox.demo)
app.add_typer(secret.app, name="key")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pentaprism {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Take the options that stand before the command."""


def main() -> None:
    """Run the command line and exit with the code that `pentaprism.cli.exits` explains."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; no error leaves as a traceback."""
    as_json = "--json" in arguments
    try:
        code = typer.main.get_command(app).main(
            arguments, prog_name="pentaprism", standalone_mode=False
        )
    except typer.exceptions.TyperException as error:
        return _refuse(error, as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        return Exit.CANCELLED
    except PentaprismError as error:
        print_error(error, as_json=as_json)
        return exit_code(error)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a sentence
        print_error(_internal(error), as_json=as_json)
        return Exit.INTERNAL
    return int(code or 0)


def _refuse(error: typer.exceptions.TyperException, *, as_json: bool) -> int:
    """Say what is wrong with the words of the command line; without any, show the help."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return Exit.DONE
    path = context.command_path if context else "pentaprism"
    refused = InvalidError(message, code="usage", hint=f"See `{path} --help`.")
    print_error(refused, as_json=as_json)
    return Exit.USAGE


def _internal(error: Exception) -> PentaprismError:
    """Return what is told of a mistake of ours; the traceback goes to a file."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="pentaprism-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return PentaprismError(
        f"Something went wrong in Pentaprism itself: {type(error).__name__}.",
        code="internal",
        hint=f"Please report it with the file {file.name}; nothing was lost.",
    )
