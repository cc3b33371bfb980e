"""What a person is told of an exception: a sentence and a hint, whatever it was."""

from __future__ import annotations

import os
import tempfile
import traceback

import typer

from pentaprism.errors import InvalidError, PentaprismError


class InternalError(PentaprismError):
    """A mistake in Pentaprism itself."""


def explain(error: BaseException) -> PentaprismError:
    """Return the error to be told for ``error``; a mistake of ours is written to a file."""
    match error:
        case PentaprismError():
            return error
        case typer.TyperException():
            return _usage(error)
        case BaseExceptionGroup():
            # Tasks that work together fail together; the first of our own errors says it all.
            inner = next(iter(_leaves(error, PentaprismError)), None)
            return inner if isinstance(inner, PentaprismError) else _internal(error)
        case _:
            return _internal(error)


def _leaves(
    group: BaseExceptionGroup[BaseException], kind: type[BaseException]
) -> list[BaseException]:
    """Return the exceptions in ``group`` if all of them are of ``kind``, else none."""
    ours, others = group.split(kind)
    if ours is None or others is not None:
        return []
    found: list[BaseException] = []
    waiting: list[BaseException] = [ours]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        else:
            found.append(one)
    return found


def _usage(error: typer.TyperException) -> InvalidError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "pentaprism"
    return InvalidError(error.format_message(), code="usage", hint=f"See `{path} --help`.")


def _internal(error: BaseException) -> InternalError:
    if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
        traceback.print_exception(error)
        hint = "Please report it with the lines above."
    else:
        hint = _written(error)
    return InternalError(
        f"Something went wrong in Pentaprism itself: {type(error).__name__}.",
        code="internal",
        hint=hint,
    )


def _written(error: BaseException) -> str:
    """Write the traceback to a file, and return the hint that names it."""
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="pentaprism-error-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "Please report what LOG_LEVEL=DEBUG shows when it is set; what is recorded is safe."
    return f"Please report it with the file {file.name}; what is recorded is safe."
