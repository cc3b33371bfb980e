"""The Immich server that the gateway stands in front of, and the only one it ever speaks to."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pentaprism.immich.options import parse_url
from pentaprism.immich.tls import tls_context

_API = "/api"


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """Where Immich is.

    ``url``: scheme, authority and base path, without a slash at its end. ``base``: the path that is
    put before that of every request, empty for most. ``host``: the value of the Host header.
    ``tls`` is None for plain HTTP. Two are the same only when they are one object, so that a change
    of the settings is seen by looking at nothing else.
    """

    url: str
    base: bytes
    host: bytes
    tls: ssl.SSLContext | None

    @classmethod
    def parse(cls, url: str, ca_file: Path | None = None) -> Self:
        """Return the server that ``url`` means, given with or without ``/api`` at its end.

        ``ca_file``: a PEM file trusted beside the system's authorities. Raises `InvalidError` with
        code ``url`` or ``certificate``.
        """
        address = parse_url(url)
        base = address.base.removesuffix(_API)
        tls = tls_context(ca_file) if address.secure else None
        return cls(address.origin + base, base.encode(), address.authority.encode(), tls)
