"""Immich's replies that show assets, with what Pentaprism knows of them put in."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from pentaprism.gateway.annotations import Annotations, UntoldError
from pentaprism.gateway.answers import Answer
from pentaprism.gateway.callers import Caller, Callers
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.facts import NOTHING
from pentaprism.gateway.passing import Passing
from pentaprism.gateway.problems import UpstreamError, send_error
from pentaprism.gateway.representation import Representation, make_tag, represent
from pentaprism.gateway.splicing import Kind, find_places, splice
from pentaprism.gateway.told_once import ToldOnce

__all__ = ["Enrichment", "Kind", "kind_of"]

SWITCH = b"x-pentaprism-enrichment"
"""The header with which a client has a reply as Immich made it; it is not for Immich."""

_MOST = 64 * 1024 * 1024
_OK = 200
_JSON = b"application/json"
_ASSET = b"/api/assets/"
_ASSET_LENGTH = len(_ASSET) + 36
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SEARCH = b"/api/search/metadata"
_BUCKET = b"/api/timeline/bucket"
# Of Immich's bytes, which nobody gets: the client's conditions and ranges are of ours.
_NOT_FOR_IMMICH = frozenset(
    (
        SWITCH,
        b"accept-encoding",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
    )
)
_PLAIN = ((b"accept-encoding", b"identity"),)
_log = logging.getLogger(__name__)


def kind_of(method: str, raw_path: bytes) -> Kind | None:
    """Return which assets the reply to a request shows, None if it is not one that is added to."""
    if method == "POST":
        return Kind.SEARCH if raw_path == _SEARCH else None
    if method not in {"GET", "HEAD"}:
        return None
    if len(raw_path) == _ASSET_LENGTH and raw_path.startswith(_ASSET):
        return Kind.DETAIL if _UUID.fullmatch(raw_path, len(_ASSET)) else None
    return Kind.BUCKET if raw_path == _BUCKET else None


class Enrichment:
    """Answers requests for assets with Immich's reply and what is known of them.

    A reply that cannot be added to, for whatever reason, goes out as Immich gave it. ``counters``
    counts those: because of the ``reply`` itself, its ``size``, the ``caller`` whom Immich does not
    tell, the ``database``, or a ``mistake`` of ours.
    """

    def __init__(
        self,
        passing: Passing,
        callers: Callers,
        annotations: Annotations,
        *,
        counters: Counters | None = None,
    ) -> None:
        self._passing = passing
        self._callers = callers
        self._annotations = annotations
        self._counters = counters or Counters()
        self._told = ToldOnce(_log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, kind: Kind) -> None:
        """Answer a request of which `kind_of` said ``kind``."""
        method = "GET" if scope["method"] == "HEAD" else None
        self._callers.ask_ahead(scope)
        try:
            answer = await self._passing.ask(
                scope, receive, method=method, without=_NOT_FOR_IMMICH, extra=_PLAIN
            )
            try:
                await self._answer(scope, send, kind, answer)
            finally:
                answer.close()
        except UpstreamError as error:
            await send_error(send, error)

    async def _answer(self, scope: Scope, send: Send, kind: Kind, answer: Answer) -> None:
        enriched = await self._enriched(scope, kind, answer) if _may_enrich(answer) else None
        if enriched is not None:
            await _send(send, enriched)
        elif scope["method"] == "HEAD":
            await _send(send, Representation(answer.status, answer.headers, b""))
        else:
            await answer.relay(send)

    async def _enriched(self, scope: Scope, kind: Kind, answer: Answer) -> Representation | None:
        """Return what to send, None for Immich's reply as it is."""
        body = await answer.read(_MOST)
        if body is None:
            self._counters.left_plain("size")
            return None
        try:
            places = find_places(kind, body)
            if places is None:
                self._counters.left_plain("reply")
                return None
            told = await self._tell(scope, places.ids)
            tag = make_tag(answer.header(b"etag"), body, told)
            more = splice(body, places, told)
            return await represent(scope, answer.status, answer.headers, more, tag)
        except UntoldError:
            self._counters.left_plain("database")
        except UpstreamError:
            self._counters.left_plain("caller")
        # A mistake of ours is no reason to keep Immich's reply from anybody.
        except Exception as error:  # noqa: BLE001
            self._counters.left_plain("mistake")
            self._told.warn(f"A reply could not be added to, and went out as it was: {error!r}")
        return None

    async def _tell(self, scope: Scope, asset_ids: list[str]) -> Sequence[bytes]:
        """Return what the caller may know of each asset."""
        caller = await self._callers.identify(scope)
        if not isinstance(caller, Caller):
            return [NOTHING] * len(asset_ids)
        return await self._annotations.of(caller.user_id, asset_ids)


def _may_enrich(answer: Answer) -> bool:
    if answer.status != _OK or answer.header(b"content-encoding") not in {None, b"identity"}:
        return False
    media_type = (answer.header(b"content-type") or b"").partition(b";")[0]
    return media_type.strip().lower() == _JSON


async def _send(send: Send, reply: Representation) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})
