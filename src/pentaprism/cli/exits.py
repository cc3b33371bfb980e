"""Exit codes, and how an error becomes one."""

from __future__ import annotations

from enum import IntEnum

from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PentaprismError,
    RetryableError,
    RunCancelledError,
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


def exit_code(error: PentaprismError) -> Exit:
    """Return the exit code for ``error``, by what can be done about it."""
    match error:
        case RunCancelledError():
            return Exit.CANCELLED
        case InvalidError() | NotFoundError():
            return Exit.USAGE
        case ConflictError(code="locked"):
            return Exit.WAITING
        case ActionRequiredError() | ConflictError():
            return Exit.ACTION_REQUIRED
        case RetryableError():
            return Exit.WAITING
        case _:
            return Exit.SOME_FAILED
