"""What a route needs of its surroundings: the database, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import Request
from starlette.types import Scope

from pentaprism.edge import RefusedError
from pentaprism.gateway.caller_records import Caller, Refusal
from pentaprism.gateway.own.pulse import Pulse
from pentaprism.gateway.problems import UpstreamError
from pentaprism.store import Store

_FORBIDDEN = 403
_READ = "asset.read"
_SIGN_IN = (
    "Sign in at Immich, or send an API key of Immich in the header x-api-key; a share link is not "
    "enough."
)


class Asking(Protocol):
    """Tells who a request comes from; `pentaprism.gateway.callers.Callers` does."""

    async def identify(self, scope: Scope) -> Caller | Refusal:
        """Return the caller, or how Immich refuses; raises `UpstreamError`."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all routes share; the application has it as ``app.state.surroundings``."""

    callers: Asking
    store: Callable[[], Store | None]
    pulse: Pulse


def surroundings_of(request: Request) -> Surroundings:
    """Return what all routes share."""
    found: Surroundings = request.app.state.surroundings
    return found


async def current_caller(request: Request) -> Caller:
    """Return who asks, and may read assets.

    Raises `RefusedError` as Immich would refuse, or as the error on the way to it says.
    """
    try:
        answer = await surroundings_of(request).callers.identify(request.scope)
    except UpstreamError as error:
        raise RefusedError(
            error.detail, code=error.code, hint=error.hint, status=error.status
        ) from error
    if isinstance(answer, Refusal):
        raise _refused(answer)
    if not answer.may(_READ):
        raise _lacking(f"Missing required permission: {_READ}")
    return answer


def current_store(request: Request) -> Store:
    """Return the database; raises `RefusedError` while there is none."""
    store = surroundings_of(request).store()
    if store is None:
        raise RefusedError(
            "The database of Pentaprism cannot be used now.",
            code="database_away",
            hint="Immich's own routes work meanwhile. The log has the details.",
            status=503,
            headers={"Retry-After": "5"},
        )
    return store


def _refused(refusal: Refusal) -> RefusedError:
    if refusal.status == _FORBIDDEN:
        return _lacking(refusal.message)
    return RefusedError(
        refusal.message,
        code="not_signed_in",
        hint=_SIGN_IN,
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
    )


def _lacking(message: str) -> RefusedError:
    return RefusedError(
        message,
        code="missing_permission",
        hint=f"The API key needs the permissions user.read and {_READ}; Immich's settings give it.",
        status=_FORBIDDEN,
    )


CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentStore = Annotated[Store, Depends(current_store)]
CurrentSurroundings = Annotated[Surroundings, Depends(surroundings_of)]
