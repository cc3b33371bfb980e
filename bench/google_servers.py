"""One of the local servers that `mirror_google.py` measures against, in its own process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.sandbox.immich import Sandbox


async def main() -> None:
    """Serve until SIGTERM, after one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["immich", "google"])
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--bandwidth", type=int)
    parser.add_argument("--assets", type=int, default=0)
    parser.add_argument("--size", type=int)
    parser.add_argument("--big-video", type=int)
    chosen = parser.parse_args()
    server: Sandbox | GoogleSandbox
    if chosen.which == "google":
        server = GoogleSandbox(
            consent=True, latency=chosen.latency, bandwidth=chosen.bandwidth, keep_bytes=False
        )
        server.settings.daily_requests = 10_000_000
    else:
        server = Sandbox(
            chosen.assets,
            hostile=False,
            jpeg_only=True,
            size=chosen.size,
            big_video=chosen.big_video,
            latency=chosen.latency,
            bandwidth=chosen.bandwidth,
        )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with server:
        sys.stdout.write(server.ready_line() + "\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
