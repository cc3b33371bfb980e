"""``serve``: with a gateway, without one, and what is told of ports that are none."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from command_line import CommandLine

from pentaprism.cli.exits import Exit
from pentaprism.cli.serve import read_gateway_port
from pentaprism.errors import InvalidError


@pytest.mark.parametrize(
    ("text", "port"), [("3000", 3000), ("0", 0), (" OFF ", None), ("off", None)]
)
def test_the_port_of_the_gateway(text: str, port: int | None) -> None:
    assert read_gateway_port(text) == port


@pytest.mark.parametrize("text", ["", "on", "-1", "65536", "3000x", "٣"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="no port"):
        read_gateway_port(text)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_ports_that_are_taken_are_told(pentaprism: CommandLine, taken: int) -> None:
    here = ("--host", "127.0.0.1")
    for ports in (
        ("serve", "--port", taken, "--gateway-port", "off", *here),
        ("serve", "--port", 0, "--gateway-port", taken, *here),
        ("serve", "gateway", "--port", taken, *here),
    ):
        ended = pentaprism(*ports)
        assert ended.code == Exit.ACTION_REQUIRED
        assert f"Port {taken} at 127.0.0.1 cannot be had" in ended.err
    assert "--gateway-port" in pentaprism("serve", "--port", 0, "--gateway-port", taken, *here).err


def test_what_the_environment_says_counts(
    pentaprism: CommandLine, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("GATEWAY_PORT", str(taken))
    assert f"Port {taken}" in pentaprism("serve").err
    assert f"Port {taken}" in pentaprism("serve", "gateway").err
    monkeypatch.setenv("GATEWAY_PORT", "none")
    assert pentaprism("serve").code == Exit.USAGE


def test_an_immich_that_is_none_is_told(
    pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMICH_URL", "photos.local")
    ended = pentaprism("serve", "gateway", "--port", 0)
    assert ended.code == Exit.USAGE
    assert "http://host:port" in ended.err
