"""What holds for all tests: what Python compiles is kept, so that no process compiles it again."""

from __future__ import annotations

import os
import sys

# Hundreds of processes are started, and each would compile the program anew where this is set.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
