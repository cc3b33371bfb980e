"""Assets and their bytes, made from a text, for tests of destinations."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from pentaprism.assets import Album, Asset, Checksum, MediaType, Received, Role
from pentaprism.destinations.base import Part, RemoteItem, Shot
from pentaprism.errors import PermanentError

TAKEN = datetime(2021, 7, 4, 12, 30, 15, 250000, tzinfo=UTC)


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


class Bytes:
    """A `Content` whose bytes are at hand; it counts how often they were asked for."""

    def __init__(self, data: bytes, *, verified: bool = True) -> None:
        self.data = data
        self.reads = 0
        self.received = 0
        self._verified = verified

    async def size(self) -> int:
        return len(self.data)

    async def stream(self, offset: int = 0) -> AsyncIterator[bytes]:
        self.reads += 1
        yield self.data[offset:]

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        self.reads += 1
        allocate(len(self.data))
        written = 0
        while written < len(self.data):
            written += os.write(fd, self.data[written : written + 65536])
        return Received(len(self.data), sha1(self.data), self._verified)


class Broken(Bytes):
    """A `Content` that fails after half of its bytes."""

    async def stream(self, offset: int = 0) -> AsyncIterator[bytes]:
        yield self.data[offset : len(self.data) // 2]
        raise PermanentError("The bytes are not what was promised.", code="wrong_bytes")

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        allocate(len(self.data))
        os.write(fd, self.data[: len(self.data) // 2])
        raise PermanentError("The bytes are not what was promised.", code="wrong_bytes")


def make_asset(data: bytes, filename: str = "a.jpg", *, of_content: bool = True) -> Asset:
    checksum = Checksum(sha1(data if of_content else b"path:" + data), of_content)
    return Asset(
        id=sha1(data).hex(),
        owner_id="owner",
        filename=filename,
        media_type=MediaType.IMAGE,
        mime_type="image/jpeg",
        checksum=checksum,
        taken_at=TAKEN,
        local_taken_at=TAKEN.replace(tzinfo=None),
        created_at=TAKEN,
        updated_at=TAKEN,
        library_id=None if of_content else "library",
    )


def make_album(name: str) -> Album:
    return Album(
        id="album-1",
        name=name,
        description="",
        asset_count=0,
        owner_id="owner",
        owner_name="Ann",
        shared=False,
        updated_at=TAKEN,
    )


def make_part(
    path: str,
    data: bytes,
    *,
    role: Role = Role.PRIMARY,
    replaces: RemoteItem | None = None,
    asset: Asset | None = None,
    content: Bytes | None = None,
    twin: str | None = None,
) -> Part:
    if role is Role.SIDECAR:
        return Part(role, asset or make_asset(b"picture"), PurePosixPath(path), data=data,
                    replaces=replaces)  # fmt: skip
    return Part(
        role,
        asset or make_asset(data, PurePosixPath(path).name),
        PurePosixPath(path),
        content=content or Bytes(data),
        replaces=replaces,
        twin=twin,
    )


def one(path: str, data: bytes, *, replaces: RemoteItem | None = None) -> Shot:
    """Return a shot of one file."""
    return Shot((make_part(path, data, replaces=replaces),))


def live(stem: str, still: bytes, video: bytes) -> Shot:
    """Return a live photo."""
    return Shot(
        (
            make_part(f"{stem}.heic", still),
            make_part(f"{stem}.mov", video, role=Role.VIDEO),
        )
    )


def taken_at(part: Part, instant: datetime) -> Part:
    """Return ``part`` with another time of capture."""
    return replace(part, asset=replace(part.asset, taken_at=instant))
