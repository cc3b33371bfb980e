"""Sending Immich's reply on to the client, as it comes."""

from __future__ import annotations

import logging

from starlette.types import Send

from pentaprism.gateway.exchange import Exchange
from pentaprism.gateway.headers import Headers
from pentaprism.gateway.problems import GONE, UpstreamError

_log = logging.getLogger(__name__)

_BODILESS = frozenset({204, 304})


async def relay_rest(exchange: Exchange, send: Send, headers: Headers, before: bytes = b"") -> None:
    """Send the reply with ``headers``; ``before`` is the part of its body that was read already.

    Where Immich breaks off, this returns without having sent the end, and the web server breaks off
    in turn: a short reply must never look whole. The exchange is ended in any case.
    """
    payload = exchange.payload
    status = exchange.status
    if status in _BODILESS:
        # They have no body, and uvicorn would wait for the one whose length they tell.
        headers = [one for one in headers if one[0] != b"content-length"]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    try:
        if payload.is_eof():
            body = before + exchange.arrived() if before else exchange.arrived()
            exchange.finish()
            await send(start)
            await send({"type": "http.response.body", "body": body})
            return
        await send(start)
        arrived = before + exchange.arrived()
        await send({"type": "http.response.body", "body": arrived, "more_body": True})
        more = True
        while more:
            data = await exchange.read()
            more = not payload.at_eof()
            if not more:
                exchange.finish()
            await send({"type": "http.response.body", "body": data, "more_body": more})
    except UpstreamError as error:
        if error.status != GONE:
            _log.warning("A reply was broken off: %s", error.detail)
    finally:
        exchange.abandon()
