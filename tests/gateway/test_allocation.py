"""Large pieces of memory are used again and not given back each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import resource, sys
from pentaprism.gateway.allocation import keep_freed_memory
if "keep" in sys.argv and not keep_freed_memory():
    sys.exit("no glibc")
for _ in range(3):
    bytes(bytearray(400_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    bytes(bytearray(400_000))
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False
    )
    if "no glibc" in done.stderr:
        pytest.skip("the C library is not glibc")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_large_pieces_are_used_again() -> None:
    without, kept = page_faults(), page_faults("keep")
    assert kept < 1000
    assert kept * 10 < without
