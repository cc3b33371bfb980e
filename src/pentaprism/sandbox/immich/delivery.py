"""Sends a reply over the wire, whole or, where a fault strikes, not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Iterator

from aiohttp import web

from pentaprism.sandbox.hosting import Bandwidth
from pentaprism.sandbox.immich.content import Whole
from pentaprism.sandbox.immich.faults import Fault
from pentaprism.sandbox.immich.reply import JSON, Reply
from pentaprism.sandbox.immich.traffic import Count

_COMPRESS_FROM = 1024
_PAGE = b"<!DOCTYPE html><html><head><title>Immich</title></head><body></body></html>"


def web_page() -> Reply:
    """Return the page that Immich's web server answers to any path outside /api."""
    headers = {"Cache-Control": "no-store", "ETag": _etag(_PAGE)}
    return Reply(200, Whole(_PAGE), "text/html; charset=utf-8", headers)


def _etag(body: bytes) -> str:
    """Return the tag that Express computes from a body."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest())[:27].decode()
    return f'"{len(body):x}-{digest}"'


async def deliver(
    request: web.Request, reply: Reply, faults: dict[str, Fault], pace: Bandwidth, count: Count
) -> web.StreamResponse:
    """Send ``reply``; ``faults`` of this request break it on the way."""
    if "drop_before_headers" in faults:
        return _break(request)
    if reply.media_type == JSON:
        reply = _finish_json(request, reply)
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    if reply.media_type:
        response.headers["Content-Type"] = reply.media_type
    size = reply.end - reply.start
    if reply.headers.get("Content-Encoding"):
        response.enable_chunked_encoding()
    elif reply.status not in (204, 304):
        response.content_length = size
    await response.prepare(request)
    if request.method != "HEAD" and reply.status not in (204, 304):
        await _send_body(request, response, reply, faults=faults, pace=pace, count=count)
    return response


async def _send_body(
    request: web.Request,
    response: web.StreamResponse,
    reply: Reply,
    *,
    faults: dict[str, Fault],
    pace: Bandwidth,
    count: Count,
) -> None:
    ending = faults.get("drop") or faults.get("truncate")
    last = max(reply.end - reply.start - 1, 0)
    stop = reply.end if ending is None else reply.start + min(ending.after_bytes, last)
    stall, flip, sent = faults.get("stall"), faults.get("flip"), 0
    for piece in _split(reply.content.pieces(reply.start, stop), stall):
        if stall and sent == stall.after_bytes:
            await asyncio.sleep(stall.seconds)
        damaged = _flip(piece, min(flip.after_bytes, last) - sent) if flip else piece
        await pace.wait(len(piece))
        await response.write(damaged)
        sent += len(piece)
        count.bytes += len(piece)
    if ending is not None and request.transport is not None:
        if ending.kind == "truncate":
            request.transport.close()
        else:
            await _flush(request.transport)
            _break(request)


async def _flush(transport: asyncio.BaseTransport) -> None:
    """Wait until what was written has left, so that a drop comes after just those bytes."""
    while isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():
        await asyncio.sleep(0.001)
        if transport.is_closing():
            return


def _break(request: web.Request) -> web.Response:
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
    return web.Response()


def _split(pieces: Iterator[bytes | memoryview], stall: Fault | None) -> Iterator[bytes]:
    """Yield the pieces, one of which starts where the stall is."""
    at = 0
    for piece in pieces:
        cut = stall.after_bytes - at if stall else 0
        if 0 < cut < len(piece):
            yield bytes(piece[:cut])
            yield bytes(piece[cut:])
        else:
            yield piece  # type: ignore[misc]  # a memoryview; aiohttp takes both
        at += len(piece)


def _flip(piece: bytes | memoryview, at: int) -> bytes:
    if not 0 <= at < len(piece):
        return bytes(piece)
    damaged = bytearray(piece)
    damaged[at] ^= 1
    return bytes(damaged)


def _finish_json(request: web.Request, reply: Reply) -> Reply:
    """Add Express's ETag, answer a conditional request, and compress."""
    body = reply.content.data if isinstance(reply.content, Whole) else b""
    headers = {**reply.headers, "ETag": _etag(body), "Vary": "Accept-Encoding"}
    if (
        request.method in ("GET", "HEAD")
        and request.headers.get("If-None-Match") == headers["ETag"]
    ):
        return Reply(304, Whole(b""), None, headers)
    if len(body) < _COMPRESS_FROM or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Reply(reply.status, reply.content, JSON, headers)
    squeezed = zlib.compress(body, level=1, wbits=31)
    headers["Content-Encoding"] = "gzip"
    return Reply(reply.status, Whole(squeezed), JSON, headers)
