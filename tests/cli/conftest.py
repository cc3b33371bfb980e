"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine, Place

from pentaprism.sandbox.immich import Sandbox

OURS = ("IMMICH_", "GOOGLE_", "APP_", "LOG_LEVEL", "COLUMNS", "NO_COLOR", "FORCE_COLOR")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that knows of no Immich, with a database of its own."""
    for name in list(os.environ):
        if name.startswith(
            ("IMMICH_", "GOOGLE_", "APP_", "LOG_LEVEL", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it remembers the TMPDIR of before
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "data" / "pentaprism.db"))
    monkeypatch.setenv("IMMICH_RETRIES", "0")


@pytest.fixture
def pentaprism(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An Immich with twelve plain pictures in its album Holiday."""
    with Sandbox(assets=12, hostile=False, jpeg_only=True) as running:
        yield running


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """That Immich, known from the environment, and a folder that is not there yet."""
    monkeypatch.setenv("IMMICH_URL", sandbox.url)
    monkeypatch.setenv("IMMICH_API_KEY", sandbox.api_key)
    return Place(sandbox, tmp_path / "mirror")


@pytest.fixture
def mirrored(place: Place, pentaprism: CommandLine) -> Place:
    """The same, mirrored once."""
    pentaprism.done("mirror", "Holiday", "--to", place.to)
    return place
