"""Measures a mirror to a folder against peers, in one run; `bench/README.md` tells how to read it.

Needs Debian's nginx, rclone and curl. Everything happens on loopback and below ``--work``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import typing
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import Cost, in_turn, ratio, run, then_sync

HERE = Path(__file__).resolve().parent
PENTAPRISM = [sys.executable, "-m", "pentaprism"]
NGINX = """
worker_processes 1;
daemon off;
pid {work}/nginx.pid;
error_log {work}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  client_body_temp_path {work}/nginx-body;
  proxy_temp_path {work}/nginx-proxy;
  fastcgi_temp_path {work}/nginx-fastcgi;
  uwsgi_temp_path {work}/nginx-uwsgi;
  scgi_temp_path {work}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port};
    root {work};
    default_type image/jpeg;
    location /files/ {{ autoindex on; }}
    location ~ ^/api/assets/([0-9a-f-]+)/original$ {{ alias {work}/files/$1; }}
    location /api/ {{ proxy_pass http://127.0.0.1:{listing}; }}
  }}
}}
"""


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=HERE / ".work")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("parts", nargs="*", default=["large", "small", "rerun", "memory"])
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[], None]] = {
        "large": lambda: transfers(work, 2_000, 1 << 20, arguments.rounds),
        "small": lambda: transfers(work, 20_000, 50_000, arguments.rounds),
        "rerun": lambda: rerun(work, 100_000, arguments.rounds),
        "memory": lambda: memory(work),
    }
    for part in arguments.parts:
        parts[part]()


def transfers(work: Path, count: int, size: int, rounds: int) -> None:
    """Compare a first mirror run with rclone and curl, each followed by hashing and by sync.

    Every round writes to a new folder, and nothing is deleted before the end: ext4 makes files
    slowly for minutes after many were deleted, which would hit whoever comes next.
    """
    print(f"{count:,} files of {size:,} bytes from one nginx, each followed by sync")
    files, targets, log = work / "files", work / "targets", work / "log.txt"
    remove(files, targets)
    files.mkdir()
    targets.mkdir()
    for _ in range(count):
        (files / str(uuid.uuid4())).write_bytes(os.urandom(size))
    names = sorted(file.name for file in files.iterdir())
    os.sync()
    numbers = itertools.count()

    def new_target() -> Path:
        target = targets / str(next(numbers))
        target.mkdir()
        return target

    def sums(target: Path) -> list[str]:
        return ["sh", "-c", f"find {target} -type f -print0 | xargs -0 sha1sum >{work}/sums.txt"]

    with front(work) as url:

        def ours() -> Cost:
            target = new_target()
            env = environment(target.with_suffix(".db"), url)
            return then_sync(run(mirror("Bench", target / "photos"), log=log, env=env))

        def rclone() -> Cost:
            target = new_target()
            source = ["--http-url", f"{url}/files/", ":http:"]
            copy = ["rclone", "copy", "--config", os.devnull, "--transfers", "8", *source]
            return then_sync(run([*copy, str(target)], log=log) + run(sums(target), log=log))

        def curl() -> Cost:
            target = new_target()
            config = work / "curl.txt"
            config.write_text(
                "".join(f'url = "{url}/files/{n}"\noutput = "{target}/{n}"\n' for n in names)
            )
            fetch = ["curl", "-s", "--parallel", "--parallel-max", "8", "-K", str(config)]
            return then_sync(run(fetch, log=log) + run(sums(target), log=log))

        contestants = {"pentaprism": ours, "rclone + sha1sum": rclone, "curl + sha1sum": curl}
        costs = in_turn(contestants, rounds=rounds)
        for peer in ("rclone + sha1sum", "curl + sha1sum"):
            print(f"  ours / {peer}: {ratio(costs['pentaprism'], costs[peer])}")
    remove(files, targets)


def rerun(work: Path, count: int, rounds: int) -> None:
    """Compare a run without changes with the bare reading of the same listing."""
    print(f"A run without changes over {count:,} assets, against the bare listing")
    target, log = work / "target", work / "log.txt"
    remove(work / "ours.db", work / "ours.db-wal", work / "ours.db-shm", target)
    with sandbox(count) as ready:
        env = environment(work / "ours.db", ready["url"], ready["api_key"])
        album = max(ready["albums"], key=lambda a: a["assets"])
        first = run(mirror(album["name"], target), log=log, env=env)
        print(f"  first run: {first.wall:.1f} s")
        before = downloads(ready["url"])
        bare = [sys.executable, str(HERE / "bare_listing.py"), ready["url"], ready["api_key"]]
        costs = in_turn(
            {
                "pentaprism, no changes": lambda: run(
                    mirror(album["name"], target), log=log, env=env
                ),
                "bare listing": lambda: run([*bare, album["id"]], log=log),
            },
            rounds=rounds,
        )
        ours, listing = costs["pentaprism, no changes"], costs["bare listing"]
        print(f"  ours / bare listing: {ratio(ours, listing)}")
        print(f"  originals downloaded by the re-runs: {downloads(ready['url']) - before}")
    remove(target)


def memory(work: Path) -> None:
    """Print how far the largest resident size is above that of a run with nothing to do."""
    print("Memory above the idle program (a run over an empty album)")
    idle = peak(work, 50, "Empty")
    print(f"  idle program: {idle:.0f} MB")
    for label, count, extra in (
        ("10,000 assets", 10_000, []),
        ("100,000 assets", 100_000, []),
        ("a video of 2 GB", 50, ["--big-video", "2000000000"]),
    ):
        print(f"  {label}: {peak(work, count, None, *extra) - idle:+.0f} MB", flush=True)


def peak(work: Path, count: int, album: str | None, *extra: str) -> float:
    """Return the largest resident size in MB of a first mirror run."""
    target = work / "target"
    remove(work / "ours.db", work / "ours.db-wal", work / "ours.db-shm", target)
    with sandbox(count, *extra) as ready:
        name = album or max(ready["albums"], key=lambda a: a["assets"])["name"]
        env = environment(work / "ours.db", ready["url"], ready["api_key"])
        cost = run(mirror(name, target), log=work / "log.txt", env=env)
    remove(target)
    return cost.peak


def mirror(album: str, target: Path) -> list[str]:
    """Return the command that mirrors ``album`` to ``target``."""
    return [*PENTAPRISM, "mirror", album, "--to", f"folder:{target}", "--json"]


def environment(database: Path, url: str, api_key: str = "bench") -> dict[str, str]:
    """Return the settings for a database of the benchmark's own."""
    return {
        "DATABASE_PATH": str(database),
        "IMMICH_URL": url,
        "IMMICH_API_KEY": api_key,
    }


@contextmanager
def front(work: Path) -> Iterator[str]:
    """Serve ``work/files`` by nginx, with the listing server behind it; yield the address."""
    port, listing = free_port(), free_port()
    config = work / "nginx.conf"
    config.write_text(NGINX.format(work=work, port=port, listing=listing))
    server = [sys.executable, str(HERE / "listing_server.py"), str(work / "files"), str(listing)]
    with started(server) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with started(["nginx", "-c", str(config)]):
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/api/server/ping")
            yield url


@contextmanager
def sandbox(count: int, *extra: str) -> Iterator[dict[str, typing.Any]]:
    """Run the sandbox Immich with ``count`` assets; yield what it says of itself."""
    command = [*PENTAPRISM, "sandbox", "immich", "--port", str(free_port()), "--seed", "1"]
    with started([*command, "--assets", str(count), "--json", *extra]) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` for as long as the context lasts."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def downloads(url: str) -> int:
    """Return how many originals the sandbox has served."""
    with urllib.request.urlopen(f"{url}/sandbox/requests") as reply:
        return int(json.load(reply)["original"]["requests"])


def wait_for(url: str) -> None:
    """Wait until ``url`` answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def remove(*paths: Path) -> None:
    """Delete files and folders of the benchmark's own."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
