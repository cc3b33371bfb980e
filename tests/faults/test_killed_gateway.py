"""kill -9 of the gateway, of the server that keeps it, and of the Immich behind it.

Whatever dies, the others go on, and all is well again without a person.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from gateway_world import GatewayHouse, gateway_house, until
from http_world import free_port

from pentaprism.sandbox.immich import Sandbox
from pentaprism.store import schema

PING = "/api/server/ping"
SIZE = 2_000_000


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(assets=3, seed=1, hostile=False, size=SIZE) as running:
        yield running


def ask(house: GatewayHouse, path: str = PING, key: str = "") -> tuple[int, bytes]:
    """Ask the gateway; the status is 0 where nobody answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)) as connection:
        try:
            connection.request("GET", path, headers={"x-api-key": key} if key else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""


def code(house: GatewayHouse) -> tuple[int, str]:
    """Return the status and the code of the problem that a request gets, if it is one."""
    status, body = ask(house)
    return status, json.loads(body).get("code", "") if body else ""


def works(house: GatewayHouse) -> bool:
    assert house.process is None or house.process.poll() is None, house.log
    return ask(house)[0] == 200


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with suppress(OSError):
        # A zombie whose parent has died waits for whoever reaps it.
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    return True


@contextmanager
def locked(database: Path) -> Iterator[sqlite3.Connection]:
    """Hold the lock for writing, as a long migration does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("ROLLBACK")


def knows(house: GatewayHouse, sandbox: Sandbox) -> bool:
    """Return whether a reply tells what our database knows; it must be right in any case."""
    asset = next(iter(sandbox.library.assets))
    status, body = ask(house, f"/api/assets/{asset}", sandbox.api_key)
    assert status == 200
    told = json.loads(body)
    assert told["id"] == asset
    return "pentaprism" in told


def download(house: GatewayHouse, sandbox: Sandbox) -> socket.socket:
    """Return a connection on which an original has begun to come."""
    asset = next(iter(sandbox.library.assets))
    line = socket.create_connection(("127.0.0.1", house.port), timeout=20)
    line.sendall(
        f"GET /api/assets/{asset}/original HTTP/1.1\r\nHost: localhost\r\n"
        f"x-api-key: {sandbox.api_key}\r\n\r\n".encode()
    )
    assert line.recv(20).startswith(b"HTTP/1.1 200")
    return line


def rest(line: socket.socket) -> int:
    """Return how many more bytes come before the connection ends."""
    size = 0
    with suppress(ConnectionError):
        while piece := line.recv(1 << 20):
            size += len(piece)
    return size


def test_a_killed_gateway_comes_back_and_a_killed_server_takes_it_along(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    sandbox.faults.add("stall", route="original", after_bytes=50_000, seconds=60)
    with gateway_house(tmp_path, sandbox.url) as house:
        house.start()
        until(lambda: works(house))
        first = house.gateway_pid()
        assert first is not None
        with closing(download(house, sandbox)) as line:
            os.kill(first, signal.SIGKILL)
            assert rest(line) < SIZE
        until(lambda: works(house))
        second = house.gateway_pid()
        assert second not in {None, first}
        assert "The gateway ended (SIGKILL)" in house.log
        assert second is not None
        house.send(signal.SIGKILL)
        until(lambda: is_gone(second), 10)
        until(lambda: ask(house)[0] == 0, 10)
        assert "Traceback" not in house.log
        # Nothing is left that would be in the way of the next one, which lets a download end.
        sandbox.faults.clear()
        sandbox.faults.add("stall", route="original", after_bytes=50_000, seconds=1.5)
        process = house.start()
        until(lambda: works(house))
        with locked(tmp_path / "data.db"):
            assert knows(house, sandbox)  # who writes is not in the way of who reads
        last = house.gateway_pid()
        assert last is not None
        with closing(download(house, sandbox)) as line:
            house.press_ctrl_c()
            assert rest(line) >= SIZE
        assert process.wait(15) == 0
        assert is_gone(last)
        assert "Traceback" not in house.log


def test_a_database_that_cannot_be_opened_yet_is_done_without(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    database = tmp_path / "data.db"
    database.touch()
    with gateway_house(tmp_path, sandbox.url) as house:
        with locked(database):
            process = house.start_alone()
            until(lambda: works(house))
            assert not knows(house, sandbox)
            assert "works without the database" in house.log
        schema.prepare(database, patience=30)  # at the same time as the gateway
        until(lambda: knows(house, sandbox))
        house.press_ctrl_c()
        assert process.wait(15) == 0
        assert "Traceback" not in house.log


def test_one_that_nobody_keeps_any_more_and_that_does_not_end_is_ended() -> None:
    hangs = (
        "import threading, time; from pentaprism.cli.gateway import end_with_input;"
        "threading.Thread(target=end_with_input, args=(print, 0.1), daemon=True).start();"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", hangs]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 1


def test_an_immich_that_dies_or_is_slow_is_told_of_and_used_again(tmp_path: Path) -> None:
    port = free_port()
    with gateway_house(tmp_path, f"http://127.0.0.1:{port}") as house:
        house.start_alone(GATEWAY_TIMEOUT="1")
        until(lambda: ask(house)[0] != 0)
        assert code(house) == (502, "immich_unreachable")
        with Sandbox(assets=1, seed=1, hostile=False, port=port) as sandbox:
            assert ask(house)[0] == 200
            sandbox.faults.add("slow", route="ping", seconds=5)
            assert code(house) == (504, "immich_slow")
            sandbox.faults.clear()
            assert ask(house)[0] == 200
        assert code(house)[0] == 502
        with Sandbox(assets=1, seed=1, hostile=False, port=port):
            assert ask(house)[0] == 200
        assert house.send(signal.SIGTERM) == 0
        assert "Traceback" not in house.log
