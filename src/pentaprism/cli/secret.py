"""``key``: the key that encrypts stored credentials."""

from __future__ import annotations

import typer

from pentaprism.cli.options import show_help

app = typer.Typer(help="Make keys for APP_SECRET_KEY.")


@app.callback(invoke_without_command=True)
def _key(context: typer.Context) -> None:
    """Make keys for APP_SECRET_KEY."""
    show_help(context)


@app.command()
def generate() -> None:
    """Print a new random key, for APP_SECRET_KEY."""
    from pentaprism.store.secrets import generate_key

    typer.echo(generate_key())
