"""What holds for all tests: they spend their time on the program and not on Python's own upkeep.

Hundreds of processes are started, and each would compile the program anew where Python is told to
keep nothing of what it compiled. What the tests themselves are made of lasts as long as they do:
the garbage collector need not look through it again and again.
"""

from __future__ import annotations

import gc
import os
import sys

from hypothesis import settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
gc.set_threshold(20_000, 20, 50)

# How long an example takes says more about the machine, which does other things as well.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Put aside all that collecting the tests has made."""
    gc.collect()
    gc.freeze()
