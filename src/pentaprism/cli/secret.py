"""``key``: the key that encrypts stored credentials."""

from __future__ import annotations

import typer

from pentaprism.cli.options import JsonOption, opened, show_help, work
from pentaprism.cli.output import print_json, say

app = typer.Typer(help="Make and change the key that encrypts saved credentials.")


@app.callback(invoke_without_command=True)
def _key(context: typer.Context) -> None:
    """Make and change the key that encrypts saved credentials."""
    show_help(context)


@app.command()
def generate() -> None:
    """Print a new random key, for APP_SECRET_KEY."""
    from pentaprism.store.key_file import generate_key

    typer.echo(generate_key())


@app.command()
def rotate(as_json: JsonOption = False) -> None:
    """Encrypt all saved credentials with a new key."""
    work(_rotate(as_json=as_json))


async def _rotate(*, as_json: bool) -> None:
    async with opened() as app:
        credentials, in_file = await app.store.change_key()
    if as_json:
        print_json({"credentials": credentials, "key": "file" if in_file else "setting"})
        return
    things = "1 credential is" if credentials == 1 else f"{credentials:,} credentials are"
    if in_file:
        say(f"{things} encrypted with a new key, which is in the key file beside the database.")
        say("The key before it stays there, for programs that are running.")
    else:
        say(f"{things} encrypted with the first key of APP_SECRET_KEY.")
        say(
            "Take the other keys out once every Pentaprism was restarted with the new one in front."
        )
