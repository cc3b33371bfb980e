"""Downloads to a file descriptor, over servers that behave and servers that do not."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_server import KEY, Raw, Request, reply

from pentaprism.assets import Asset, Checksum, MediaType, Received
from pentaprism.immich import ImmichClient

TIME = datetime(2024, 1, 1, tzinfo=UTC)
ID = "7a63c716-5781-4c03-9479-ea6a43d3f60e"
DATA = bytes(range(256)) * 4096  # 1 MiB
OTHER = bytes(reversed(DATA))
ETAG = 'W/"17911-18cc251f400"'


def make_asset(data: bytes = DATA, *, of_content: bool = True, **changes: Any) -> Asset:
    values: dict[str, Any] = {
        "id": ID,
        "owner_id": "",
        "filename": "IMG_0001.jpg",
        "media_type": MediaType.IMAGE,
        "mime_type": "image/jpeg",
        "checksum": Checksum(hashlib.sha1(data).digest(), of_content),
        "taken_at": TIME,
        "local_taken_at": TIME.replace(tzinfo=None),
        "created_at": TIME,
        "updated_at": TIME,
    }
    return Asset(**{**values, **changes})


def original(
    request: Request, data: bytes = DATA, *, cut: int | None = None, etag: str = ETAG
) -> Raw:
    """Answer as Immich does; with ``cut``, break off after so many bytes of the body."""
    start = request.first_byte()
    headers: dict[str, Any] = {"ETag": etag, "Content_Type": "image/jpeg"}
    part = "range" in request.headers and request.headers.get("if-range", etag) == etag
    body = data[start:] if part else data
    if part:
        headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    headers["Content_Length"] = len(body)
    kept = body if cut is None else body[:cut]
    return reply(kept, 206 if part else 200, hang_up=cut is not None, **headers)


class Target:
    """A file to download to, and the sizes that were allocated."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT)
        self.path = path
        self.allocated: list[int] = []

    def allocate(self, size: int) -> None:
        self.allocated.append(size)
        os.ftruncate(self.fd, size)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    made = Target(tmp_path / "file")
    yield made
    os.close(made.fd)


async def download(client: ImmichClient, target: Target, asset: Asset | None = None) -> Received:
    content = client.content(asset or make_asset())
    return await asyncio.to_thread(content.download_to, target.fd, target.allocate)


async def test_a_file_comes_whole_and_verified(serve: Any, connect: Any, target: Target) -> None:
    server = serve(original)
    received = await download(connect(server.url), target)
    assert received == Received(len(DATA), hashlib.sha1(DATA).digest(), True)
    assert target.path.read_bytes() == DATA
    assert target.allocated == [len(DATA)]
    [request] = server.requests
    assert request.path == f"/api/assets/{ID}/original"
    assert request.headers["x-api-key"] == KEY
    assert "range" not in request.headers
