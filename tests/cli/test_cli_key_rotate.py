"""``pentaprism key rotate``: another key, and every credential still in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine, Place

from pentaprism.store import generate_key


@pytest.fixture
def connected(place: Place, pentaprism: CommandLine) -> Place:
    """An Immich that is saved as a connection."""
    pentaprism.done("connect")
    return place


def test_the_key_file_gets_another_key(
    connected: Place, pentaprism: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "pentaprism.db.key"
    before = file.read_text(encoding="ascii").strip()
    ended = pentaprism.done("key", "rotate")
    assert ended.out.startswith("1 credential is encrypted with a new key")
    new, kept = file.read_text(encoding="ascii").strip().split(",")
    assert kept == before != new
    assert new not in ended.out + ended.err
    assert pentaprism.done("key", "rotate", "--json").json == {"credentials": 1, "key": "file"}
    assert pentaprism.done("albums", "--json").json


def test_a_new_key_in_front_in_the_setting(
    place: Place, pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = generate_key(), generate_key()
    monkeypatch.setenv("APP_SECRET_KEY", old)
    pentaprism.done("connect")
    ended = pentaprism("key", "rotate", "--json")
    assert (ended.code, ended.error) == (2, "one_key")
    monkeypatch.setenv("APP_SECRET_KEY", f"{new},{old}")
    assert "Take the other keys out" in pentaprism.done("key", "rotate").out
    assert pentaprism.done("key", "rotate", "--json").json == {"credentials": 1, "key": "setting"}
    monkeypatch.setenv("APP_SECRET_KEY", new)
    for name in ("IMMICH_URL", "IMMICH_API_KEY"):
        monkeypatch.delenv(name)
    assert pentaprism.done("albums", "--json").json
