"""What Immich is told of who asked."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from gateway_upstreams import OK, between
from raw_http import upstream

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.headers import passing_headers

PROXIES = Forwarding([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
CLAIMS = [
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-for", b"198.51.100.7"),
    (b"x-forwarded-host", b"photos.example"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-port", b"443"),
    (b"x-real-ip", b"203.0.113.9"),
    (b"forwarded", b"for=203.0.113.9"),
]


def scope(peer: str | None, headers: list[tuple[bytes, bytes]], scheme: str = "http") -> Any:
    client = (peer, 1234) if peer else None
    return {"client": client, "scheme": scheme, "headers": [(b"host", b"gate:3000"), *headers]}


def told(peer: str | None, *headers: tuple[bytes, bytes], scheme: str = "http") -> dict[bytes, Any]:
    asked = scope(peer, list(headers), scheme)
    listed = PROXIES.headers(asked)
    lines = PROXIES.lines(asked, b"gate:3000", told=bool(headers))
    assert sorted(lines.split(b"\r\n")[:-1]) == sorted(b"%b: %b" % one for one in listed)
    assert len({name for name, _ in listed}) == len(listed)
    return dict(listed)


def test_the_claims_of_strangers_are_replaced() -> None:
    for peer in ("192.0.2.1", "2001:db8::1"):
        assert told(peer, *CLAIMS) == {
            b"x-forwarded-for": peer.encode(),
            b"x-forwarded-host": b"gate:3000",
            b"x-forwarded-proto": b"http",
        }


def test_trusted_proxies_are_built_upon() -> None:
    assert told("10.1.2.3", *CLAIMS) == {
        b"x-forwarded-for": b"203.0.113.9, 198.51.100.7, 10.1.2.3",
        b"x-forwarded-host": b"photos.example",
        b"x-forwarded-proto": b"https",
        b"x-forwarded-port": b"443",
        b"x-real-ip": b"203.0.113.9",
        b"forwarded": b"for=203.0.113.9, for=10.1.2.3",
    }
    assert told("fd00::1", *CLAIMS)[b"forwarded"] == b'for=203.0.113.9, for="[fd00::1]"'


def test_an_address_in_another_dress_is_the_same() -> None:
    assert told("::ffff:10.1.2.3", *CLAIMS)[b"x-forwarded-proto"] == b"https"
    assert told("::ffff:192.0.2.1", *CLAIMS)[b"x-forwarded-proto"] == b"http"


def test_a_trusted_proxy_that_tells_little_is_added_to() -> None:
    assert told("10.1.2.3", (b"x-forwarded-proto", b"https")) == {
        b"x-forwarded-for": b"10.1.2.3",
        b"x-forwarded-host": b"gate:3000",
        b"x-forwarded-proto": b"https",
    }


def test_without_a_peer_nobody_is_named() -> None:
    for peer in (None, "", "unix:"):
        assert told(peer, *CLAIMS)[b"x-forwarded-host"] == b"gate:3000"
    assert b"x-forwarded-for" not in told(None)


def test_websockets_come_by_http() -> None:
    assert told("192.0.2.1", scheme="ws")[b"x-forwarded-proto"] == b"http"
    assert told("192.0.2.1", scheme="wss")[b"x-forwarded-proto"] == b"https"


def test_headers_for_others_are_those_that_pass() -> None:
    sent = [*CLAIMS, (b"cookie", b"a"), (b"connection", b"upgrade, x-hop"), (b"x-hop", b"1")]
    kept = passing_headers(scope("192.0.2.1", [*sent, (b"upgrade", b"websocket")]), PROXIES)
    assert kept[0] == (b"cookie", b"a")
    assert {name for name, _ in kept[1:]} == {
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
    }


async def test_it_is_so_on_the_wire() -> None:
    claims = [(name.title(), value) for name, value in CLAIMS]
    async with upstream(lambda _: OK) as immich:
        async with between(immich.url) as client:
            await client.ask(b"GET", b"/", claims)
        async with between(immich.url, trusted="127.0.0.0/8") as client:
            await client.ask(b"GET", b"/", claims)
    stranger, trusted = immich.asked
    assert stranger.all(b"x-forwarded-for") == [b"127.0.0.1"]
    assert stranger.all(b"x-forwarded-host") == [b"gateway.test"]
    assert not stranger.all(b"x-forwarded-port")
    assert not stranger.all(b"x-real-ip")
    assert not stranger.all(b"forwarded")
    assert trusted.all(b"x-forwarded-for") == [b"203.0.113.9, 198.51.100.7, 127.0.0.1"]
    assert trusted.all(b"x-forwarded-host") == [b"photos.example"]
    assert trusted.all(b"x-forwarded-proto") == [b"https"]
    assert trusted.all(b"host") == [immich.url.removeprefix("http://").encode()]


def test_what_clients_choose_is_not_kept_for_ever() -> None:
    forwarding = Forwarding([])
    for number in range(10_000):
        host = b"host-%d" % number
        asked = {"client": (f"192.0.2.{number}", 1), "scheme": "http", "headers": []}
        assert host in forwarding.lines(asked, host, told=False)
    assert len(forwarding._lines) < 5000
    assert len(forwarding._peers) < 5000
