"""An original as Immich sends it, and as it should not be sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from scripted_server import Handler, Raw, Request, always, reply

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


def ignore(size: int) -> None:
    """Allocate nothing."""


async def download(client: ImmichClient, target: Target, asset: Asset | None = None) -> Received:
    content = client.content(asset or make_asset())
    return await asyncio.to_thread(content.download_to, target.fd, target.allocate)


def ignoring_range(request: Request) -> Raw:
    del request.headers["range"]
    return original(request)


def changed_part(request: Request, **headers: Any) -> Raw:
    """Answer a Range with 206 and ``headers`` that differ from what was asked for."""
    start = request.first_byte()
    values = {
        "ETag": ETAG,
        "Content_Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}",
        **headers,
    }
    return reply(DATA[start:], 206, **{k: v for k, v in values.items() if v is not None})


WRONG_PARTS: dict[str, Handler] = {
    "ignored": ignoring_range,
    "no Content-Range": partial(changed_part, Content_Range=None),
    "other start": partial(changed_part, Content_Range=f"bytes 0-{len(DATA) - 1}/{len(DATA)}"),
    "other total": partial(changed_part, Content_Range=f"bytes 1000-{len(DATA) - 1}/9999999"),
    "total unknown": partial(changed_part, Content_Range=f"bytes 1000-{len(DATA) - 1}/*"),
    "other length": partial(changed_part, Content_Range=f"bytes 1000-2000/{len(DATA)}"),
    "other file": partial(changed_part, ETag='W/"other"'),
    "416": always(reply({"message": "Range Not Satisfiable"}, 416)),
    "Immich's 404": always(reply({"message": "Not Found"}, 404, Content_Range="bytes */5")),
}


def chunked(request: Request, *, cut: bool = False) -> Raw:
    size = 100_000
    pieces = [DATA[at : at + size] for at in range(0, len(DATA), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Raw(head + (body[: len(body) // 2] if cut else body), hang_up=cut)
