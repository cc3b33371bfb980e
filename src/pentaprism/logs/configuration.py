"""Where log lines go and which of them: decided when the program starts, the level also later."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TextIO

from pentaprism.errors import InvalidError
from pentaprism.logs.files import open_file
from pentaprism.logs.formats import JsonFormat, PlainFormat

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
"""The levels a person can choose, the one that tells most first."""

_OURS = "pentaprism"
_SERVER = ("uvicorn", "uvicorn.error", "uvicorn.access")
_QUIET = ("apprise", "apscheduler")

_handlers: list[logging.Handler] = []


def configure(
    *,
    level: str = "INFO",
    log_format: str = "plain",
    folder: Path | None = None,
    stream: TextIO | None = None,
    terminal: logging.Handler | None = None,
) -> None:
    """Send log lines to ``stream`` (standard error), and to a file in ``folder`` if there is one.

    ``terminal`` takes the place of the stream, with a format of its own. What was configured
    before is replaced. Other people's code is heard from `WARNING` on, and the web server in full;
    uvicorn must be started with ``log_config=None``. Raises `InvalidError` for a level or format
    that does not exist, and `ActionRequiredError` where the file cannot be written.
    """
    checked = check_level(level)
    formatter = _formatter(log_format)
    first = terminal or logging.StreamHandler(stream or sys.stderr)
    if terminal is None:
        first.setFormatter(formatter)
    handlers = [first]
    if folder is not None:
        file = open_file(folder)
        file.setFormatter(formatter)
        handlers.append(file)
    _replace(handlers)
    _quieten()
    # What the standard library prints of a line that cannot be written is the line as it was.
    logging.raiseExceptions = False
    set_level(checked)


def set_level(level: str) -> None:
    """Tell what is of ``level`` and above from now on; raises `InvalidError` for another word."""
    checked = check_level(level)
    logging.getLogger(_OURS).setLevel(checked)
    logging.getLogger("uvicorn").setLevel(checked)


def check_level(level: str) -> str:
    """Return ``level`` in capitals; raises `InvalidError` when there is no such level."""
    if level.upper() not in LEVELS:
        raise InvalidError(
            f"LOG_LEVEL is {level!r}, which is not a level.",
            code="settings",
            hint=f"Levels: {', '.join(LEVELS)}.",
        )
    return level.upper()


def _formatter(log_format: str) -> logging.Formatter:
    if log_format == "json":
        return JsonFormat()
    if log_format == "plain":
        return PlainFormat()
    raise InvalidError(
        f"LOG_FORMAT is {log_format!r}, which is not a format.",
        code="settings",
        hint="Formats: plain, json.",
    )


def _replace(handlers: list[logging.Handler]) -> None:
    root = logging.getLogger()
    for old in _handlers:
        root.removeHandler(old)
        old.close()
    _handlers[:] = handlers
    for new in handlers:
        root.addHandler(new)


def _quieten() -> None:
    """Let each logger hand its lines on to the root, where the handlers are."""
    ours = logging.getLogger(_OURS)
    ours.handlers = []
    ours.propagate = True
    for name in _SERVER:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    # They tell of addresses and payloads below that.
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
