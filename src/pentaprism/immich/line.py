"""What calls on the event loop and downloads in threads share about one server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from pentaprism.immich.gate import Gate
from pentaprism.immich.options import Address, ImmichOptions, check_key, parse_url
from pentaprism.immich.pace import Bandwidth, Pace
from pentaprism.immich.tls import tls_context
from pentaprism.immich.traffic import Traffic

KEEP_ALIVE = 4.0
"""Seconds for which an idle connection is used again; Immich closes them after 5."""

_CONNECT = 15.0


@dataclass(frozen=True, slots=True)
class Line:
    """Where to, as whom, how fast, how many at once.

    ``credential`` holds the headers that say who asks, none for a stranger. ``tls`` is None for
    plain HTTP.
    """

    options: ImmichOptions
    address: Address
    credential: Mapping[str, str] = field(repr=False)
    tls: SSLContext | None
    pace: Pace
    gate: Gate
    bandwidth: Bandwidth
    traffic: Traffic

    @property
    def connect_timeout(self) -> float:
        """Seconds in which a connection must come about."""
        return min(_CONNECT, self.options.timeout)


def api_key_header(key: str) -> dict[str, str]:
    """Return the header that says who asks by an API key."""
    return {"x-api-key": key}


def session_header(token: str) -> dict[str, str]:
    """Return the header that says who asks by the token of a session."""
    return {"Authorization": f"Bearer {token}"}


def make_line(
    options: ImmichOptions, pace: Pace, *, credential: Mapping[str, str] | None = None
) -> Line:
    """Check ``options`` and return the line they mean.

    ``credential``: headers in place of the key of ``options``, which is then not looked at.
    Raises `InvalidError` (``url``, ``certificate``) or `ActionRequiredError` (``bad_key``).
    """
    address = parse_url(options.url)
    return Line(
        options=options,
        address=address,
        credential=api_key_header(check_key(options.api_key)) if credential is None else credential,
        tls=tls_context(options.ca_file) if address.secure else None,
        pace=pace,
        gate=Gate(max(1, options.connections)),
        bandwidth=Bandwidth(options.bandwidth, pace.clock),
        traffic=Traffic(),
    )
