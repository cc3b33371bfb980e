"""What the browser loads beside the pages: style sheets, modules and pictures of our own.

The tree is small, so it is read into memory once. Its address holds a digest of all of it, which
makes every answer good for ever, and lets modules import one another by relative path.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pentaprism.errors import NotFoundError

STATIC = Path(__file__).with_name("static")
"""The folder that ships with the package."""

FOR_EVER = "public, max-age=31536000, immutable"
"""What caches may do with an address that holds the digest of its content."""

ASK_AGAIN = "public, no-cache"
"""What caches may do with any other address: keep it, but ask whether it has changed."""

# The machine's own table of types may be missing or wrong, and modules do not run under another.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_DIGEST = 12
_WORTH_PACKING = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, plain and packed (None where packing does not pay), and its type."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


class Assets:
    """The files of one folder, read once; an ASGI application that answers ``/DIGEST/NAME``.

    Mount it at `prefix`. A name without the digest, or with the digest of another version, is
    answered with what is there now, and is asked for again each time.
    """

    def __init__(self, folder: Path = STATIC, *, prefix: str = "/static") -> None:
        self.prefix = prefix
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES and path.is_file()
        }
        told = hashlib.sha256()
        for name, asset in self._files.items():
            told.update(f"{name}\0{asset.etag}\0".encode())
        self.version = told.hexdigest()[:_DIGEST]

    def path(self, name: str) -> str:
        """Return where ``name`` is served, below the base path. Raises NotFoundError."""
        if name not in self._files:
            raise NotFoundError(
                f"The file {name}, which the pages load, is not there.",
                code="asset_missing",
                hint="Run `make run` once: it fetches what the pages need.",
            )
        return f"{self.prefix}/{self.version}/{name}"

    def get(self, name: str) -> Asset | None:
        """Return the file of that name; None when there is none."""
        return self._files.get(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a file."""
        await self._answer(Request(scope, receive))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse(
                "Method not allowed", status_code=405, headers={"allow": "GET, HEAD"}
            )
        # Mounted, the path keeps its prefix, and root_path names what of it is not ours.
        root = request.scope.get("root_path", "")
        path = request.scope["path"].removeprefix(root).removeprefix(self.prefix).lstrip("/")
        version, _, rest = path.partition("/")
        lasting = version == self.version
        asset = self.get(rest) or self.get(path)
        if asset is None:
            return PlainTextResponse("Not found", status_code=404)
        headers = {
            "cache-control": FOR_EVER if lasting else ASK_AGAIN,
            "etag": asset.etag,
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        body = asset.body
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = asset.packed, "gzip"
        return Response(
            body, media_type=None, headers={**headers, "content-type": asset.media_type}
        )


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0) if len(body) > _WORTH_PACKING else None
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST]
    return Asset(body, packed, _TYPES[path.suffix], f'"{digest}"')
