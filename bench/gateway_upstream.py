"""What stands where Immich would: nginx with files, and a server that takes uploads.

The replies have the shape, the size and the headers of Immich's. Their bytes are made up.
"""

from __future__ import annotations

import gzip
import json
import random
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

PAGES, PAGE = 40, 250
"""How many pages a search has, and how many assets a page."""

SHOWN = 100
"""How many thumbnails a browser loads for each reply of the timeline."""

SMALL, LARGE = "30000000-0000-4000-8000-000000000000", "50000000-0000-4000-8000-000000000000"
"""Assets of 30 KB and of 5 MB; their replies do not allow to keep them."""

LARGE_SIZE = 5_000_000
THUMBNAILS, THUMBNAIL = 400, 12_000
USER_ID = "0e2a4b0c-5d1e-4f6a-8b7c-9d0e1f2a3b4c"
_DATE = "2024-07-14T07:12:33.250Z"

_CONFIG = """
worker_processes 1;
daemon off;
pid {work}/upstream.pid;
error_log {work}/upstream.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=4000 inactive=1h;
  open_file_cache_valid 1h;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_temp_path {work}/upstream-body;
  proxy_temp_path {work}/upstream-proxy;
  fastcgi_temp_path {work}/upstream-fastcgi;
  uwsgi_temp_path {work}/upstream-uwsgi;
  scgi_temp_path {work}/upstream-scgi;
  types {{ }}
  default_type "application/json; charset=utf-8";
  server {{
    listen 127.0.0.1:{port};
    root {work}/files;
    add_header X-Powered-By Express;
    add_header X-Correlation-Id lvo9nseu;
    location = /api/users/me {{ try_files /me.json =404; }}
    location = /api/search/metadata {{ error_page 405 =200 /search/$arg_page.json; return 405; }}
    location = /api/timeline/bucket {{ try_files /buckets/$arg_timeBucket.json =404; }}
    gzip_static on;
    gzip_vary on;
    location ~ ^/api/assets/([0-9a-f-]+)/thumbnail$ {{
      default_type image/webp;
      add_header X-Powered-By Express;
      add_header X-Correlation-Id lvo9nseu;
      add_header Cache-Control "private, max-age=86400, no-transform, {stale}";
      alias {work}/files/thumbnails/$1;
    }}
    location /api/assets/ {{
      default_type image/jpeg;
    }}
    location = /api/assets {{
      proxy_pass http://127.0.0.1:{sink};
      proxy_http_version 1.1;
      proxy_request_buffering off;
    }}
  }}
}}
"""
_STALE = "stale-while-revalidate=2592000, stale-if-error=2592000"


class Library(NamedTuple):
    """The assets of each page of the search, and those that have thumbnails."""

    pages: list[list[str]]
    thumbnails: list[str]


def write_files(work: Path) -> Library:
    """Write all replies below ``work``/files; the same ones each time."""
    rng = random.Random(7)
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(PAGES * PAGE)]
    pages = [ids[at : at + PAGE] for at in range(0, len(ids), PAGE)]
    files = work / "files"
    for number, page in enumerate(pages):
        _write_json(files / "search" / f"{number}.json", _search_reply(page, number, rng))
        _write_json(files / "buckets" / f"{number}.json", _bucket(page[:SHOWN], rng))
    _write(files / "me.json", json.dumps(_USER).encode())
    _write(files / "api/api-keys/me", json.dumps({"permissions": ["all"]}).encode())
    _write(files / "api/users/me/preferences", _preferences())
    _write(files / f"api/assets/{SMALL}/original", rng.randbytes(30_000))
    _write(files / f"api/assets/{LARGE}/original", rng.randbytes(LARGE_SIZE))
    for id_ in ids[:THUMBNAILS]:
        _write(files / "thumbnails" / id_, rng.randbytes(THUMBNAIL))
    return Library(pages, ids[:THUMBNAILS])


_USER = {
    "id": USER_ID,
    "name": "Bench",
    "email": "bench@example.test",
    "profileImagePath": "",
    "avatarColor": "primary",
    "isAdmin": True,
    "status": "active",
}


def _preferences() -> bytes:
    body = {"folders": {"enabled": True, "sidebarWeb": False}, "memories": {"enabled": True}}
    text = json.dumps(body)
    return json.dumps(body | {"note": "x" * (1024 - len(text) - len(', "note": ""'))}).encode()


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _write_json(path: Path, value: Any) -> None:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    _write(path, body)
    _write(path.with_name(path.name + ".gz"), gzip.compress(body, 6))


