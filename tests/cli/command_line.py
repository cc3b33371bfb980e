"""The command line as tests use it: in this process, or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pentaprism.cli import run
from pentaprism.sandbox.immich import Sandbox

PROGRAM = [sys.executable, "-m", "pentaprism"]


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line on standard output, decoded."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the error on standard output."""
        assert set(self.json) == {"error"}
        assert set(self.json["error"]) == {"code", "message", "hint"}
        assert self.json["error"]["message"]
        return str(self.json["error"]["code"])


class CommandLine:
    """Runs commands in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: object) -> Ended:
        self._capture.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self._capture.readouterr()
        assert "Traceback" not in out + err
        return Ended(code, out, err)

    def done(self, *arguments: object) -> Ended:
        """Run a command that has to end well."""
        ended = self(*arguments)
        assert ended.code == 0, ended
        return ended


@dataclass
class Place:
    """A sandbox, and a folder to mirror its album to."""

    sandbox: Sandbox
    folder: Path

    @property
    def to(self) -> str:
        return f"folder:{self.folder}"

    @property
    def holiday(self) -> list[str]:
        """The ids of the album's assets."""
        return list(self.sandbox.library.album_named("Holiday").assets)

    def leave(self, count: int) -> None:
        """Let assets leave the album."""
        library = self.sandbox.library
        library.remove_from_album(library.album_named("Holiday").id, self.holiday[:count])

    def files(self) -> list[str]:
        """The mirrored files, as paths below the folder."""
        found = (file.relative_to(self.folder) for file in self.folder.rglob("*") if file.is_file())
        return sorted(str(file) for file in found if file.parts[0] != ".pentaprism")


def start(
    *arguments: object, environ: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    command = [*PROGRAM, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, env={**os.environ, **(environ or {})}, text=True, **options)
