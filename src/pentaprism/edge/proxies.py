"""Who the client is, where trusted proxies stand between."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, cast

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_HOME = 64

type Network = IPv4Network | IPv6Network


def behind_proxies(app: ASGIApp, trusted: Iterable[Network]) -> ASGIApp:
    """Return ``app``, told by X-Forwarded-For and -Proto of trusted peers who the client is."""
    outer: Any = ProxyHeadersMiddleware(cast("Any", app), [str(network) for network in trusted])
    return cast("ASGIApp", outer)


def client_address(request: HTTPConnection) -> str:
    """Return the client's address for counting what it does; for IPv6 its network of 64 bits."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _HOME), strict=False))
