from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message

from pentaprism.errors import NotFoundError
from pentaprism.web.assets import ASK_AGAIN, FOR_EVER, STATIC, Assets

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["", "/photos"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def assets() -> Assets:
    return Assets()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


async def ask(
    assets: Assets, path: str, *, base: str = "", method: str = "GET", **headers: str
) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), told.encode()) for name, told in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": named}
    await Starlette(routes=[Mount(f"{base}/static", assets)])(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, b"".join(part.get("body", b"") for part in sent[1:]))


async def test_an_address_with_the_digest_is_good_for_ever(assets: Assets, base: str) -> None:
    answer = await ask(assets, base + assets.path("components.css"), base=base)
    assert answer.status == 200
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.content == (STATIC / "components.css").read_bytes()


@pytest.mark.parametrize("version", ["", "0123456789ab/"])
async def test_other_addresses_are_asked_for_again(assets: Assets, base: str, version: str) -> None:
    path = f"{base}/static/{version}mark.svg"
    answer = await ask(assets, path, base=base)
    assert answer.status == 200
    assert answer.headers["cache-control"] == ASK_AGAIN
    again = await ask(assets, path, base=base, if_none_match=answer.headers["etag"])
    assert (again.status, again.content) == (304, b"")


async def test_what_is_large_is_packed_for_those_who_take_it(assets: Assets) -> None:
    path = assets.path("components.css")
    packed = await ask(assets, path, accept_encoding="br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == (STATIC / "components.css").read_bytes()
    assert "content-encoding" not in (await ask(assets, path, accept_encoding="br")).headers
    head = await ask(assets, path, method="HEAD")
    assert int(head.headers["content-length"]) > 2 * len(packed.content)


@pytest.mark.parametrize("name", ["", "nothing.css", "../rendering.py", "js", "x/js/app.mjs/"])
async def test_nothing_else_is_served(assets: Assets, name: str) -> None:
    assert (await ask(assets, f"/static/{name}")).status == 404


async def test_nothing_can_be_changed(assets: Assets) -> None:
    answer = await ask(assets, assets.path("mark.svg"), method="POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_modules_find_one_another_below_the_digest(assets: Assets) -> None:
    for module in STATIC.glob("js/*.mjs"):
        answer = await ask(assets, assets.path(f"js/{module.name}"))
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        for name in re.findall(r'from "\./([^"]+)"', answer.content.decode()):
            assert assets.get(f"js/{name}")


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    versions = set()
    for name, body in [("a.css", "a{}"), ("a.css", "b{}"), ("b.css", "b{}"), ("js.map", "{}")]:
        (tmp_path / name).write_text(body)
        versions.add(Assets(tmp_path).version)
    assert len(versions) == 3


def test_a_file_that_is_not_there_says_how_to_get_it(assets: Assets) -> None:
    with pytest.raises(NotFoundError) as caught:
        assets.path("vendor/nothing.js")
    assert "make run" in caught.value.hint


def test_everything_comes_from_here() -> None:
    for path in STATIC.rglob("*"):
        if path.suffix == ".css":
            assert not re.search(r"@import|url\(", path.read_text()), path
        if path.suffix == ".mjs":
            assert "//" not in re.sub(r"(^|\s)//.*|/\*\*.*", "", path.read_text()), path


def test_the_lock_file_names_no_registry_but_every_digest() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
