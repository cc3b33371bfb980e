"""The gateway's process as the server keeps it: started again when it dies, ended with it."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from http_world import free_port, settings_of
from pydantic import SecretStr
from web_world import KEY

from pentaprism.errors import ActionRequiredError, InvalidError
from pentaprism.gateway_process import GatewayProcess, read_settings, write_settings
from pentaprism.sandbox.google import GoogleSandbox
from pentaprism.server import serve
from pentaprism.settings import Settings, load_settings

WAITS = "import sys; sys.stdin.read()"
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('here', file=open(sys.argv[1], 'w'), flush=True); time.sleep(60)"
)


def kept(
    home: Path,
    code: str,
    *arguments: str,
    patience: float = 7.0,
    tick: Callable[[], float] = time.monotonic,
) -> GatewayProcess:
    settings = Settings(database_path=home / "data.db", app_secret_key=SecretStr(KEY))
    command = (sys.executable, "-c", code, *arguments)
    return GatewayProcess(
        settings, host="127.0.0.1", port=0, command=command, patience=patience, tick=tick
    )


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.02)


async def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    gateway = kept(tmp_path, WAITS)
    async with gateway.ended():
        gateway.start()
        await until(lambda: gateway.pid is not None)
        first = gateway.pid
        gateway_dies(gateway)
        await until(lambda: gateway.pid not in {None, first})
        assert gateway.deaths == 1
        assert not gateway.is_failing
    assert gateway.pid is None


def gateway_dies(gateway: GatewayProcess) -> None:
    assert gateway._process is not None
    gateway._process.kill()


async def test_one_that_lives_at_last_works_again(tmp_path: Path) -> None:
    now = 0.0
    code = (
        "import sys; file = open(sys.argv[1], 'a+'); file.write('x'); file.seek(0);"
        "sys.exit(3) if len(file.read()) < 5 else sys.stdin.read()"
    )
    gateway = kept(tmp_path, code, str(tmp_path / "count"), tick=lambda: now)
    await until(lambda: gateway.state == "starts")
    async with gateway.ended():
        gateway.start()
        await until(lambda: gateway.state == "fails")
        await until(lambda: (tmp_path / "count").read_text() == "xxxxx")
        assert gateway.is_failing  # it may die again
        now += 61
        assert gateway.state == "runs"
        gateway_dies(gateway)
        await until(lambda: gateway.deaths == 5)
        assert gateway.deaths_in_a_row == 1


async def test_one_that_cannot_live_is_told_of_and_not_started_without_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    count = tmp_path / "count"
    gateway = kept(
        tmp_path, "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)", str(count)
    )
    async with gateway.ended():
        gateway.start()
        await until(lambda: gateway.is_failing)
        assert gateway.deaths == len(count.read_text()) == 4
        (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert "4 times in a row" in record.getMessage()
        assert "exit code 3" in record.getMessage()
        assert str(gateway.port) in record.getMessage()


async def test_a_program_that_is_not_there_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_path=tmp_path / "data.db")
    command = (str(tmp_path / "nothing"),)
    gateway = GatewayProcess(settings, host="127.0.0.1", port=0, command=command)
    async with gateway.ended():
        gateway.start()
        await until(lambda: gateway.deaths > 0)
    assert "could not be started" in caplog.text


async def test_one_that_will_not_end_is_killed(tmp_path: Path) -> None:
    here = tmp_path / "here"
    gateway = kept(tmp_path, STUBBORN, str(here), patience=0.3)
    async with asyncio.timeout(20), gateway.ended():
        gateway.start()
        await until(here.exists)
        process = gateway._process
        assert process is not None
    assert process.returncode == -9


async def test_it_ends_before_it_has_begun(tmp_path: Path) -> None:
    gateway = kept(tmp_path, WAITS)
    async with asyncio.timeout(20), gateway.ended():
        gateway.start()
        gateway.end()
    assert gateway.pid is None
    async with kept(tmp_path, WAITS).ended():
        pass


async def test_its_settings_are_those_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_CACHE_SIZE", "3MB")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    monkeypatch.setenv("MIRROR_FOLDERS", "/a,/b")
    settings = load_settings(
        database_path=tmp_path / "däta.db", app_secret_key=KEY, trusted_proxies="10.0.0.0/8"
    )
    line = write_settings(settings)
    assert line.count(b"\n") == 1
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("IMMICH_URL", "http://somewhere.else")
    assert read_settings(line) == settings


async def test_no_secret_is_in_its_arguments(tmp_path: Path) -> None:
    gateway = kept(tmp_path, WAITS)
    assert KEY in gateway._settings.decode()
    assert KEY not in " ".join(gateway._command)


@pytest.mark.parametrize("both", [False, True])
async def test_a_port_that_cannot_be_had_is_told_before_anything_is_ready(
    tmp_path: Path, both: bool
) -> None:
    with GoogleSandbox(consent=True) as google, socket.socket() as taken:
        settings = settings_of(tmp_path, google)
        port = free_port()
        if not both:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        gateway_port = port if both else taken.getsockname()[1]
        with pytest.raises((ActionRequiredError, InvalidError)) as caught:
            await serve(settings, host="127.0.0.1", port=port, gateway_port=gateway_port)
        assert caught.value.code == "port"
        assert "--gateway-port" in caught.value.hint
        assert both or f"--gateway-port {gateway_port + 1};" in caught.value.hint
        with socket.socket() as again:
            again.bind(("127.0.0.1", port))
