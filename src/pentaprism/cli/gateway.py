"""``serve gateway``: the gateway alone."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.exits import Exit
from pentaprism.cli.output import safe, say

if TYPE_CHECKING:
    from pentaprism.gateway.composition import Gateway
    from pentaprism.settings import Settings

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - Immich behind it asks for a sign-in
_COLLECT_AFTER = 50_000
_LONGEST_END = 10.0


def gateway(
    port: Annotated[
        int, typer.Option(envvar="GATEWAY_PORT", min=0, max=65535, help="Where to listen; 0: any.")
    ] = 3000,
    host: Annotated[
        str,
        typer.Option(envvar="HOST", help="At which address; 127.0.0.1 for this machine alone."),
    ] = _EVERYWHERE,
    attached: Annotated[
        bool,
        typer.Option(
            "--attached", hidden=True, help="Read settings from standard input, and end with it."
        ),
    ] = False,
) -> int:
    """Serve the gateway alone: Immich for every client, with what Pentaprism knows."""
    from pentaprism.logs import configure
    from pentaprism.settings import load_settings

    if attached:
        from pentaprism.gateway_process import read_settings

        # Ctrl-C reaches every process of a terminal; the one that started us tells us to end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        line = sys.stdin.buffer.readline()
        if not line:
            return Exit.DONE  # whoever started us has gone
        settings = read_settings(line)
    else:
        settings = load_settings()
    configure(level=settings.log_level, log_format=settings.log_format, folder=settings.log_path)
    _run(settings, host, port, attached=attached)
    return Exit.DONE


def _run(settings: Settings, host: str, port: int, *, attached: bool) -> None:
    import uvloop

    from pentaprism.gateway.allocation import keep_freed_memory
    from pentaprism.gateway.serving import serve_gateway

    async def serve() -> None:
        stop = asyncio.Event()
        if attached:
            loop = asyncio.get_running_loop()
            end = functools.partial(loop.call_soon_threadsafe, stop.set)
            threading.Thread(target=end_with_input, args=(end,), daemon=True).start()
        await serve_gateway(
            settings, host=host, port=port, ready=_welcome, stop=stop, interrupts=not attached
        )

    keep_freed_memory()
    # What was made until here stays; a look through all of it again and again costs requests.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


def end_with_input(end: Callable[[], object], longest: float = _LONGEST_END) -> None:
    """Call ``end`` when the standard input ends, as whoever started us has gone then.

    Nobody is left to kill a gateway that does not end, so it goes on for ``longest`` seconds only.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        end()
    time.sleep(longest)
    os._exit(Exit.SOME_FAILED)


def _welcome(address: str, gateway: Gateway) -> None:
    upstream = gateway.finding.upstream()
    if upstream is None:
        say(
            f"The gateway is at {address}. No Immich is behind it yet: connect one on the pages, "
            "or set IMMICH_URL."
        )
        return
    say(
        f"The gateway is at {address}, in front of {safe(upstream.url)} - point Immich's apps at "
        "it."
    )
