"""The server as a whole: what every client meets, whatever page it asks for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from http_world import Client, House, Someone, house, owner_in
from web_world import Serving

from pentaprism.edge.routes import declared
from pentaprism.server import routed


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Someone]]:
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made, owner_in(made)


def test_it_is_healthy_for_everybody(lived_in: tuple[House, Someone]) -> None:
    client = lived_in[0].client
    answer = client.ask("GET", "/healthz")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
    head = client.ask("HEAD", "/healthz")
    assert (head.status, head.body) == (200, b"")


def test_it_is_healthy_before_anything_is_set_up(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        assert made.client.ask("GET", "/healthz").status == 200
        assert made.client.ask("HEAD", "/").status == 303


def test_the_head_of_every_answer_is_that_of_the_answer(lived_in: tuple[House, Someone]) -> None:
    made, owner = lived_in
    for one in declared(routed(made.program)):
        if "GET" not in one.methods:
            continue
        path = one.path.format(**owner.ids)
        began = time.monotonic()
        head = made.client.ask("HEAD", path, cookies=owner.cookies)
        assert time.monotonic() - began < 5, path
        whole = made.client.ask("GET", path, cookies=owner.cookies)
        assert (head.status, head.body) == (whole.status, b""), path
        assert head.get("content-type") == whole.get("content-type")
    document = routed(made.program).openapi()
    assert not [path for path, item in document["paths"].items() if "head" in item]


def test_what_is_not_there_is_told_in_our_own_page(lived_in: tuple[House, Someone]) -> None:
    made, owner = lived_in
    answer = made.client.ask("GET", "/nothing", cookies=owner.cookies)
    assert answer.status == 404
    assert answer.get("content-type").startswith("text/html")
    assert "There is nothing at this address." in answer.text
    assert "</html>" in answer.text
    problem = made.client.ask("GET", "/api/nothing", token=owner.token)
    assert (problem.status, problem.json["code"]) == (404, "not_found")
    assert problem.get("content-type") == "application/problem+json"
    wrong = made.client.ask("PUT", "/login", cookies=owner.cookies)
    assert wrong.status == 405


@pytest.mark.parametrize("path", ["/login", "/api/mirrors", "/api/config/immich"])
def test_a_body_that_is_too_large_is_not_read(lived_in: tuple[House, Someone], path: str) -> None:
    made, owner = lived_in
    answer = made.client.ask(
        "POST",
        path,
        token=owner.token,
        body=b"x" * 1_000_001,
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status == 413, answer
    if path.startswith("/api"):
        assert answer.json["code"] == "too_large"


def test_a_body_that_hides_its_size_is_not_read_to_its_end(lived_in: tuple[House, Someone]) -> None:
    made, _ = lived_in
    with socket.create_connection(("127.0.0.1", made.server.port), timeout=10) as sent:
        sent.sendall(
            f"POST /login HTTP/1.1\r\nHost: localhost:{made.server.port}\r\n"
            f"Origin: {made.client.origin}\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
        )
        for _ in range(20):
            sent.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        sent.sendall(b"0\r\n\r\n")
        assert b" 413 " in sent.recv(200)


@pytest.mark.parametrize("headers", [{"Host": ""}, {"Host": "a b"}, {"Host": "evil.example"}])
def test_a_strange_host_is_no_reason_to_fail(
    lived_in: tuple[House, Someone], headers: dict[str, str]
) -> None:
    made, owner = lived_in
    answer = made.client.ask("GET", "/", cookies=owner.cookies, headers=headers)
    assert answer.status in {200, 400}
    assert "evil.example" not in answer.whole
    refused = made.client.ask("POST", "/sign-out", cookies=owner.cookies, headers=headers)
    assert refused.status in {400, 403}


def test_those_who_watch_are_let_go_at_the_end(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        owner = owner_in(made)
        streams = [
            path
            for one in declared(routed(made.program))
            if "GET" in one.methods and one.path.endswith(("/live", "/events"))
            for path in [one.path.format(**owner.ids)]
        ]
        ended: dict[str, float] = {}
        threads = [
            threading.Thread(target=_watch, args=(made.client, path, owner, ended), daemon=True)
            for path in streams
        ]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        began = time.monotonic()
        made.server.stop()
        assert time.monotonic() - began < 5
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()
        made.server = Serving(made.server.settings, port=made.server.port)
        made.server.start()


def _watch(client: Client, path: str, owner: Someone, ended: dict[str, Any]) -> None:
    """Read a stream to its end."""
    cookies = "; ".join(f"{name}={value}" for name, value in owner.cookies.items())
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as stream:
        stream.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost:{client.port}\r\nCookie: {cookies}\r\n"
            "Accept: text/event-stream\r\nConnection: close\r\n\r\n".encode()
        )
        while stream.recv(65536):
            pass
    ended[path] = time.monotonic()
