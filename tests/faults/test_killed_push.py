"""kill -9 in the middle of pushing stacks and of undoing it: the next one goes on.

A few kills run with every `make test`, many with `make soak`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pentaprism.sandbox.immich import Sandbox

type Stacks = set[tuple[str, frozenset[str]]]


class Pusher:
    """A sandbox with pairs to stack, and the program that does it as a process."""

    def __init__(self, sandbox: Sandbox, home: Path, *, pairs: int) -> None:
        self.sandbox = sandbox
        self.library = sandbox.library
        self.environment = {
            **os.environ,
            "DATABASE_PATH": str(home / "data.db"),
            "IMMICH_URL": sandbox.url,
            "IMMICH_API_KEY": sandbox.api_key,
            "IMMICH_RETRIES": "0",
        }
        plain = [
            asset
            for asset in self.library.assets.values()
            if asset.owner_id == self.library.owner.id and asset.kind == "jpeg"
        ]
        halves = zip(plain[: 2 * pairs : 2], plain[1 : 2 * pairs : 2], strict=True)
        for number, (still, edit) in enumerate(halves):
            for asset, suffix in ((still, ""), (edit, "-edited")):
                self.library.rename_asset(asset.id, f"DSC_{number * 7:04}{suffix}.JPG")
                asset.taken, asset.offset, asset.camera = still.taken, still.offset, still.camera
        self.theirs = self._stack_of_somebody([asset.id for asset in plain[2 * pairs :]])

    def _stack_of_somebody(self, ids: list[str]) -> Stacks:
        stack = self.library.add_stack(ids[:2])
        return {(ids[0], frozenset(stack.asset_ids))}

    @property
    def stacks(self) -> Stacks:
        return {
            (stack.asset_ids[0], frozenset(stack.asset_ids))
            for stack in self.library.stacks.values()
        }

    @property
    def changes(self) -> int:
        traffic = self.sandbox.traffic
        routes = ("create_stack", "delete_stack", "update_stack")
        return sum(traffic.of(route).requests for route in routes)

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pentaprism", "stacks", command, "--json"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: str) -> Any:
        process = self.start(command)
        out, err = process.communicate(timeout=110)
        assert "Traceback" not in err
        assert process.returncode == 0, (out, err)
        return json.loads(out)

    def kill(self, command: str, *, after: int, pause: float) -> bool:
        """Kill the program once Immich was asked for so many changes, and a little later."""
        process = self.start(command)
        until = self.changes + after
        while self.changes < until and process.poll() is None:
            time.sleep(0.004)
        time.sleep(pause)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert self.theirs <= self.stacks
        return running


def push_and_kill(home: Path, *, kills: int, seed: int, pairs: int) -> None:
    moments = random.Random(seed)
    with Sandbox(2 * pairs + 10, seed, hostile=False, jpeg_only=True, latency=0.02) as sandbox:
        pusher = Pusher(sandbox, home, pairs=pairs)
        before = pusher.stacks
        most = max(2, pairs // (kills + 1))

        def kill(command: str) -> bool:
            after = moments.randint(1, most)
            return pusher.kill(command, after=after, pause=moments.uniform(0, 0.03))

        assert sum(kill("push") for _ in range(kills)) >= min(2, kills)
        told = pusher.run("push")
        assert told["skipped"] == []
        assert len(pusher.stacks) >= pairs
        asked = pusher.changes
        again = pusher.run("push")
        assert (again["created"], again["changed"], again["deleted"]) == (0, 0, 0)
        assert pusher.changes == asked
        assert sum(kill("undo") for _ in range(kills)) >= min(2, kills)
        while pusher.run("undo")["push"] is not None:
            pass
        assert pusher.stacks == before


def test_pushes_killed_now_and_then(tmp_path: Path) -> None:
    push_and_kill(tmp_path, kills=1, seed=7, pairs=12)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_pushes_killed_many_times(tmp_path: Path, seed: int) -> None:
    push_and_kill(tmp_path, kills=40, seed=seed, pairs=200)
