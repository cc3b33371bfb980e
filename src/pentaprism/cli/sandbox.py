"""``sandbox``: a local Immich and a local Google to try things on."""

from __future__ import annotations

from typing import Annotated

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.options import JsonOption, show_help, work
from pentaprism.errors import InvalidError

app = typer.Typer(help="Run local servers to try things on.")


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
    shots: Annotated[
        bool,
        typer.Option(
            "--shots", help="Add an album of files that belong together: pairs, an edit, bursts."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Run a local Immich with made-up photos, until it is interrupted."""
    from pentaprism.sandbox.immich import SandboxError, serve

    try:
        work(serve(port, assets, seed, json=as_json, big_video=big_video, shots=shots))
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
