"""Immich's command line program, with and without the gateway: it can tell no difference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway_door import gateway_before
from immich_clients import CommandLine, held, pictures, standing_clock

from pentaprism.sandbox.immich import Sandbox


@dataclass
class Seat:
    """A sandbox, the address at which the program finds it, and the program."""

    sandbox: Sandbox
    url: str
    program: CommandLine

    def plain(self, text: str) -> str:
        """Return what the program wrote, without the address and without its own files."""
        return text.replace(self.url, "URL").replace(str(self.program.home), "HOME")


@asynccontextmanager
async def seat(home: Path, *, behind: bool) -> AsyncIterator[Seat]:
    home.mkdir()
    async with Sandbox(assets=20, hostile=False, clock=standing_clock) as sandbox:
        if not behind:
            yield Seat(sandbox, sandbox.url, CommandLine(home))
            return
        async with gateway_before(sandbox.url, home / "gateway") as url:
            yield Seat(sandbox, url, CommandLine(home))


async def test_signing_in_and_out(tmp_path: Path) -> None:
    said = []
    for behind in (False, True):
        async with seat(tmp_path / f"{behind}", behind=behind) as at:
            kept = at.program.home / "login" / "auth.yml"
            came = await at.program.run("login-key", at.url, at.sandbox.api_key)
            assert came.code == 0, str(came)
            assert at.sandbox.api_key in kept.read_text(encoding="utf-8")
            refused = await at.program.run("login", at.url, "wrong")
            assert refused.code == 1
            went = await at.program.run("logout")
            assert not kept.exists()
            said.append([at.plain(str(one)) for one in (came, refused, went)])
    assert said[0] == said[1]
    assert "Logged in as admin@example.test" in said[0][0]


async def test_what_the_server_tells_of_itself(tmp_path: Path) -> None:
    said = []
    for behind in (False, True):
        async with seat(tmp_path / f"{behind}", behind=behind) as at:
            await at.program.run("login", at.url, at.sandbox.api_key)
            told = await at.program.run("server-info")
            assert told.code == 0, str(told)
            said.append(at.plain(str(told)))
    assert said[0] == said[1]
    assert "Version: 3.1.0" in said[0]


async def test_uploading_a_folder_twice(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    said, libraries = [], []
    for behind in (False, True):
        async with seat(tmp_path / f"{behind}", behind=behind) as at:
            await at.program.run("login", at.url, at.sandbox.api_key)
            before = len(at.sandbox.library.assets)
            first, ended = await at.program.upload(folder, "--album")
            assert ended.code == 0, str(ended)
            again, over = await at.program.upload(folder)
            assert over.code == 0, str(over)
            assert len(first["newAssets"]) == 4
            assert len(at.sandbox.library.assets) == before + 4
            assert again["newFiles"] == []
            assert {one["id"] for one in again["duplicates"]} == {
                one["id"] for one in first["newAssets"]
            }
            assert len(at.sandbox.library.album_named("Day two").assets) == 2
            said.append([first, again, at.plain(str(ended)), at.plain(str(over))])
            libraries.append(held(at.sandbox))
    assert said[0] == said[1]
    assert libraries[0] == libraries[1]


async def test_many_uploads_at_once_all_arrive(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", 40)
    async with seat(tmp_path / "home", behind=True) as at:
        await at.program.run("login", at.url, at.sandbox.api_key)
        told = await at.program.run(
            "upload", "--recursive", "--no-progress", "--skip-hash", "-c", "8", str(folder)
        )
        assert told.code == 0, str(told)
        assert "Successfully uploaded 40 new assets" in told.out
        sizes = {asset.filename: asset.content.size for asset in at.sandbox.library.assets.values()}
    assert [sizes[f"IMG_{n:04}.jpg"] for n in range(40)] == [1004 + n for n in range(40)]
