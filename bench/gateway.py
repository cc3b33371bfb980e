"""Measures the gateway against Express and nginx, in one run; see `bench/README.md`.

    .venv/bin/python bench/gateway.py                     # everything, about 12 minutes
    .venv/bin/python bench/gateway.py --quick             # the same, shorter and less exact
    .venv/bin/python bench/gateway.py --only search       # what has the word in its name

Requests for each CPU-second of the proxy, all its processes together, while 32 connections are
always busy. All pass on the same requests to the same nginx with files; rounds are in turn, so that
a drifting machine hits them alike. Needs Debian's nginx, and what `make bench` installs.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from gateway_load import closed_loop, open_loop, upload
from gateway_parts import OURS, PLAIN, Part, World, changing, check, contestants, parts, running
from gateway_upstream import LARGE_SIZE, Library

P99_AIM = 0.7
"""The most that the 99th percentile of ours may be, in times of that of Express."""

PASSED = 10_000_000_000
"""Bytes that are passed on in each direction while memory is watched."""


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load, in each round")
    parser.add_argument("--quick", action="store_true", help="two rounds of one second")
    parser.add_argument("--only", default="", help="what has this word in its name")
    parser.add_argument("--profile", type=Path, help="write what cProfile says of the gateway")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.seconds = 2, 1.0
    print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}")
    with (
        tempfile.TemporaryDirectory(prefix="pentaprism-gateway-") as folder,
        running(_open_to_nginx(Path(folder)), chosen.profile) as (world, library),
    ):
        measure_speeds(world, library, chosen)
        if chosen.only in "p99":
            measure_p99(world, library, chosen)
        if chosen.only in "memory":
            measure_memory(world, library, PASSED // 10 if chosen.quick else PASSED)


def _open_to_nginx(folder: Path) -> Path:
    """Let the workers of an nginx that root has started read what is in ``folder``."""
    folder.chmod(0o755)
    return folder


def measure_speeds(world: World, library: Library, chosen: argparse.Namespace) -> None:
    """Print the requests for each CPU-second."""
    warm_up(world, library, 5 if chosen.quick else 12)
    print(_head("requests a CPU-second", world))
    for part in parts(library):
        if chosen.only in part.name:
            check(part, world)
            with changing(world.database) if part.changing else nullcontext():
                speeds(part, world, 1, chosen.seconds)  # so that all are warm
                found = speeds(part, world, chosen.rounds, chosen.seconds)
            print(_row(part.name, found, world, ",.0f", part.aim), flush=True)


def warm_up(world: World, library: Library, seconds: float) -> None:
    """Let Express become as fast as it can be, which takes tens of thousands of requests."""
    first = next(parts(library))
    for name in world.peers:
        closed_loop(world.proxies[name].port, first.requests, seconds=seconds)


def speeds(part: Part, world: World, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return the requests for each CPU-second of each contestant, round by round."""
    found: dict[str, list[float]] = {name: [] for name in contestants(part, world)}
    for _ in range(rounds):
        for name, each in found.items():
            proxy = world.proxies[name]
            before = proxy.seconds()
            load = closed_loop(
                proxy.port, part.requests, seconds=seconds, connections=part.connections
            )
            each.append(load.requests / max(proxy.seconds() - before, 0.01))
    return found


def measure_p99(world: World, library: Library, chosen: argparse.Namespace) -> None:
    """Print the 99th percentiles, at half of what the slowest Express can do on a core."""
    print(_head("ms for 99 of 100 requests", world))
    for part in list(parts(library))[:2]:
        can = speeds(part, world, 2, 1.0)
        rate = min(statistics.median(can[name]) for name in world.peers) / 2
        found: dict[str, list[float]] = {name: [] for name in contestants(part, world)}
        # Many short turns: what else the machine does for a moment spoils one of many.
        for _ in range(4 * chosen.rounds):
            for name, each in found.items():
                port = world.proxies[name].port
                took = open_loop(port, part.requests, rate=rate, seconds=chosen.seconds / 2)
                each.append(took[len(took) * 99 // 100] * 1000)
        print(_row(f"{part.name}, {rate:,.0f} a second", found, world, ".2f", P99_AIM), flush=True)


def _head(what: str, world: World) -> str:
    names = " ".join(f"{name:>10}" for name in (*world.peers, PLAIN, "ours"))
    return f"{what:<34} {names}   " + " ".join(f"{f'ours / {one}':<22}" for one in world.peers)


def _row(
    name: str, found: Mapping[str, Sequence[float]], world: World, spelt: str, aim: float | None
) -> str:
    """Return the medians, and the ratios of ours round by round: median, and least and most."""
    *others, ours = found.values()
    medians = " ".join(f"{format(statistics.median(each), spelt):>10}" for each in (*others, ours))
    ratios = " ".join(f"{_ratio(ours, found[peer]):<22}" for peer in world.peers)
    return f"{name:<34} {medians}   {ratios} {f'aim {aim:g}' if aim else ''}"


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


def measure_memory(world: World, library: Library, size: int) -> None:
    """Print how large ours is before, while and after it passes on ``size`` bytes each way."""
    proxy = world.proxies[OURS]
    large = next(part for part in parts(library) if part.name == "5 MB")

    def download(size: int) -> None:
        passed = 0
        while passed < size:
            load = closed_loop(proxy.port, large.requests, seconds=1.0, connections=8)
            assert load.bytes == load.requests * LARGE_SIZE, "every download is whole"
            passed += load.bytes

    print(f"{'MB of memory of ours':<34} {'before':>8} {'after':>8} {'most':>8}   GB/s")

    def send(size: int) -> None:
        upload(proxy.port, "/api/assets", size)

    ways = {"down, 5 MB each": download, "up, in one body": send}
    for way, passing in ways.items():
        passing(size // 50)  # so that it is warm
        before, _ = proxy.resident()
        proxy.forget_peak()
        start = time.perf_counter()
        passing(size)
        took = time.perf_counter() - start
        after, most = proxy.resident()
        row = " ".join(f"{each:>8.1f}" for each in (before, after, most))
        print(f"{f'{size / 1e9:g} GB {way}':<34} {row}   {size / took / 1e9:.2f}", flush=True)


if __name__ == "__main__":
    main()
