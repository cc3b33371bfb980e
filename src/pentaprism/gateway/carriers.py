"""Where a request carries what Immich takes as a credential.

Immich 2.x and 3.x take an API key from ``x-api-key`` or ``?apiKey=``, a session from
``x-immich-user-token``, ``x-immich-session-token``, ``?sessionKey=``, ``Authorization`` or a
cookie, and a share link from ``x-immich-share-key``, ``x-immich-share-slug``, ``?key=`` or
``?slug=`` (its ``auth.service.ts``). Which of several it heeds is its own affair: whatever could
be one counts here, so that nothing depends on our reading of the order.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

_HEADERS = frozenset((b"authorization", b"cookie", b"x-api-key"))
_OF_IMMICH = b"x-immich-"
_SHARE_HEADERS = frozenset((b"x-immich-share-key", b"x-immich-share-slug"))
_PARAMETERS = frozenset((b"apikey", b"sessionkey", b"key", b"slug"))
_SHARE_PARAMETERS = frozenset((b"key", b"slug"))
# The names of all parameters that matter hold one of these, unless a letter of theirs is escaped.
_PERHAPS = re.compile(rb"key|slug|%", re.IGNORECASE)
_BRACKETS = re.compile(rb"[\[\]]+")
_DIGEST_SIZE = 16

type Headers = list[tuple[bytes, bytes]]


def digest(scope: Scope, key: bytes) -> bytes:
    """Return 16 bytes that are others for any other credentials, and tell nothing of them.

    ``key`` is secret, up to 64 bytes long. All carriers count, with their order; nothing else does.
    """
    parts = [
        b"%d:%d:%b%b" % (len(name), len(value), name, value)
        for name, value in carrier_headers(scope)
    ]
    # What comes before begins with digits, so the mark cannot be mistaken.
    parts += (b"?", carrier_query(scope))
    return blake2b(b"".join(parts), digest_size=_DIGEST_SIZE, key=key).digest()


def carrier_headers(scope: Scope) -> Headers:
    """Return the headers that may be credentials, as they came: whole cookies, and all Immich's."""
    return [
        (name, value)
        for name, value in scope["headers"]
        if name in _HEADERS or name.startswith(_OF_IMMICH)
    ]


def carrier_query(scope: Scope) -> bytes:
    """Return the parameters of the query that may be credentials, as they came.

    Names count in any case, escaped or not, and with brackets, as some parsers of lists take them.
    """
    query: bytes = scope["query_string"]
    if not query or not _PERHAPS.search(query):
        return b""
    return b"&".join(pair for pair in query.split(b"&") if _plain_name(pair) in _PARAMETERS)


def is_share_link(scope: Scope) -> bool:
    """Return whether the request shows a share link, which Immich heeds before all else."""
    if any(name in _SHARE_HEADERS and value for name, value in scope["headers"]):
        return True
    return any(_is_share(pair) for pair in carrier_query(scope).split(b"&"))


def may_be_api_key(scope: Scope) -> bool:
    """Return whether there is an API key among the credentials; Immich may heed another one."""
    if any(name == b"x-api-key" for name, _ in scope["headers"]):
        return True
    return any(_plain_name(pair) == b"apikey" for pair in carrier_query(scope).split(b"&"))


def _plain_name(pair: bytes) -> bytes:
    """Return the name of a parameter in small letters: ``key`` of ``%6Bey[]=value``, for one."""
    name = pair.partition(b"=")[0]
    if b"%" in name:
        name = unquote_to_bytes(name)
    if b"[" in name:
        name = next(filter(None, _BRACKETS.split(name)), b"")
    return name.lower()


def _is_share(pair: bytes) -> bool:
    name, _, value = pair.partition(b"=")
    return bool(value) and unquote_to_bytes(name) in _SHARE_PARAMETERS