def _search_reply(ids: list[str], page: int, rng: random.Random) -> dict[str, Any]:
    empty = {"total": 0, "count": 0, "items": [], "facets": []}
    items = [_asset(id_, page * PAGE + number, rng) for number, id_ in enumerate(ids)]
    found = {"total": len(items), "count": len(items), "items": items, "facets": []}
    return {"albums": empty, "assets": found | {"nextPage": str(page + 2)}}


def _asset(id_: str, number: int, rng: random.Random) -> dict[str, Any]:
    name = f"IMG_{number:04}.HEIC"
    path = f"/data/upload/{USER_ID}/{id_[:2]}/{id_[2:4]}/{id_}.HEIC"
    return {
        "id": id_,
        "createdAt": _DATE,
        "ownerId": USER_ID,
        "libraryId": None,
        "type": "IMAGE",
        "originalPath": path,
        "originalFileName": name,
        "originalMimeType": "image/heic",
        "thumbhash": rng.randbytes(21).hex()[:28],
        "fileCreatedAt": _DATE,
        "fileModifiedAt": _DATE,
        "localDateTime": _DATE,
        "updatedAt": _DATE,
        "isFavorite": rng.random() < 0.05,
        "isArchived": False,
        "isTrashed": False,
        "visibility": "timeline",
        "duration": None,
        "exifInfo": _exif(rng),
        "livePhotoVideoId": None,
        "people": [],
        "checksum": rng.randbytes(14).hex(),
        "isOffline": False,
        "hasMetadata": True,
        "duplicateId": None,
        "resized": True,
        "width": 4032,
        "height": 3024,
        "isEdited": False,
    }


def _exif(rng: random.Random) -> dict[str, Any]:
    return {
        "make": "Apple",
        "model": "iPhone 15",
        "exifImageWidth": 4032,
        "exifImageHeight": 3024,
        "fileSizeInByte": rng.randrange(1_000_000, 4_000_000),
        "orientation": "6",
        "dateTimeOriginal": "2024-07-14T07:12:33.25+00:00",
        "modifyDate": "2024-07-14T07:12:33+00:00",
        "timeZone": "UTC+2",
        "lensModel": None,
        "fNumber": 1.6,
        "focalLength": 5.96,
        "iso": rng.randrange(50, 3200),
        "exposureTime": f"1/{rng.randrange(30, 4000)}",
        "latitude": None,
        "longitude": None,
        "city": None,
        "state": None,
        "country": None,
        "description": "",
        "projectionType": None,
        "rating": None,
    }


def _bucket(ids: list[str], rng: random.Random) -> dict[str, list[Any]]:
    every = range(len(ids))
    return {
        "duration": [None for _ in every],
        "id": ids,
        "visibility": ["timeline" for _ in every],
        "isFavorite": [False for _ in every],
        "isImage": [True for _ in every],
        "isTrashed": [False for _ in every],
        "livePhotoVideoId": [None for _ in every],
        "fileCreatedAt": ["2024-07-14T07:12:33.25" for _ in every],
        "localOffsetHours": [2 for _ in every],
        "createdAt": ["2024-07-14T07:12:33.250116" for _ in every],
        "ownerId": [USER_ID for _ in every],
        "projectionType": [None for _ in every],
        "ratio": [1.3333 for _ in every],
        "status": ["active" for _ in every],
        "thumbhash": [rng.randbytes(21).hex()[:28] for _ in every],
        "city": ["Berlin" for _ in every],
        "country": ["Germany" for _ in every],
    }


class _Sink(BaseHTTPRequestHandler):
    """Takes an upload, and answers with the number of bytes that came."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        left = total = int(self.headers["Content-Length"])
        buffer = memoryview(bytearray(1 << 20))
        while left:
            got = self.connection.recv_into(buffer[: min(left, len(buffer))])
            if not got:
                return
            left -= got
        body = str(total).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tell nothing of single requests."""

    # Nothing of the body may be read together with the head: it is read from the socket.
    rbufsize = 0


def _start_sink() -> int:
    """Take uploads on a port of its own, in a thread; return the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def config(work: Path, port: int) -> str:
    """Return the configuration of nginx; what takes uploads is started."""
    return _CONFIG.format(work=work, port=port, sink=_start_sink(), stale=_STALE)
