"""What each worker process does first: it reads hostile files, and is to harm nobody by that."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from typing import BinaryIO

READY = b"ready\n"
"""What a worker says once it can read."""

_MOST_MEMORY = 2 << 30


def prepare() -> None:
    """Bound what this process may take, and leave it to the program when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS does not know it
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))


def own_output() -> BinaryIO:
    """Return the standard output, kept from libraries that print to it."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")
