"""A real nginx with the file of deploy/, before servers of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"


def nginx() -> str:
    """Return the path of nginx; skips the test, aloud, where there is none."""
    found = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip("there is no nginx here: see scripts/nginx.sh")
    return found


@dataclass(frozen=True)
class Front:
    """An nginx that runs: its two ports, and its log."""

    clients: int
    pages: int
    log: Path


def free_ports(count: int) -> list[int]:
    """Return ports that are free now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def configured(home: Path, immich: int, gateway: int, pages: int) -> Front:
    """Write the file of deploy/ with this machine's ports in place of its names."""
    clients, to_pages = free_ports(2)
    front = Front(clients, to_pages, home / "nginx.log")
    text = CONFIGURATION.read_text(encoding="utf-8")
    places = {
        "server immich-server:2283;": f"server 127.0.0.1:{immich};",
        "server gateway:3000;": f"server 127.0.0.1:{gateway};",
        "server web:8080;": f"server 127.0.0.1:{pages};",
        "listen 3000;": f"listen 127.0.0.1:{front.clients};",
        "listen 8080;": f"listen 127.0.0.1:{front.pages};",
        "/dev/stdout": str(front.log),
        "worker_processes auto;": "worker_processes 1;",
        "http {": "http {\n"
        + "".join(
            f"    {kind}_temp_path {home}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }
    for old, new in places.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (home / "nginx.conf").write_text(text, encoding="utf-8")
    return front


def command(home: Path, *more: str) -> list[str]:
    settings = f"daemon off; pid {home}/nginx.pid;"
    return [nginx(), "-p", str(home), "-c", str(home / "nginx.conf"), "-g", settings, *more]


@asynccontextmanager
async def in_front(
    home: Path, immich: int, gateway: int = 1, pages: int = 1
) -> AsyncIterator[Front]:
    """Run nginx before servers at these ports of this machine."""
    front = configured(home, immich, gateway, pages)
    process = await asyncio.create_subprocess_exec(*command(home))
    try:
        for port in (front.clients, front.pages):
            await _until_open(port, process)
        yield front
    finally:
        process.terminate()
        await process.wait()


async def _until_open(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError(f"nginx ended with {process.returncode}")
