"""Counts what a client asked for and read, for people who diagnose and tests that check."""

from __future__ import annotations

import threading


class Traffic:
    """``requests`` sent and ``bytes_read`` of their bodies, over all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes_read = 0

    def asked(self) -> None:
        """Count a request."""
        with self._lock:
            self.requests += 1

    def read(self, size: int) -> None:
        """Count ``size`` bytes."""
        with self._lock:
            self.bytes_read += size
