from __future__ import annotations

import os
from pathlib import Path

import pytest
from destination_contract import FileContract

from pentaprism.destinations.base import Destination, Opening
from pentaprism.destinations.registry import parse_spec


class PlaceOnDisk:
    def __init__(self, root: Path) -> None:
        self.root = root

    def open(self, opening: Opening) -> Destination:
        destination, options = parse_spec(f"folder:{self.root}")
        return destination.open(options, opening)

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes, *, keep_time: bool = False) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.stat().st_mtime_ns if keep_time else None
        file.write_bytes(data)
        if before is not None:
            os.utime(file, ns=(before, before))

    def delete(self, path: str) -> None:
        (self.root / path).unlink()

    def shown(self) -> list[str]:
        return self.paths()

    def paths(self) -> list[str]:
        files = (file.relative_to(self.root) for file in self.root.rglob("*") if file.is_file())
        return sorted(str(file) for file in files if file.parts[0] != ".pentaprism")

    def temporary(self) -> int:
        return len(list((self.root / ".pentaprism/tmp").iterdir()))


class TestLocalFolder(FileContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> PlaceOnDisk:
        return PlaceOnDisk(tmp_path / "photos")
