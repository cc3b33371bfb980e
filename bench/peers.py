"""Runs commands as whole processes and accounts for them, so that peers can be compared fairly."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: wall and CPU seconds, and its largest resident size in MB."""

    wall: float
    cpu: float
    peak: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def run(command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Run ``command`` to its end; its output goes to ``log``. Raises when it fails."""
    start = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{shlex.join(command[:6])} … failed; see {log}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def then_sync(cost: Cost) -> Cost:
    """Add the time until all that was written is on the disk."""
    start = time.perf_counter()
    os.sync()
    return cost + Cost(time.perf_counter() - start, 0.0, 0.0)


def in_turn(contestants: Mapping[str, Callable[[], Cost]], *, rounds: int) -> dict[str, list[Cost]]:
    """Run all contestants in turn, ``rounds`` times, so that a drifting machine hits them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            costs[name].append(contestant())
            print(f"  {name:<24} {_line(costs[name][-1])}", flush=True)
    return costs


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost]) -> str:
    """Return the ratio of wall times, pair by pair: the median, and the least and the most."""
    ratios = [a.wall / b.wall for a, b in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _line(cost: Cost) -> str:
    return f"{cost.wall:7.2f} s wall {cost.cpu:7.2f} s CPU {cost.peak:6.0f} MB"
