"""``duplicates`` without a folder: what the index knows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import CommandLine
from media_folders import LONG_AGO, put
from painted import photo_like

from pentaprism.cli.exits import Exit


def jpeg(seed: int, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    photo_like(seed, (320, 240)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with two equal files, two of another picture, and one that cannot be read."""
    top = tmp_path / "media"
    for place, data in {
        "a.jpg": jpeg(1), "copies/a.jpg": jpeg(1), "b.jpg": jpeg(2), "copies/b.jpg": jpeg(2, 40),
        "other.jpg": jpeg(3), "empty.jpg": b"",
    }.items():  # fmt: skip
        put(top / place, data, LONG_AGO)
    return top


def test_the_index_has_what_its_folders_have(pentaprism: CommandLine, media: Path) -> None:
    empty = pentaprism.done("duplicates")
    assert empty.out == "No duplicates.\n"
    assert "pentaprism duplicates DIR" in empty.err
    pentaprism.done("scan", media)
    assert pentaprism.done("duplicates", "--json").json["groups"] == []
    assert "--scan" in pentaprism.done("duplicates").err
    told = pentaprism.done("duplicates", "--scan", "--json").json
    now = pentaprism.done("duplicates", media, "--json").json
    assert _comparable(told) == _comparable(now)
    assert told["unreadable"] == [{"path": str(media / "empty.jpg"), "reason": "empty"}]
    assert pentaprism.done("duplicates", "--json").json == told
    shown = pentaprism.done("duplicates", "--label", "identical")
    assert f"keep  {media}/a.jpg" in shown.out
    assert "1 group, 1 duplicate" in shown.out
    assert "b.jpg" not in shown.out


def _comparable(told: dict[str, list[dict[str, object]]]) -> Sequence[object]:
    """Leave out what is only hashed where folders are looked at: files of another size."""
    return sorted(
        (group["label"], group["keeper"], [(m["path"], m["phash"], m["score"]) for m in members])
        for group in told["groups"]
        if isinstance(members := group["members"], list)
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--distance", "4"],
        ["--exact"],
        ["--symmetries"],
        ["--workers", "1"],
        ["--keeper-rules", "x.toml"],
        ["--scan", "."],
    ],
)
def test_what_the_settings_decide_is_not_for_options(
    words: list[str], pentaprism: CommandLine
) -> None:
    ended = pentaprism("duplicates", *words, "--json")
    assert (ended.code, ended.error) == (Exit.USAGE, "usage")
