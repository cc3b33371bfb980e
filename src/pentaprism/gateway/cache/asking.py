"""What a request asks the cache for."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from starlette.types import Scope

from pentaprism.gateway.cache.policy import Wish, read_wish, subject_of
from pentaprism.gateway.carriers import carrier_headers
from pentaprism.gateway.repeats import Headers, made_of_headers

ASKED = "pentaprism.asked"
"""Stands in the scope of a request that has been looked up, with the `Asked` of it."""

_KEY_SIZE = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for something that may be kept.

    ``subject`` is the asset (or person) that it is about, ``key`` tells it from any request that
    might be answered otherwise.
    """

    subject: bytes
    wish: Wish
    key: bytes


def read_asked(scope: Scope, secret: bytes) -> Asked | None:
    """Return what is asked for, None where nothing is kept; ``secret`` has 16 to 64 bytes."""
    path: bytes = scope["raw_path"]
    subject = subject_of(path)
    if subject is None:
        return None
    query: bytes = scope["query_string"]
    wish, who, how = made_of_headers(scope, _read_headers)
    # Lengths before what follows: no two requests are written alike.
    text = b"%b%d %d;%b%b%b" % (who, len(path), len(query), path, query, how)
    return Asked(subject, wish, blake2b(text, digest_size=_KEY_SIZE, key=secret).digest())


def _read_headers(headers: Headers) -> tuple[Wish, bytes, bytes]:
    """Return what headers ask for, all credentials in them, and what a server may choose by."""
    wish = read_wish(headers)
    carriers = [
        b"%d:%d:%b%b" % (len(name), len(value), name, value)
        for name, value in carrier_headers({"headers": headers})
    ]
    chosen = [b"%d:%b" % (len(one), one) for one in wish.chooses]
    # Each carrier begins with a digit, so the mark behind them cannot be mistaken.
    return wish, b"".join((*carriers, b"?")), b"".join(chosen)
