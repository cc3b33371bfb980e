"""Warnings that would come again and again, said once in a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable


class ToldOnce:
    """Says a warning the first time, and the same one again after ``seconds``."""

    def __init__(
        self,
        log: logging.Logger,
        *,
        seconds: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._said = ""
        self._when = 0.0

    def warn(self, text: str) -> None:
        """Say ``text``, unless it was what was said last, a short time ago."""
        now = self._clock()
        if text == self._said and now - self._when < self._seconds:
            return
        self._said, self._when = text, now
        self._log.warning("%s", text)

    def forget(self) -> None:
        """Say the next warning whatever it is."""
        self._said = ""
