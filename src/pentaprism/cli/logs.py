"""Log lines on standard error, above a progress bar where there is one."""

from __future__ import annotations

import logging

from pentaprism.cli.output import notes, safe, say
from pentaprism.errors import InvalidError

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class _Notes(logging.Handler):
    """Writes to the console that progress is drawn on, so that neither breaks the other."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        for line in self.format(record).splitlines():
            say(f"[dim]{record.levelname.lower()}[/] {safe(line)}", to=notes)


def show_logs(level: str) -> None:
    """Show what Pentaprism logs at ``level`` and above; raises `InvalidError` for another word."""
    if level.upper() not in _LEVELS:
        raise InvalidError(
            f"LOG_LEVEL is {level!r}, which is not a level.",
            code="settings",
            hint=f"Levels: {', '.join(_LEVELS)}.",
        )
    ours = logging.getLogger("pentaprism")
    ours.setLevel(level.upper())
    ours.propagate = False
    ours.handlers = [_Notes()]
