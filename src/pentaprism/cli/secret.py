"""``key``: the key that encrypts stored credentials."""

from __future__ import annotations

import typer

app = typer.Typer(help="Make keys for APP_SECRET_KEY.", no_args_is_help=True)


@app.callback()
def _key() -> None:
    """Make keys for APP_SECRET_KEY."""


@app.command()
def generate() -> None:
    """Print a new random key, for APP_SECRET_KEY."""
    from pentaprism.store.secrets import generate_key

    typer.echo(generate_key())
