"""The few JSON routes of Immich that a mirror needs, over a folder of files named by asset id.

The bytes themselves are served by nginx, which forwards everything else to this server.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from aiohttp import web

ALBUM_ID = "11111111-1111-4111-8111-111111111111"
USER_ID = "22222222-2222-4222-8222-222222222222"
DATE = "2024-07-14T07:12:33.250Z"


def asset(file: Path) -> dict[str, Any]:
    """Return the listing's entry for ``file``."""
    sha1 = hashlib.sha1(file.read_bytes(), usedforsecurity=False).digest()
    return {
        "id": file.name,
        "createdAt": DATE,
        "ownerId": USER_ID,
        "libraryId": None,
        "type": "IMAGE",
        "originalFileName": f"IMG_{file.name[:8]}.jpg",
        "originalMimeType": "image/jpeg",
        "thumbhash": "3AcGDYSKV3Cbd2aqeIaJd3j8/Cpj",
        "fileCreatedAt": DATE,
        "fileModifiedAt": DATE,
        "localDateTime": DATE,
        "updatedAt": DATE,
        "isTrashed": False,
        "visibility": "timeline",
        "duration": None,
        "livePhotoVideoId": None,
        "checksum": base64.b64encode(sha1).decode(),
        "isOffline": False,
        "width": 1600,
        "height": 1067,
        "isEdited": False,
    }


def application(folder: Path) -> web.Application:
    """Return the server for the files of ``folder``, all in one album called Bench."""
    assets = [asset(file) for file in sorted(folder.iterdir())]
    album = {
        "id": ALBUM_ID,
        "albumName": "Bench",
        "description": "",
        "albumThumbnailAssetId": None,
        "updatedAt": DATE,
        "albumUsers": [{"user": {"id": USER_ID, "name": "Bench"}, "role": "owner"}],
        "shared": False,
        "assetCount": len(assets),
    }

    async def search(request: web.Request) -> web.Response:
        query = await request.json()
        start = (query["page"] - 1) * query["size"]
        items = assets[start : start + query["size"]]
        more = start + query["size"] < len(assets)
        page = {"total": len(items), "count": len(items), "items": items, "facets": []}
        page["nextPage"] = str(query["page"] + 1) if more else None
        return web.json_response({"assets": page})

    def fixed(body: Any) -> Any:
        async def answer(_: web.Request) -> web.Response:
            return web.json_response(body)

        return answer

    app = web.Application()
    app.router.add_get("/api/server/ping", fixed({"res": "pong"}))
    version = {"major": 3, "minor": 1, "patch": 0, "prerelease": None}
    app.router.add_get("/api/server/version", fixed(version))
    app.router.add_get("/api/api-keys/me", fixed({"id": USER_ID, "permissions": ["all"]}))
    user = {"id": USER_ID, "name": "Bench", "email": "bench@example.test", "isAdmin": True}
    app.router.add_get("/api/users/me", fixed(user))
    app.router.add_get("/api/albums", fixed([album]))
    app.router.add_get(f"/api/albums/{ALBUM_ID}", fixed(album))
    app.router.add_post("/api/search/metadata", search)
    return app


def main() -> None:
    """Serve the folder named on the command line on a loopback port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    app = application(arguments.folder)
    print(json.dumps({"ready": True}), flush=True)
    web.run_app(app, host="127.0.0.1", port=arguments.port, print=None)


if __name__ == "__main__":
    main()
