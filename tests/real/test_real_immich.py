"""The mirror against a real Immich: what was uploaded is what lies in the folder.

`PENTAPRISM_REAL_IMMICH` is the address of a server that may be written to, `PENTAPRISM_REAL_KEY` an
API key with all permissions. The test makes an album of its own and takes everything back.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pentaprism.cli import run
from pentaprism.cli.exits import Exit

pytestmark = pytest.mark.real
URL, KEY = os.environ.get("PENTAPRISM_REAL_IMMICH"), os.environ.get("PENTAPRISM_REAL_KEY")
DATE = "2024-07-14T07:12:33.250Z"


def call(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api{path}", data, method=method)
    request.add_header("x-api-key", KEY or "")
    request.add_header("content-type", kind)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.loads(reply.read() or b"null")


def upload(name: str) -> tuple[str, str]:
    """Upload a picture that nobody has yet; return its id and SHA-1."""
    picture = BytesIO()
    Image.frombytes("RGB", (32, 32), os.urandom(3072)).save(picture, "JPEG")
    data, boundary = picture.getvalue(), uuid.uuid4().hex
    fields = {"fileCreatedAt": DATE, "fileModifiedAt": DATE, "deviceAssetId": name, "deviceId": "t"}
    form = "".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    file = f'content-disposition: form-data; name="assetData"; filename="{name}"'
    head = f"{form}--{boundary}\r\n{file}\r\ncontent-type: image/jpeg\r\n\r\n"
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    return call("POST", "/assets", body, kind)["id"], hashlib.sha1(data).hexdigest()


@pytest.fixture
def album(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    for name, value in {
        "IMMICH_URL": URL,
        "IMMICH_API_KEY": KEY,
        "DATABASE_PATH": str(tmp_path / "data.db"),
    }.items():
        monkeypatch.setenv(name, value)
    pictures = dict(upload(name) for name in ["a.jpg", "a.jpg", "A.JPG", "é.jpg", "e.jpg", "f.jpg"])
    made = call("POST", "/albums", {"albumName": f"Test {uuid.uuid4()}", "assetIds": [*pictures]})
    wait_until_processed([*pictures])
    yield {"id": made["id"], "pictures": pictures}
    call("DELETE", "/assets", {"ids": [*pictures], "force": True})


def wait_until_processed(ids: list[str]) -> None:
    for _ in range(120):
        if all(call("GET", f"/assets/{id_}")["thumbhash"] for id_ in ids):
            return
        time.sleep(0.5)
    pytest.fail("Immich did not process the pictures in a minute")


def mirror(album: dict[str, Any], folder: Path, capture: pytest.CaptureFixture[str]) -> Any:
    capture.readouterr()
    run(["mirror", album["id"], "--to", f"folder:{folder}", "--removals", "trash", "--json"])
    return json.loads(capture.readouterr().out)


def hashes(folder: Path) -> list[str]:
    return sorted(
        hashlib.sha1(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and ".pentaprism" not in path.relative_to(folder).parts
    )


def test_a_folder_follows_an_album(
    album: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pictures = tmp_path / "photos", album["pictures"]
    trashed, removed, archived, *_ = pictures
    assert mirror(album, folder, capsys)["uploaded"] == len(pictures)
    assert hashes(folder) == sorted(pictures.values())
    assert mirror(album, folder, capsys)["bytes"] == 0

    call("PUT", "/assets", {"ids": [archived], "visibility": "archive"})
    call("DELETE", "/assets", {"ids": [trashed]})
    call("DELETE", f"/albums/{album['id']}/assets", {"ids": [removed]})
    assert mirror(album, folder, capsys)["removed"] == 2
    left = {id_: sha1 for id_, sha1 in pictures.items() if id_ not in {trashed, removed}}
    assert hashes(folder) == sorted(left.values())

    call("POST", "/trash/restore/assets", {"ids": [trashed]})
    assert mirror(album, folder, capsys)["uploaded"] == 1

    call("DELETE", f"/albums/{album['id']}")
    capsys.readouterr()
    assert run(["repair", album["id"], "--json"]) == Exit.ACTION_REQUIRED
    assert hashes(folder) == sorted([*left.values(), pictures[trashed]])
