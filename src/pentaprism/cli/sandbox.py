"""``sandbox`` and ``demo``: a local Immich and a local Google to try things on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import JsonOption, show_help, work
from pentaprism.cli.output import console, safe, say
from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError

app = typer.Typer(help="Run local servers to try things on.")

_DEMO_ASSETS = 150
_DEMO_LATENCY = 0.1
"""Seconds; a server that answered at once would leave nothing to watch."""
_SHOWN = 12


@app.callback(invoke_without_command=True)
def _sandbox(context: typer.Context) -> None:
    """Run local servers to try things on."""
    show_help(context)


@app.command()
def immich(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0: any.")] = 2283,
    assets: Annotated[int, typer.Option(min=0, help="In its largest album.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed makes the same library.")] = 1,
    big_video: Annotated[
        int, typer.Option(min=0, help="Add a video of this many bytes, made while it is sent.")
    ] = 0,
    as_json: JsonOption = False,
) -> int:
    """Run a local Immich with made-up photos, until it is interrupted."""
    from pentaprism.sandbox.immich import SandboxError, serve

    try:
        work(serve(port, assets, seed, json=as_json, big_video=big_video))
    except SandboxError as error:
        raise InvalidError(error.message, code=error.code, hint=error.hint) from error
    return Exit.DONE


@app.command()
def google(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0: any.")] = 8090,
    consent: Annotated[
        bool, typer.Option("--consent", help="Grant what is asked for without a click.")
    ] = False,
    latency: Annotated[float, typer.Option(min=0, help="Seconds before each reply.")] = 0.0,
    bandwidth: Annotated[
        int | None, typer.Option(min=1, help="Bytes a second for all uploads together.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Run a local Google: its sign-in and Google Photos, until it is interrupted."""
    from pentaprism.sandbox.google import SandboxError, serve_google

    try:
        work(
            serve_google(port, json=as_json, consent=consent, latency=latency, bandwidth=bandwidth)
        )
    except SandboxError as error:
        raise InvalidError(error.message, code=error.code, hint=error.hint) from error
    return Exit.DONE


def demo() -> int:
    """Mirror an album of a made-up Immich to ./.demo/photos, twice."""
    return work(_demo(Path.cwd() / ".demo"))


async def _demo(home: Path) -> int:
    from pentaprism.app import App, RunOptions, find_album
    from pentaprism.cli.report import run_and_report
    from pentaprism.sandbox.immich import Sandbox
    from pentaprism.settings import load_settings

    _clear(home)
    photos = home / "photos"
    async with Sandbox(assets=_DEMO_ASSETS, seed=1, port=0, latency=_DEMO_LATENCY) as sandbox:
        say(f"A made-up Immich runs at {sandbox.url}; its album “Holiday” goes to .demo/photos.\n")
        settings = load_settings(
            database_path=home / "pentaprism.db",
            immich_url=sandbox.url,
            immich_api_key=sandbox.api_key,
        )
        async with App.open(settings) as app_:
            connection = await app_.connection()
            async with app_.immich(connection) as client:
                album = await find_album(client, "Holiday")
            definition = await app_.definition(
                connection, album, f"folder:{photos}", template="{year}/{month}/{filename}"
            )
            mirror = await definition.save()
            console.rule("First run")
            code = await run_and_report(app_, mirror, connection, RunOptions())
            for line in _tree(photos):
                say(line)
            console.rule("Second run")
            code = await run_and_report(app_, mirror, connection, RunOptions()) or code
    console.rule()
    say(
        "Your own Immich: pentaprism connect http://YOUR-IMMICH:2283, then\n"
        '  pentaprism mirror "An album" --to folder:/where/it/shall/be'
    )
    return code


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


def _tree(folder: Path) -> Iterator[str]:
    """Yield a few lines that show what lies in ``folder``."""
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and ".pentaprism" not in file.relative_to(folder).parts
    )
    for file in files[:_SHOWN]:
        yield f"  [dim]{safe(str(file.relative_to(folder)))}[/]"
    if len(files) > _SHOWN:
        yield f"  [dim]… and {len(files) - _SHOWN:,} more[/]"
