"""Which headers go on, and the head of a request as it is sent to Immich.

Hop-by-hop headers (RFC 9110, 7.6.1) end here in both directions, all else goes on as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from starlette.types import Scope

from pentaprism.gateway.forwarding import PREFIX, Forwarding, tells_of_client
from pentaprism.gateway.problems import bad_request
from pentaprism.gateway.repeats import made_of_headers
from pentaprism.gateway.upstream import Upstream

type Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-authentication-info",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""The headers that are of one connection only."""

_OURS = HOP_BY_HOP | {b"host", b"content-length", b"expect", b"forwarded", b"x-real-ip"}
_NEEDED = frozenset({b"host", b"content-length", b"cache-control"})
_USUAL_CONNECTION = frozenset({b"", b"keep-alive", b"close", b"Keep-Alive", b"Close"})
BARE_QUERY = "pentaprism.bare_query"
"""Stands in the scope of a request whose path ends in a question mark with nothing behind it."""

_CONNECTION = b"connection"
_LENGTH = len(_CONNECTION)
_NONE: frozenset[bytes] = frozenset()
_MOST_DIGITS = 19
_PREFIX_LINE = b"\n" + PREFIX
_NOT_IN_ADDRESS = re.compile(rb"[\0\r\n ]")


class Framing(NamedTuple):
    """How a request's body is sent: ``length`` bytes, in chunks, or, with neither, not at all."""

    length: int | None
    chunked: bool


NO_BODY = Framing(None, False)


def passing_headers(scope: Scope, forwarding: Forwarding) -> Headers:
    """Return the headers of a request to send on, without Host and those that frame its body."""
    named = named_hops(value for name, value in scope["headers"] if name == b"connection")
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in _OURS and name not in named and not tells_of_client(name)
    ]
    return kept + forwarding.headers(scope)


def reply_headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Return the headers of a reply to send on, with names in lower case."""
    kept = [(lower, value) for name, value in raw if (lower := name.lower()) not in HOP_BY_HOP]
    named = _NONE
    for name, value in raw:
        if len(name) == _LENGTH and value not in _USUAL_CONNECTION and name.lower() == _CONNECTION:
            named |= named_hops([value])
    return [one for one in kept if one[0] not in named] if named else kept


def named_hops(values: Iterable[bytes]) -> frozenset[bytes]:
    """Return the headers (lower case) that the values of Connection headers name as their own.

    Those that a message cannot do without are not among them, whatever it says.
    """
    named = {part.strip().lower() for value in values for part in value.split(b",")}
    return frozenset(named - _NEEDED)


def request_head(
    scope: Scope,
    upstream: Upstream,
    forwarding: Forwarding,
    *,
    method: str | None = None,
    without: frozenset[bytes] = frozenset(),
    extra: Sequence[tuple[bytes, bytes]] = (),
) -> tuple[bytes, Framing]:
    """Return the head of the request to send to ``upstream``, and how its body is framed.

    ``without`` are headers (lower case) to leave out, ``extra`` ones to add. Raises
    `UpstreamError` with code ``bad_request`` where what came cannot be sent as one request.
    """
    if without or extra:
        headers = [one for one in scope["headers"] if one[0] not in without]
        sent = _sent([*headers, *extra])
    else:
        sent = made_of_headers(scope, _sent)
    forwarded = forwarding.lines(scope, sent.host, told=sent.told)
    head = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%b%b\r\n" % (
        (method or scope["method"]).encode(),
        request_target(scope, upstream),
        upstream.host,
        sent.lines,
        forwarded,
        _framing_line(sent.framing),
    )
    return head, sent.framing


def request_target(scope: Scope, upstream: Upstream) -> bytes:
    """Return the path and query to ask for, as they came, behind ``upstream``'s base path.

    Raises `UpstreamError` with code ``bad_request`` for what is no address.
    """
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    if query or BARE_QUERY in scope:
        path = b"%b?%b" % (path, query)
    if path[:1] == b"/":
        path = upstream.base + path
    elif path != b"*":
        raise bad_request("The address of the request is not a path.")
    if _NOT_IN_ADDRESS.search(path):
        raise bad_request("The address of the request has a space or a line end in it.")
    return path


class _Sent(NamedTuple):
    """What is made of a request's headers alone: ``lines`` go on, ``told`` is of the client."""

    lines: bytes
    host: bytes
    framing: Framing
    told: bool


def _sent(headers: Headers) -> _Sent:
    host, framing, told, named = _read_aside([one for one in headers if one[0] in _OURS])
    lines = [b"%b: %b\r\n" % one for one in headers if one[0] not in _OURS]
    if named:
        lines = [one for one in lines if one.partition(b":")[0] not in named]
    block = b"".join(lines)
    if block.startswith(PREFIX) or _PREFIX_LINE in block:
        told = True
        lines = [one for one in lines if not one.startswith(PREFIX)]
        block = b"".join(lines)
    if not block.count(b"\n") == block.count(b"\r") == len(lines) or b"\0" in block:
        raise bad_request("A header of the request has characters that no header may have.")
    return _Sent(block, host, framing, told)


def _read_aside(aside: Headers) -> tuple[bytes, Framing, bool, frozenset[bytes]]:
    """Return what the headers say that are not sent on as they came.

    That is the host, the framing, whether any tells of the client, and the headers that are named
    as those of one connection.
    """
    host = b""
    length: int | None = None
    chunked = told = False
    named = _NONE
    for name, value in aside:
        if name == b"host":
            if host:
                raise bad_request("The request names two hosts.")
            host = value
        elif name == b"connection":
            if value not in _USUAL_CONNECTION:
                named |= named_hops([value])
        elif name == b"content-length":
            length = _read_length(value, length)
        elif name == b"transfer-encoding":
            chunked = _read_coding(value)
        else:
            told = told or tells_of_client(name)
    if chunked and length is not None:
        raise bad_request("The request says twice where its body ends.")
    framing = Framing(length, chunked) if chunked or length is not None else NO_BODY
    return host, framing, told, named


def _read_length(value: bytes, before: int | None) -> int:
    if before is not None or not value.isdigit() or len(value) > _MOST_DIGITS:
        raise bad_request("The request does not say well how long its body is.")
    return int(value)


def _read_coding(value: bytes) -> bool:
    if value.strip().lower() != b"chunked":
        raise bad_request("The request has a transfer coding other than chunked.")
    return True


def _framing_line(framing: Framing) -> bytes:
    if framing.length is not None:
        return b"content-length: %d\r\n" % framing.length
    return b"transfer-encoding: chunked\r\n" if framing.chunked else b""
