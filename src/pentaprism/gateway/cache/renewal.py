"""Asking Immich whether a reply still holds, and what its answer means."""

from __future__ import annotations

from starlette.types import Scope

from pentaprism.gateway.cache.kept import HeaderList, Kept
from pentaprism.gateway.cache.policy import lifetime_said

_CONDITIONS = frozenset({b"if-none-match", b"if-modified-since"})


def asking_whether(scope: Scope, validator: tuple[bytes, bytes]) -> Scope:
    """Return the request with our condition in place of the client's, which agrees with it."""
    headers = [one for one in scope["headers"] if one[0] not in _CONDITIONS]
    return {**scope, "headers": [*headers, validator]}


def renewed_by(kept: Kept, headers: HeaderList, asked: float, most: float) -> Kept | None:
    """Return ``kept`` with the headers of its 304; None if it is about another, or forbids it.

    ``asked`` is the time just before the question, ``most`` for how many seconds a reply may be
    used.
    """
    etag = next((value for name, value in headers if name.lower() == b"etag"), kept.etag)
    if kept.etag is not None and etag != kept.etag:
        return None
    renewed = kept.renewed(headers, asked=asked)
    said = b", ".join(v for n, v in renewed.headers if n.lower() == b"cache-control")
    lifetime = lifetime_said(said, most)
    if lifetime is None:
        return None
    renewed.lifetime = lifetime
    return renewed
