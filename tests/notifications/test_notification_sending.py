"""Sending to real local servers: one that answers, refuses, hangs, or is not there."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pentaprism.notifications import Message, send

MESSAGE = Message("“Summer” is mirrored again", "All is there.\n\nSee: https://photos.example.org")


@dataclass
class Listener:
    """A server for notifications on this machine, and what it was told."""

    status: int = 200
    hang: threading.Event | None = None
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0

    def serve(self) -> ThreadingHTTPServer:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                listener.bodies.append(self.rfile.read(length))
                listener.paths.append(self.path)
                if listener.hang is not None:
                    listener.hang.wait(30)
                with suppress(OSError):  # whoever was kept waiting may be gone
                    self.send_response(listener.status)
                    self.send_header("content-length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@pytest.fixture
def listener() -> Iterator[Listener]:
    told = Listener()
    server = told.serve()
    yield told
    if told.hang is not None:
        told.hang.set()
    server.shutdown()
    server.server_close()


def dead_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_message_arrives_as_json_and_at_ntfy(listener: Listener) -> None:
    failures = await send(
        [
            f"json://127.0.0.1:{listener.port}/hook",
            f"ntfy://127.0.0.1:{listener.port}/photos",
        ],
        MESSAGE,
    )
    assert failures == []
    told = [json.loads(body) for body in listener.bodies]
    assert {body["title"] for body in told} == {MESSAGE.title}
    assert all(MESSAGE.body == body["message"] for body in told)
    assert "/hook" in listener.paths


async def test_one_that_fails_does_not_keep_it_from_the_others(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    failures = await send(
        [
            f"json://anna:hunter2pass@127.0.0.1:{dead_port()}/secretpath",
            f"json://127.0.0.1:{listener.port}/hook",
            "dbus://hunter2pass",
        ],
        MESSAGE,
    )
    assert [failure.service for failure in failures] == ["JSON at 127.0.0.1", "Unknown service"]
    assert failures[0].reason == "It could not be reached, or did not answer."
    assert "own machine" in failures[1].reason
    assert listener.paths == ["/hook"]
    assert "hunter2pass" not in caplog.text + repr(failures)
    assert "secretpath" not in caplog.text + repr(failures)
    assert "A message did not get through to JSON at 127.0.0.1" in caplog.text


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "It answered with status 401: it does not accept the user, password or token."),
        (404, "It answered with status 404: it does not know the address."),
        (500, "It answered with status 500."),
    ],
)
@pytest.mark.parametrize("schema", ["json", "ntfy"])
async def test_a_refusal_is_told(listener: Listener, schema: str, status: int, reason: str) -> None:
    listener.status = status
    failures = await send([f"{schema}://127.0.0.1:{listener.port}/photos"], MESSAGE)
    assert [failure.reason for failure in failures] == [reason]


async def test_one_that_hangs_is_given_up(listener: Listener) -> None:
    listener.hang = threading.Event()
    started = time.monotonic()
    failures = await send([f"json://127.0.0.1:{listener.port}/?rto=600"] * 3, MESSAGE, timeout=0.5)
    assert time.monotonic() - started < 3
    assert len(failures) == 3
    assert failures[0].service == "JSON at 127.0.0.1"


async def test_the_loop_goes_on_while_one_hangs(listener: Listener) -> None:
    listener.hang = threading.Event()
    sending = asyncio.create_task(send([f"json://127.0.0.1:{listener.port}/"], MESSAGE, timeout=5))
    ticks = 0
    while not listener.bodies:
        await asyncio.sleep(0.01)
        ticks += 1
    listener.hang.set()
    assert await sending == []
    assert ticks > 0


async def test_nowhere_to_send_to_is_no_failure() -> None:
    assert await send([], MESSAGE) == []
