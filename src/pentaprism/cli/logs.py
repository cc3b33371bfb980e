"""Log lines on standard error, above a progress bar where there is one."""

from __future__ import annotations

import logging
from pathlib import Path

from pentaprism.cli.output import notes, safe, say
from pentaprism.logs import configure
from pentaprism.logs.formats import SentenceFormat


class _Notes(logging.Handler):
    """Writes to the console that progress is drawn on, so that neither breaks the other."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        for line in self.format(record).splitlines():
            say(f"[dim]{record.levelname.lower()}[/] {safe(line)}", to=notes)


def show_logs(level: str, *, folder: Path | None = None, log_format: str = "plain") -> None:
    """Show what Pentaprism logs at ``level`` and above, and write it to ``folder`` if given.

    Raises `InvalidError` for another word, and `ActionRequiredError` where the folder cannot be
    written.
    """
    notes_handler = _Notes()
    notes_handler.setFormatter(SentenceFormat())
    configure(level=level, log_format=log_format, folder=folder, terminal=notes_handler)
