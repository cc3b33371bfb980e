"""Groups pushed to a real Immich as stacks, twice, and taken back.

`PENTAPRISM_REAL_IMMICH` is the address of a server that may be written to, `PENTAPRISM_REAL_KEY` an
API key with all permissions, of a user whose library is not precious: groups of what is there
besides are pushed and taken back as well. What the test uploads it deletes for good.
"""

from __future__ import annotations

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

pytestmark = pytest.mark.real
URL, KEY = os.environ.get("PENTAPRISM_REAL_IMMICH"), os.environ.get("PENTAPRISM_REAL_KEY")
PAIRS = 20


def call(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api{path}", data, method=method)
    request.add_header("x-api-key", KEY or "")
    request.add_header("content-type", kind)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read() or b"null")


def upload(name: str, taken: str) -> str:
    """Upload a picture that nobody has yet, with its time of capture; return its id."""
    picture, exif = BytesIO(), Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    Image.frombytes("RGB", (32, 32), os.urandom(3072)).save(picture, "JPEG", exif=exif)
    date = "2024-07-14T07:12:33.250Z"
    fields = {"fileCreatedAt": date, "fileModifiedAt": date, "deviceAssetId": name, "deviceId": "t"}
    boundary = uuid.uuid4().hex
    form = "".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    file = f'content-disposition: form-data; name="assetData"; filename="{name}"'
    head = f"{form}--{boundary}\r\n{file}\r\ncontent-type: image/jpeg\r\n\r\n"
    body = head.encode() + picture.getvalue() + f"\r\n--{boundary}--\r\n".encode()
    made: str = call("POST", "/assets", body, f"multipart/form-data; boundary={boundary}")["id"]
    return made


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The ids of the stills, each with that of its edit."""
    if not URL or not KEY:
        pytest.skip("PENTAPRISM_REAL_IMMICH and PENTAPRISM_REAL_KEY name no server")
    for name, value in {
        "IMMICH_URL": URL,
        "IMMICH_API_KEY": KEY,
        "DATABASE_PATH": str(tmp_path / "data.db"),
    }.items():
        monkeypatch.setenv(name, value)
    mark, made = uuid.uuid4().hex[:8], {}
    for number in range(PAIRS):
        taken = f"2024:07:{number + 1:02} 10:11:12"
        still = upload(f"{mark}_{number:04}.JPG", taken)
        made[still] = upload(f"{mark}_{number:04}-edited.JPG", taken)
    everything = [*made, *made.values()]
    try:
        wait_until_processed(everything)
        yield made
    finally:
        call("DELETE", "/assets", {"ids": everything, "force": True})


def wait_until_processed(ids: list[str]) -> None:
    for _ in range(240):
        if all(call("GET", f"/assets/{id_}")["thumbhash"] for id_ in ids):
            return
        time.sleep(0.5)
    pytest.fail("Immich did not process the pictures in two minutes")


def states(ids: list[str]) -> dict[str, Any]:
    found = {id_: call("GET", f"/assets/{id_}") for id_ in ids}
    for state in found.values():
        state.pop("updatedAt")
    return found


def stacks(capture: pytest.CaptureFixture[str], command: str) -> Any:
    capture.readouterr()
    assert run(["stacks", command, "--yes", "--json"]) == 0
    return json.loads(capture.readouterr().out)


def test_twenty_stacks_are_pushed_once_and_taken_back(
    pairs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    everything = [*pairs, *pairs.values()]
    before, stacked = states(everything), {one["id"] for one in call("GET", "/stacks")}
    told = stacks(capsys, "push")
    assert told["created"] >= PAIRS
    assert told["failed"] == []
    after = states(everything)
    for still, edit in pairs.items():
        assert after[still]["stack"]["id"] == after[edit]["stack"]["id"]
    again = stacks(capsys, "push")
    assert (again["created"], again["changed"], again["deleted"]) == (0, 0, 0)
    assert states(everything) == after
    assert stacks(capsys, "undo")["deleted"] == told["created"]
    assert states(everything) == before
    assert {one["id"] for one in call("GET", "/stacks")} == stacked
