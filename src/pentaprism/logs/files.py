"""The log file: it rotates, also where several processes write to it."""

from __future__ import annotations

import fcntl
import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pentaprism.errors import ActionRequiredError

NAME = "pentaprism.log"
_MOST = 10 * 1000 * 1000  # bytes
_OLD = 5


class LogFile(RotatingFileHandler):
    """``pentaprism.log`` in a folder, with up to five older ones of 10 MB beside it.

    The file is readable by its owner only. The server and the command line may write to it at the
    same time: one of them rotates, and the others see that and go on in the new file.
    """

    def __init__(self, folder: Path, *, most: int = _MOST, old: int = _OLD) -> None:
        super().__init__(
            folder / NAME, maxBytes=most, backupCount=old, encoding="utf-8", errors="replace"
        )
        self._lock_path = folder / f".{NAME}.lock"

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the file that has the name now."""
        try:
            if self._moved():
                self._reopen()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 - the name is that of the standard library
        """Rotate, unless another process has done it while this one waited for its turn."""
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._moved():
                self._reopen()
            else:
                super().doRollover()
        finally:
            os.close(lock)

    def _open(self) -> TextIOWrapper:
        private = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(private)
        return super()._open()

    def _moved(self) -> bool:
        if self.stream is None:
            return False
        try:
            named = os.stat(self.baseFilename)
        except FileNotFoundError:
            return True
        return not os.path.samestat(named, os.fstat(self.stream.fileno()))

    def _reopen(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = self._open()


def open_file(folder: Path) -> LogFile:
    """Return the log file in ``folder``, which is made when it is missing.

    Raises `ActionRequiredError` with code ``log_path`` if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return LogFile(folder)
    except OSError as error:
        raise ActionRequiredError(
            f"The log cannot be written to {folder}: {error.strerror or error}.",
            code="log_path",
            hint="Make LOG_PATH a folder that this user may write to, or leave it out.",
        ) from error
