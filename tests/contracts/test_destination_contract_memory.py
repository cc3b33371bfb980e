from __future__ import annotations

import pytest
from destination_contract import FileContract

from pentaprism.destinations.base import Destination, Opening
from pentaprism.destinations.memory import MemoryFile, MemoryPlace, memory_type
from pentaprism.destinations.registry import parse_spec


class PlaceInMemory:
    def __init__(self) -> None:
        self.there = MemoryPlace()
        self._type = memory_type({"x": self.there})
        self._clock = 2_000_000_000_000_000_000

    def open(self, opening: Opening) -> Destination:
        destination, options = parse_spec("memory:x", {"memory": self._type})
        return destination.open(options, opening)

    def read(self, path: str) -> bytes | None:
        file = self.there.files.get(path)
        return file.data if file else None

    def write(self, path: str, data: bytes, *, keep_time: bool = False) -> None:
        self._clock += 1
        mtime_ns = self.there.files[path].mtime_ns if keep_time else self._clock
        self.there.files[path] = MemoryFile(data, mtime_ns)

    def delete(self, path: str) -> None:
        del self.there.files[path]

    def shown(self) -> list[str]:
        return self.paths()

    def paths(self) -> list[str]:
        return sorted(self.there.files)

    def temporary(self) -> int:
        return 0


class TestMemory(FileContract):
    @pytest.fixture
    def place(self) -> PlaceInMemory:
        return PlaceInMemory()
