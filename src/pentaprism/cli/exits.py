"""Exit codes, and how an error becomes one."""

from __future__ import annotations

from enum import IntEnum

from pentaprism.cli.failures import InternalError
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PentaprismError,
    RetryableError,
    RunCancelledError,
    WaitingError,
)


class Exit(IntEnum):
    """How a command ended; scripts go by these."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    ACTION_REQUIRED = 3
    WAITING = 4
    INTERNAL = 70
    CANCELLED = 130
    PIPE_CLOSED = 141


_CODES: tuple[tuple[type[PentaprismError], Exit], ...] = (
    (InternalError, Exit.INTERNAL),
    (RunCancelledError, Exit.CANCELLED),
    (InvalidError, Exit.USAGE),
    (NotFoundError, Exit.USAGE),
    (ActionRequiredError, Exit.ACTION_REQUIRED),
    (ConflictError, Exit.ACTION_REQUIRED),
    (RetryableError, Exit.WAITING),
    (WaitingError, Exit.WAITING),
)


def exit_code(error: PentaprismError) -> Exit:
    """Return the exit code for ``error``, by what can be done about it."""
    if isinstance(error, ConflictError) and error.code == "locked":
        return Exit.WAITING  # another run is at work here, and will be done some time
    if isinstance(error, WaitingError) and error.until is None:
        return Exit.ACTION_REQUIRED  # it waits for a person
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.SOME_FAILED)
