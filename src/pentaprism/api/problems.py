"""Refusals of the API: how they are documented, and those that say more than a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import Field

from pentaprism.api.bodies import RUN_ID, presentable
from pentaprism.definitions import OptionsError
from pentaprism.edge import Problem
from pentaprism.jobs.runner import RunInTheWayError

MEDIA_TYPE = "application/problem+json"

_EXAMPLES: dict[int, tuple[str, str, str, str]] = {
    401: (
        "Nobody is signed in, or the token is unknown or has ended",
        "not_signed_in",
        "This needs somebody who has signed in.",
        "Send an API token in the Authorization header; the settings page makes them.",
    ),
    403: (
        "Not allowed to you, or not proven to come from our own pages",
        "not_admin",
        "Only admins of Immich may do this.",
        "An API token never acts as an admin.",
    ),
    404: (
        "It does not exist, or is somebody else's",
        "mirror_not_found",
        "There is no mirror 3d1f0a9c.",
        "Look at the list.",
    ),
    409: (
        "Something else stands in the way now",
        "locked",
        "A run of “Summer” is under way already.",
        "Wait until it is done, or cancel it.",
    ),
    422: (
        "A value does not fit, or a person has to do something first",
        "invalid_request",
        "Some values of the request do not fit.",
        "",
    ),
    429: (
        "Too many attempts failed",
        "too_many_attempts",
        "There were too many attempts.",
        "Try again in 10 minutes.",
    ),
    503: (
        "Not possible now; Retry-After tells when to try again",
        "immich_unavailable",
        "Immich does not answer.",
        "Check that Immich is running and well, and the network between.",
    ),
}

_OF_PEOPLE = (401, 403, 422, 503)


class RunProblem(Problem):
    """A run cannot begin, as another one is in the way."""

    run_id: str | None = Field(
        None, description="The run in the way; null where another process has only begun it."
    )


def refusals(*statuses: int, ours: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of these refusals, and with ``ours`` of those of every route."""
    every = {*statuses, *(_OF_PEOPLE if ours else ())}
    return {status: _documented(status) for status in sorted(every)}


def _documented(status: int) -> dict[str, Any]:
    description, code, detail, hint = _EXAMPLES[status]
    shown = _problem(status, code, detail, hint).model_dump(exclude_none=True)
    if status == HTTPStatus.CONFLICT:
        shown["run_id"] = RUN_ID
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": shown}
    return {"description": description, "content": {MEDIA_TYPE: content}}


def run_in_the_way(error: RunInTheWayError) -> Response:
    """Return the answer for a run that cannot begin, with the id of the one in the way."""
    common = _problem(409, error.code, presentable(error.message), error.hint)
    problem = RunProblem(**common.model_dump(), run_id=error.run.id if error.run else None)
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=409, media_type=MEDIA_TYPE)


@contextmanager
def options_in(field: str) -> Iterator[None]:
    """Say of each wrong option of a mirror in ``field`` of the body what is wrong with it."""
    try:
        yield
    except OptionsError as error:
        raise RequestValidationError(
            [
                {"type": "option", "loc": ("body", field, name), "msg": why}
                for name, why in error.fields.items()
            ]
        ) from error


def _problem(status: int, code: str, detail: str, hint: str) -> Problem:
    title = HTTPStatus(status).phrase.capitalize()
    return Problem(title=title, status=status, detail=detail, code=code, hint=hint)
