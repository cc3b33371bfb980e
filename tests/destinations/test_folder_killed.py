"""SIGKILL at random moments: what is visible is whole, and the next run clears the rest."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from kill_folder import whole_bytes

from pentaprism.destinations.base import Opening
from pentaprism.destinations.local_folder.destination import LocalFolder
from pentaprism.destinations.local_folder.options import FolderOptions

KILLS = 20


def run_and_kill(root: Path, run: int, after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("kill_folder.py"), root, str(run)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            deadline = time.monotonic() + after
            while time.monotonic() < deadline:
                assert_all_whole(root)
            assert process.poll() is None, "it ended by itself"
        finally:
            process.send_signal(signal.SIGKILL)
    assert_all_whole(root)


def assert_all_whole(root: Path) -> None:
    for file in root.glob("[!.]*/*.*"):
        assert_whole(root, file)
    same = root / "same.bin"
    if (root / ".pentaprism/trash").exists():  # a version was replaced, so there is always one
        assert same.exists()
    if same.exists():
        assert_whole(root, same)


def assert_whole(root: Path, file: Path) -> None:
    data = file.read_bytes()
    version = data.partition(b"\n")[0].decode()
    assert data == whole_bytes(str(file.relative_to(root)), version), file


async def test_killed_at_random_moments(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    moments = random.Random(7)
    interrupted = 0
    for run in range(KILLS):
        run_and_kill(root, run, moments.uniform(0, 0.15))
        interrupted += bool(os.listdir(root / ".pentaprism/tmp"))
    assert interrupted, "no kill came in the middle of a file"
    assert (root / "same.bin").exists()
    options = FolderOptions.model_validate({"path": root})
    folder = LocalFolder(options, Opening("mirror-1", "album-1", fresh=False), today=date.today)
    await folder.check()
    assert os.listdir(root / ".pentaprism/tmp") == []
    await folder.close()
