"""What calls on the event loop and downloads in threads share about one server."""

from __future__ import annotations

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
    """Where to, with what key, how fast, how many at once. ``tls`` is None for plain HTTP."""

    options: ImmichOptions
    address: Address
    api_key: str = field(repr=False)
    tls: SSLContext | None
    pace: Pace
    gate: Gate
    bandwidth: Bandwidth
    traffic: Traffic

    @property
    def connect_timeout(self) -> float:
        """Seconds in which a connection must come about."""
        return min(_CONNECT, self.options.timeout)


def make_line(options: ImmichOptions, pace: Pace) -> Line:
    """Check ``options`` and return the line they mean.

    Raises `InvalidError` (``url``, ``certificate``) or `ActionRequiredError` (``bad_key``).
    """
    address = parse_url(options.url)
    return Line(
        options=options,
        address=address,
        api_key=check_key(options.api_key),
        tls=tls_context(options.ca_file) if address.secure else None,
        pace=pace,
        gate=Gate(max(1, options.connections)),
        bandwidth=Bandwidth(options.bandwidth, pace.clock),
        traffic=Traffic(),
    )
