"""ExifTool reads what the libraries do not, where it is installed."""

# ruff: noqa: DTZ001 (times of capture are naive)

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

import media_samples as samples
import pytest

from pentaprism.groups.files import Precision
from pentaprism.library.metadata.exiftool import ExifTool

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="ExifTool is not installed"
)
ODD_NAMES = [
    b"plain.jpg", b"-dash.jpg", b"caf\xe9.jpg", b'quote".jpg', b"back\\nslash.jpg", b"$dollar.jpg",
    b"@at.jpg", b"%d.jpg", b"#hash.jpg", b" space .jpg", b"a=b.jpg", b"*.jpg",
]  # fmt: skip


@needs_exiftool
@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_is_read(tmp_path: Path, name: bytes) -> None:
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
    Path(path).write_bytes(samples.jpeg(samples.CAMERA | samples.TAKEN))
    tool = ExifTool()
    try:
        found = tool.read(path)
    finally:
        tool.close()
    assert found is not None
    assert (found.taken_at, found.precision) == (
        datetime(2021, 7, 4, 12, 30, 15, 250_000),
        Precision.SUBSECOND,
    )
    assert (found.camera, found.mime_type) == ("PENTAX K-1", "image/jpeg")
    assert (found.width, found.height) == (samples.WIDTH, samples.HEIGHT)


@needs_exiftool
def test_one_process_answers_for_many_files(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(samples.clip("mp4", {"creation_time": "2021-07-04T12:30:15Z"}))
    (tmp_path / "b.jpg").write_bytes(b"nonsense" * 50)
    tool = ExifTool()
    try:
        for _ in range(3):
            found = tool.read(str(clip))
            assert found is not None
            assert (found.taken_at, found.in_utc) == (datetime(2021, 7, 4, 12, 30, 15), True)
            assert tool.read(str(tmp_path / "b.jpg")) is None
            assert tool.read(str(tmp_path / "gone.jpg")) is None
    finally:
        tool.close()


@needs_exiftool
@pytest.mark.parametrize("name", ["two\nlines.jpg", "x\n-execute\n.jpg", "return\r.jpg"])
def test_a_line_break_is_no_request(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(samples.jpeg(samples.TAKEN))
    assert ExifTool().read(str(path)) is None


def test_without_it_nothing_is_read(tmp_path: Path) -> None:
    assert ExifTool("/nowhere/exiftool").read(str(tmp_path)) is None


def test_one_that_dies_is_not_asked_again(tmp_path: Path) -> None:
    program = tmp_path / "exiftool"
    program.write_text(f"#!{sys.executable}\nopen({str(tmp_path / 'runs')!r}, 'a').write('x')\n")
    program.chmod(0o755)
    tool = ExifTool(str(program))
    assert tool.read("a.jpg") is None
    assert tool.read("b.jpg") is None
    assert (tmp_path / "runs").read_text() == "x"
