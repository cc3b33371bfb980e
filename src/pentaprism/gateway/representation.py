"""A reply that was added to, as it is sent: its headers, its tag, and how it is encoded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from starlette.types import Scope

from pentaprism.gateway.carriers import Headers
from pentaprism.gateway.compression import gzip

_CHANGED = frozenset(
    (
        b"accept-ranges",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"etag",
        b"last-modified",
        b"repr-digest",
        b"vary",
    )
)
_OF_CONTENT = b"content-"
_NOT_MODIFIED = 304
_ENCODING = b"Accept-Encoding"
_WORTH_GZIP = 1024
# One that is larger takes longer than the way to a thread and back, and others wait meanwhile.
_LARGE = 512 * 1024
_ACCEPTED = re.compile(rb"^(gzip|x-gzip|\*)(?:[ \t]*;[ \t]*q=([01](?:\.[0-9]*)?))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Representation:
    """What is sent to the client instead of Immich's reply."""

    status: int
    headers: Headers
    body: bytes


def make_tag(tag: bytes | None, body: bytes, told: Sequence[bytes]) -> bytes:
    """Return what an entity tag is made of, for ``body`` with what is ``told`` in it.

    ``tag`` is Immich's own: one that is strong says all there is to say of ``body``.
    """
    begin = tag if tag and tag.startswith(b'"') else sha256(body).digest()
    return sha256(begin + b"".join(told)).hexdigest()[:32].encode()


async def represent(
    scope: Scope, status: int, headers: Headers, body: bytes, tag: bytes
) -> Representation:
    """Return ``body`` as the client wants it: as it is, in gzip, or not at all if it has it.

    ``headers`` are those of Immich's reply, with names in lower case. ``tag`` is of `make_tag`.
    """
    sent = [pair for pair in headers if pair[0] not in _CHANGED]
    squeezed = len(body) > _WORTH_GZIP and accepts_gzip(scope)
    # The same in another encoding is another representation, and must have a tag of its own.
    etag = b'"%b-gzip"' % tag if squeezed else b'"%b"' % tag
    sent += ((b"etag", etag), (b"vary", _vary(headers)))
    if scope["method"] != "POST" and _has(scope, etag):
        bare = [pair for pair in sent if not pair[0].startswith(_OF_CONTENT)]
        return Representation(_NOT_MODIFIED, bare, b"")
    if squeezed:
        sent.append((b"content-encoding", b"gzip"))
        body = await _compress(body)
    sent.append((b"content-length", b"%d" % len(body)))
    return Representation(status, sent, b"" if scope["method"] == "HEAD" else body)


def accepts_gzip(scope: Scope) -> bool:
    """Return whether the client of a request takes gzip."""
    said = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return bool(said) and _accepts_gzip(b",".join(said))


@lru_cache(256)
def _accepts_gzip(accepted: bytes) -> bool:
    qualities: dict[bytes, float] = {}
    for part in accepted.split(b","):
        if found := _ACCEPTED.match(part.strip()):
            qualities[found[1].lower()] = float(found[2] or 1)
    named = qualities.get(b"gzip", qualities.get(b"x-gzip"))
    return (qualities.get(b"*", 0) if named is None else named) > 0


async def _compress(body: bytes) -> bytes:
    if len(body) < _LARGE:
        return gzip(body)
    return await asyncio.to_thread(gzip, body)


def _vary(headers: Headers) -> bytes:
    varies = b", ".join(value for name, value in headers if name == b"vary")
    if not varies:
        return _ENCODING
    names = {part.strip().lower() for part in varies.split(b",")}
    return varies if names & {b"*", _ENCODING.lower()} else varies + b", " + _ENCODING


def _has(scope: Scope, etag: bytes) -> bool:
    """Return whether the client says that it has what ``etag`` is of; weak or strong, all one."""
    return any(
        etag in value or value.strip() == b"*"
        for name, value in scope["headers"]
        if name == b"if-none-match"
    )
