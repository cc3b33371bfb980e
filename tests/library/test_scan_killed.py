"""A scan that is killed at any moment is taken up by the next one, and nothing is there twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from scan_world import library_in, tree

_CONTRACTS = Path(__file__).parents[1] / "contracts"

_SCAN = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scan_world import library_in

async def main():
    async with library_in(Path(sys.argv[1])) as library:
        await library.scan()

asyncio.run(main())
"""


def scan_and_kill(home: Path, written: int) -> bool:
    """Scan in another process, and return whether it was killed, with so many bytes written."""
    process = subprocess.Popen([sys.executable, "-c", _SCAN, str(home), str(_CONTRACTS)])
    log = home / "data" / "pentaprism.db-wal"
    while process.poll() is None:
        if log.exists() and log.stat().st_size >= written:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.002)
    return process.wait() != 0


async def test_a_scan_killed_again_and_again_ends_with_the_tree(tmp_path: Path) -> None:
    choose = random.Random(5)
    async with library_in(tmp_path) as library:
        for number in range(6000):
            library.put(f"{number % 40}/{number}.jpg", b".")
    counts, killed = [], 0
    for written in (400_000, 800_000, 100_000, 1_600_000, 1_600_000):
        killed += scan_and_kill(tmp_path, written)
        async with library_in(tmp_path) as library:
            counts.append(len(await library.present()))
            for number in choose.sample(range(40), 4):
                folder = library.top / str(number)
                for path in choose.sample(sorted(folder.iterdir()), 10):
                    path.rename(folder.with_name(str((number + 1) % 40)) / path.name)
                    library.put(f"{number}/{choose.randrange(10**9)}.jpg", b"new")
    assert killed >= 2
    # At least one of them ended in the middle.
    assert any(0 < count < 6000 for count in counts)
    async with library_in(tmp_path) as library:
        await library.scan()
        await library.equals_the_tree()
        assert all(file.read_version for file in await library.every() if not file.missing_at)
        # What was there before the last kill was not read twice by the last scan.
        assert len(library.reads.paths) == len(set(library.reads.paths)) <= len(tree(library.top))
        library.reads.paths.clear()
        await library.scan()
        assert library.reads.paths == []
