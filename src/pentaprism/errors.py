"""The errors that Pentaprism raises, sorted by what can be done about them.

Every error carries a stable ``code`` for scripts, a sentence for people, and, where there is
something to do, a ``hint`` that says what. The classes answer one question: does it help to try
again (`RetryableError`), does the whole run have to rest (`WaitingError`), must a person do
something first (`ActionRequiredError`), or is this one file or request lost cause
(`PermanentError`)? The command line turns the class into an exit code.
"""

from __future__ import annotations

from datetime import datetime


class PentaprismError(Exception):
    """An error with a stable code, a sentence, and a hint that says what to do next."""

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence, without the hint."""
        return self.message


class RetryableError(PentaprismError):
    """A passing fault: the same call may succeed later.

    ``after`` is the least number of seconds to wait; None leaves the pace to the caller.
    """

    def __init__(
        self, message: str, *, code: str, hint: str = "", after: float | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.after = after


class WaitingError(PentaprismError):
    """A run must rest and loses nothing by it: it goes on from where it stopped.

    That is at ``until`` (aware), or, where ``until`` is None, when a person has done what the hint
    says.
    """

    def __init__(
        self, message: str, *, code: str, hint: str = "", until: datetime | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.until = until


class ActionRequiredError(PentaprismError):
    """Nothing goes on until a person acts: a bad key, a folder that is not mounted, a full disk."""


class PermanentError(PentaprismError):
    """A single thing cannot succeed, however often it is tried; the rest goes on."""


class NotFoundError(PermanentError):
    """What was asked for does not exist, or is not visible to this credential."""


class ConflictError(PentaprismError):
    """Something else stands in the way now: another run, a file that is not ours."""


class InvalidError(PentaprismError):
    """The caller's words are wrong: an unknown option, a bad template, an ambiguous name."""


class RunCancelledError(PentaprismError):
    """A person ended the run; what was in flight was given up, what was finished stays."""

    def __init__(self) -> None:
        super().__init__(
            "The run was cancelled.",
            code="cancelled",
            hint="The same command goes on from where this run stopped.",
        )
