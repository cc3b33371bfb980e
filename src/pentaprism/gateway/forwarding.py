"""The headers that tell Immich who asked: X-Forwarded-For, -Host and -Proto.

Only those that a trusted proxy wrote are built upon; what anybody else claims is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from pentaprism.gateway.problems import bad_request

type Network = IPv4Network | IPv6Network

PREFIX = b"x-forwarded"
_OTHERS = frozenset({b"forwarded", b"x-real-ip"})

_MOST_KEPT = 4096
_LONGEST_KEPT = 255


def tells_of_client(name: bytes) -> bool:
    """Return whether the header ``name`` (lower case) tells who asked: proxies write it."""
    return name.startswith(PREFIX) or name in _OTHERS


class Forwarding:
    """Makes the headers; ``trusted`` are the networks of the proxies that are believed."""

    def __init__(self, trusted: Iterable[Network]) -> None:
        self._trusted = tuple(trusted)
        self._peers: dict[str, bool] = {}
        self._lines: dict[tuple[str, bytes, str], bytes] = {}

    def headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return the headers to send in place of all that `tells_of_client`."""
        peer = _peer(scope)
        if not self.trusts(peer):
            return _told_by_us(peer, _header(scope, b"host"), scope["scheme"])
        return _extended(peer, scope)

    def lines(self, scope: Scope, host: bytes, *, told: bool) -> bytes:
        """Return the headers as lines of a request, quickly where the client sent none of them.

        ``host`` is the client's Host header; ``told`` says whether it sent any that
        `tells_of_client`.
        """
        client = scope["client"]
        peer = client[0] if client else ""
        if told and self.trusts(peer):
            return _as_lines(_extended(peer, scope))
        key = (peer, host, scope["scheme"])
        lines = self._lines.get(key)
        if lines is None:
            lines = _as_lines(_told_by_us(*key))
            if len(host) <= _LONGEST_KEPT:
                _keep(self._lines, key, lines)
        return lines

    def trusts(self, peer: str) -> bool:
        """Return whether the peer at this address is a trusted proxy."""
        trusted = self._peers.get(peer)
        if trusted is None:
            trusted = self._judge(peer)
            _keep(self._peers, peer, trusted)
        return trusted

    def _judge(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._trusted)


def _told_by_us(peer: str, host: bytes, scheme: str) -> list[tuple[bytes, bytes]]:
    told = [(b"x-forwarded-proto", _http_scheme(scheme))]
    if host:
        told.append((b"x-forwarded-host", host))
    if peer:
        told.append((b"x-forwarded-for", peer.encode()))
    return told


def _extended(peer: str, scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return what a trusted proxy told, with itself added to the ways that the request took."""
    told = [(name, value) for name, value in scope["headers"] if tells_of_client(name)]
    names = {name for name, _ in told}
    ours = _told_by_us(peer, _header(scope, b"host"), scope["scheme"])
    way = [value for name, value in told if name == b"x-forwarded-for"]
    kept = [(name, value) for name, value in told if name != b"x-forwarded-for"]
    if b"forwarded" in names:
        kept = _with_forwarded(kept, peer)
    kept += [one for one in ours if one[0] not in names and one[0] != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", b", ".join([*way, peer.encode()]))]


def _with_forwarded(told: list[tuple[bytes, bytes]], peer: str) -> list[tuple[bytes, bytes]]:
    """Return ``told`` with its Forwarded headers in one, which ends with ``peer`` (RFC 7239)."""
    node = f'"[{peer}]"' if ":" in peer else peer
    way = [value for name, value in told if name == b"forwarded"]
    rest = [one for one in told if one[0] != b"forwarded"]
    return [*rest, (b"forwarded", b", ".join([*way, f"for={node}".encode()]))]


def _as_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    if any(char in value for _, value in headers for char in (b"\r", b"\n", b"\0")):
        raise bad_request("The request says with forbidden characters where it comes from.")
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


def _peer(scope: Scope) -> str:
    client = scope["client"]
    return client[0] if client else ""


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _http_scheme(scheme: str) -> bytes:
    return {"ws": b"http", "wss": b"https"}.get(scheme) or scheme.encode()


def _keep[K, V](kept: dict[K, V], key: K, value: V) -> None:
    # What clients choose is bounded by starting over: it is quickly made again.
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value
