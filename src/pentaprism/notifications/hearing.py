"""What Apprise says while it works for us: heard here, instead of in the log.

It explains a failure nowhere but in its log lines, and some of them repeat parts of an address.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Ear(logging.Filter):
    """Takes the lines that are logged within `hearing` of the same thread or task."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether anybody else may have ``record``."""
        lines = _heard.get()
        if lines is None:
            return True
        if record.levelno >= logging.WARNING:
            lines.append(record.getMessage())
        return False


logging.getLogger("apprise").addFilter(_Ear())


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Yield a list that grows by what Apprise warns of; none of it reaches the log."""
    lines: list[str] = []
    token = _heard.set(lines)
    try:
        yield lines
    finally:
        _heard.reset(token)
