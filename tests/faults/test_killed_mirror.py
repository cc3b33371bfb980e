"""kill -9 at random points of a mirror from a faulty server: at the end folder and album are equal.

A few kills run with every `make test`, a hundred with `make soak`.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.sandbox.immich.faults import Kind

ALBUM = "Holiday"
IN_FLIGHT = 32
"""The most files that one kill may cost: those being staged, and those staged and not yet named."""

FAULTS: tuple[tuple[Kind, float], ...] = (
    ("drop", 0.02),
    ("truncate", 0.02),
    ("flip", 0.02),
    ("status", 0.02),
)


class Target:
    """A sandbox, a folder, and the program that mirrors the one to the other as a process."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox = sandbox
        self.folder = home / "photos"
        self.environment = {
            **os.environ,
            "DATABASE_PATH": str(home / "data.db"),
            "IMMICH_URL": sandbox.url,
            "IMMICH_API_KEY": sandbox.api_key,
        }
        library = sandbox.library
        members = [library.assets[id_] for id_ in library.album_named(ALBUM).assets]
        videos = [library.assets[m.live_video_id] for m in members if m.live_video_id]
        self.expected = Counter(
            hashlib.sha1(read(asset.content)).hexdigest() for asset in [*members, *videos]
        )

    def start(self) -> subprocess.Popen[str]:
        return self.start_with()

    def start_with(self, *options: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "pentaprism", "mirror", ALBUM]
        return subprocess.Popen(
            [*program, "--to", f"folder:{self.folder}", "--json", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_and_kill(self, after: float) -> bool:
        """Start the program and kill it after so many seconds; return whether it was running.

        Until then every file that shows is looked at: each must be whole.
        """
        process = self.start()
        seen: set[Path] = set()
        deadline = time.monotonic() + after
        while time.monotonic() < deadline and process.poll() is None:
            self.look(seen)
            time.sleep(0.01)  # what this test computes, the program cannot
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.look(set())
        return running

    def run(self) -> dict[str, object]:
        """Run the program to its end and return what it printed."""
        process = self.start()
        out, err = process.communicate(timeout=110)
        assert "Traceback" not in err
        answer: dict[str, object] = json.loads(out)
        return answer

    def look(self, seen: set[Path]) -> None:
        """Check that every visible file not yet ``seen`` holds all bytes of some asset."""
        for path in self.visible():
            if path not in seen:
                assert hashlib.sha1(path.read_bytes()).hexdigest() in self.expected, path
                seen.add(path)

    def visible(self) -> list[Path]:
        return [
            path
            for path in self.folder.rglob("*")
            if path.is_file() and ".pentaprism" not in path.relative_to(self.folder).parts
        ]

    def files(self) -> Counter[str]:
        return Counter(hashlib.sha1(path.read_bytes()).hexdigest() for path in self.visible())

    @property
    def originals(self) -> int:
        return self.sandbox.traffic.of("original").requests


def add_faults(sandbox: Sandbox, seed: int) -> None:
    """Let some downloads break off, come short, come wrong or be refused for a moment."""
    for number, (kind, probability) in enumerate(FAULTS):
        sandbox.faults.add(
            kind, route="original", probability=probability, seed=seed + number, after_bytes=700
        )


def kill_until_done(target: Target, kills: int, seed: int) -> None:
    """Kill ``kills`` runs at random moments, then let one finish and compare everything."""
    moments = random.Random(seed)
    interrupted = sum(target.run_and_kill(moments.uniform(0.6, 2.2)) for _ in range(kills))
    assert interrupted >= min(3, kills)
    before = target.originals
    target.sandbox.faults.clear()
    last = target.run()
    assert last["status"] == "OK", last
    assert target.files() == target.expected
    assert os.listdir(target.folder / ".pentaprism/tmp") == []
    assert target.originals <= before + sum(target.expected.values())
    again = target.run()
    assert (again["uploaded"], again["failed"], again["bytes"]) == (0, 0, 0)
    assert again["total"] == again["skipped"]


def mirror_and_kill(home: Path, *, assets: int, kills: int, seed: int, latency: float) -> None:
    with Sandbox(assets=assets, seed=seed, port=0, hostile=False, latency=latency) as sandbox:
        target = Target(sandbox, home)
        add_faults(sandbox, seed)
        kill_until_done(target, kills, seed)
        # Each kill may cost what was in flight, each fault a few tries; nothing else came twice.
        tries = sum(fault["fired"] for fault in sandbox.faults.listed())
        most = sum(target.expected.values()) * 2 + kills * IN_FLIGHT + 5 * tries
        assert target.originals <= most


def test_killed_now_and_then(tmp_path: Path) -> None:
    mirror_and_kill(tmp_path, assets=200, kills=3, seed=7, latency=0.03)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_a_hundred_times(tmp_path: Path, seed: int) -> None:
    mirror_and_kill(tmp_path, assets=500, kills=100, seed=seed, latency=0.3)


def test_the_server_goes_away_and_comes_back(tmp_path: Path) -> None:
    with Sandbox(assets=60, seed=3, port=0, hostile=False) as sandbox:
        target = Target(sandbox, tmp_path)
        target.environment["IMMICH_RETRIES"] = "0"
        sandbox.faults.add("drop_before_headers", route="original", skip=20)
        first = target.start()
        out, _ = first.communicate(timeout=60)
        assert first.returncode != 0
        assert json.loads(out)["status"] == "FAILED"
        sandbox.faults.clear()
        assert target.run()["status"] == "OK"
        assert target.files() == target.expected


def test_interrupted_by_a_person(tmp_path: Path) -> None:
    with Sandbox(assets=100, seed=4, port=0, hostile=False, latency=0.2) as sandbox:
        target = Target(sandbox, tmp_path)
        process = target.start()
        while sandbox.traffic.of("original").requests < 10 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 130
        assert json.loads(out)["status"] == "CANCELLED"
        assert os.listdir(target.folder / ".pentaprism/tmp") == []
        assert target.run()["status"] == "OK"
        assert target.files() == target.expected


def test_killed_while_replacing_and_removing(tmp_path: Path) -> None:
    with Sandbox(assets=120, seed=5, port=0, hostile=False, latency=0.02) as sandbox:
        target = Target(sandbox, tmp_path)
        assert target.run()["status"] == "OK"
        library = sandbox.library
        album = library.album_named(ALBUM)
        ids = [id_ for id_ in album.assets if not library.assets[id_].live_video_id]
        old = {hashlib.sha1(read(library.assets[id_].content)).hexdigest() for id_ in ids}
        for id_ in ids[:40]:
            library.replace(id_, f"new {id_}".encode())
        library.remove_from_album(album.id, ids[-15:])
        moments = random.Random(5)
        for _ in range(3):
            process = target.start_with("--removals", "trash")
            time.sleep(moments.uniform(0.8, 1.6))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        process = target.start_with("--removals", "trash")
        process.communicate(timeout=60)
        assert process.returncode == 0
        everywhere = {
            hashlib.sha1(path.read_bytes()).hexdigest()
            for path in target.folder.rglob("*")
            if path.is_file()
        }
        assert old <= everywhere, "an old version or a removed picture is neither here nor in trash"
        new = {hashlib.sha1(f"new {id_}".encode()).hexdigest() for id_ in ids[:40]}
        assert new <= set(target.files())
        assert not {
            hashlib.sha1(read(library.assets[id_].content)).hexdigest() for id_ in ids[-15:]
        } & set(target.files())
