"""What goes wrong, as problem details (RFC 9457) for programs and as a page for people."""

from __future__ import annotations

import inspect
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pentaprism.access import TooManyError
from pentaprism.edge.refusals import RefusedError
from pentaprism.edge.sides import Side, side_of
from pentaprism.errors import (
    ActionRequiredError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PentaprismError,
    PermanentError,
    RetryableError,
    RunCancelledError,
    WaitingError,
)

MEDIA_TYPE = "application/problem+json"

type RenderError = Callable[[Request, int, str, str, str], Response | Awaitable[Response]]
"""Makes a page of a request, a status, a title, a sentence, and a hint that may be empty."""

_STATUSES: tuple[tuple[type[PentaprismError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (RunCancelledError, 409),
    (TooManyError, 429),
    (InvalidError, 422),
    (ActionRequiredError, 422),
    (PermanentError, 422),
    (RetryableError, 503),
    (WaitingError, 503),
)
SORTED = (RefusedError, RequestValidationError, *(kind for kind, _ in _STATUSES))
"""The errors that are foreseen; what is none of them is a mistake of ours."""

_DATABASE = "database_"
"""The beginning of the codes of a database that cannot be used, for which no caller can do much."""

_RETRY_AFTER = 30.0
_MOST_WRONG = 20
_MOST_WHERE = 200


class Wrong(BaseModel):
    """One value of a request that does not fit."""

    where: str = Field(description="Where it stands, such as `body.album_id`.")
    what: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Why a request failed (RFC 9457)."""

    type: str = Field("about:blank", description="Always `about:blank`; `code` tells more.")
    title: str = Field(description="The meaning of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, in a sentence.")
    code: str = Field(description="A stable name of what happened, for programs.")
    hint: str = Field("", description="What to do about it; may be empty.")
    errors: list[Wrong] | None = Field(None, description="Which values do not fit.")
    reference: str | None = Field(None, description="Stands in the log beside the details.")


class Problems:
    """Answers for what goes wrong; ``render_error`` makes the pages, plain text where it is None.

    ``now`` tells the time, for how long to wait.
    """

    def __init__(
        self,
        render_error: RenderError | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._render_error = render_error
        self._now = now

    async def answer(self, request: Request, error: Exception) -> Response:
        """Return the answer to ``request`` for ``error``."""
        problem, headers = self._judge(request, error)
        if "Location" in headers:
            return Response(status_code=problem.status, headers=headers)
        if side_of(request) is Side.API:
            body = problem.model_dump_json(exclude_none=True)
            response = Response(body, problem.status, media_type=MEDIA_TYPE)
        else:
            response = await self._page(request, problem)
        response.headers.update(headers)
        return response

    async def _page(self, request: Request, problem: Problem) -> Response:
        hint = problem.hint
        if problem.reference is not None:
            hint = f"{hint} The reference is {problem.reference}.".strip()
        if self._render_error is None:
            return Response(f"{problem.detail}\n{hint}\n", problem.status, media_type="text/plain")
        made = self._render_error(request, problem.status, problem.title, problem.detail, hint)
        return await made if inspect.isawaitable(made) else made

    def _judge(self, request: Request, error: Exception) -> tuple[Problem, Mapping[str, str]]:
        """Return what to say of ``error``, and the headers that belong to it."""
        if isinstance(error, RefusedError):
            return _problem(error.status, error.message, error.code, error.hint), error.headers
        if isinstance(error, PentaprismError) and (status := _status_of(error)) is not None:
            problem = _problem(status, error.message, error.code, error.hint)
            return problem, self._waiting(error)
        if isinstance(error, RequestValidationError):
            return _invalid(error), {}
        if isinstance(error, HTTPException):
            return _plain(request, error), error.headers or {}
        return _unexpected(error), {}

    def _waiting(self, error: PentaprismError) -> Mapping[str, str]:
        after = _RETRY_AFTER
        if isinstance(error, RetryableError) and error.after is not None:
            after = error.after
        elif isinstance(error, WaitingError) and error.until is not None:
            after = (error.until - self._now()).total_seconds()
        elif not isinstance(error, RetryableError | WaitingError):
            return {}
        return {"Retry-After": str(max(1, math.ceil(after)))}


def _status_of(error: PentaprismError) -> int | None:
    if error.code.startswith(_DATABASE):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), None)


def _problem(status: int, detail: str, code: str, hint: str = "") -> Problem:
    title = HTTPStatus(status).phrase.capitalize()
    return Problem(title=title, status=status, detail=detail, code=code, hint=hint)


def _invalid(error: RequestValidationError) -> Problem:
    """Return which values do not fit; the values themselves may be secrets and are left out."""
    problem = _problem(422, "Some values of the request do not fit.", "invalid_request")
    problem.errors = [
        Wrong(where=".".join(str(part) for part in one["loc"])[:_MOST_WHERE], what=one["msg"])
        for one in error.errors()[:_MOST_WRONG]
    ]
    return problem


def _plain(request: Request, error: HTTPException) -> Problem:
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND:
        return _problem(status, "There is nothing at this address.", "not_found")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"This address does not take {request.method}."
        return _problem(status, detail, "method_not_allowed")
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return _problem(status, str(error.detail), code)


def _unexpected(error: Exception) -> Problem:
    """Return what can be said of a mistake of ours; the reference leads to the rest in the log."""
    reference = secrets.token_hex(4)
    error.add_note(f"reference {reference}")
    problem = _problem(
        500,
        "Something went wrong here that should not have.",
        "unexpected",
        "The log has the details.",
    )
    problem.reference = reference
    return problem
