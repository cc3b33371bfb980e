"""What goes wrong on the way to Immich, told as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import orjson
from starlette.types import Send

MEDIA_TYPE = b"application/problem+json"

GONE = 499
"""The status of a request whose client has left: nobody reads it."""

_UNSET = "Pentaprism does not know yet where Immich is."
_UNSET_HINT = "Set IMMICH_URL, or connect Immich on Pentaprism's settings page."


class UpstreamError(Exception):
    """Immich gave no reply that can be passed on: what the client is told of it instead."""

    def __init__(self, status: int, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint


async def send_problem(  # noqa: PLR0917 - in the order in which a problem is told
    send: Send,
    status: int,
    code: str,
    detail: str,
    hint: str = "",
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Answer a request with problem details; ``headers`` are added to those that it needs."""
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": _title(status),
            "status": status,
            "detail": detail,
            "code": code,
            "hint": hint,
        }
    )
    start = [
        (b"content-type", MEDIA_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: UpstreamError) -> None:
    """Answer a request with what `UpstreamError` tells."""
    await send_problem(send, error.status, error.code, error.detail, error.hint)


def unset() -> UpstreamError:
    """Return the error of a gateway that was not told where Immich is."""
    return UpstreamError(503, "immich_unset", _UNSET, _UNSET_HINT)


def unreachable(why: str) -> UpstreamError:
    """Return the error of a server that cannot be connected to; ``why`` ends a sentence."""
    hint = "Check that Immich runs and that its address in the settings is right."
    return UpstreamError(502, "immich_unreachable", f"Immich cannot be reached: {why}.", hint)


def broke_off(
    detail: str = "Immich closed the connection before it had answered.",
) -> UpstreamError:
    """Return the error of a reply that never came, or is none; ``detail`` is a sentence."""
    return UpstreamError(502, "immich_broke_off", detail, "Immich's log may tell why.")


def slow(timeout: float) -> UpstreamError:
    """Return the error of a server that was silent for ``timeout`` seconds."""
    detail = f"Immich sent nothing for {timeout:g} seconds."
    return UpstreamError(504, "immich_slow", detail, "Try again, or raise GATEWAY_TIMEOUT.")


def bad_request(detail: str) -> UpstreamError:
    """Return the error of a request that cannot be passed on as it is."""
    return UpstreamError(400, "bad_request", detail)


def gone() -> UpstreamError:
    """Return the error of a request whose client has left."""
    return UpstreamError(GONE, "client_gone", "The client closed the connection.")


def _title(status: int) -> str:
    return "Client gone" if status == GONE else HTTPStatus(status).phrase.capitalize()
