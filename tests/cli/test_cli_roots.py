"""``roots``: the indexed folders listed, added and removed, and what `doctor` says of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine
from media_folders import PAIR, fill, put
from test_cli_reference import SECTIONS

from pentaprism.cli.exits import Exit
from pentaprism.sandbox.immich import Sandbox


@pytest.fixture
def media(tmp_path: Path) -> Path:
    return fill(tmp_path / "media", PAIR)


def test_a_folder_is_added_with_what_is_known_of_it(
    pentaprism: CommandLine, media: Path, sandbox: Sandbox
) -> None:
    pentaprism.done("connect", sandbox.url, "--api-key", sandbox.api_key)
    told = pentaprism.done(
        "roots", "add", media, "--name", "Photos", "--immich-path", "/mnt/photos",
        "--watching", "polling", "--json",
    ).json  # fmt: skip
    assert (told["name"], told["path"], told["state"]) == ("Photos", str(media), "new")
    assert (told["immich_path"], told["watching"]) == ("/mnt/photos", "polling")
    assert told["connection"]
    assert pentaprism.done("roots", "--json").json == [told]
    section = SECTIONS["pentaprism roots list"]
    assert [name for name in told if f"`{name}`" not in section] == []
    assert "Photos" in pentaprism.done("roots", "list").out


def test_no_folder_is_added_twice_or_inside_another(pentaprism: CommandLine, media: Path) -> None:
    assert "Next: pentaprism scan" in pentaprism.done("roots", "add", media).out
    for folder, code in ((media, "root_exists"), (media / "2024", "roots_overlap")):
        ended = pentaprism("roots", "add", folder, "--json")
        assert (ended.code, ended.error) == (Exit.ACTION_REQUIRED, code)
    assert len(pentaprism.done("roots", "--json").json) == 1


@pytest.mark.parametrize(
    ("path", "code"), [("mnt/photos", "immich_path"), ("/mnt", "no_connection")]
)
def test_a_path_in_immich_has_to_be_one(
    path: str, code: str, pentaprism: CommandLine, media: Path
) -> None:
    ended = pentaprism("roots", "add", media, "--immich-path", path, "--json")
    assert (ended.code, ended.error) == (Exit.USAGE, code)
    assert "No folders yet" in pentaprism.done("roots").out


@pytest.mark.parametrize("by", ["id", "beginning", "name", "path"])
def test_a_folder_is_forgotten_and_its_files_stay(
    by: str, pentaprism: CommandLine, media: Path
) -> None:
    id_ = pentaprism.done("scan", media, "--json").json["roots"][0]["id"]
    word = {"id": id_, "beginning": id_[:8], "name": "media", "path": media}[by]
    assert pentaprism("roots", "remove", word, "--json").error == "confirm"
    told = pentaprism.done("roots", "remove", word, "--yes", "--json").json
    assert told == {"root": id_, "removed": True}
    assert pentaprism.done("roots", "--json").json == []
    assert pentaprism.done("groups", "--json").json == {"groups": []}
    assert all((media / name).exists() for name in PAIR)


def test_what_is_no_folder_or_several_is_refused(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    missing = pentaprism("roots", "remove", "nothing", "--yes", "--json")
    assert (missing.code, missing.error) == (Exit.USAGE, "root_not_found")
    pentaprism.done("scan", media, fill(tmp_path / "more" / "media", ["a.jpg"]))
    both = pentaprism("roots", "remove", "media", "--yes", "--json")
    assert (both.code, both.error) == (Exit.USAGE, "ambiguous")
    assert str(media) in both.json["error"]["hint"]


def test_files_with_a_problem_are_listed_with_what_to_do(
    pentaprism: CommandLine, media: Path
) -> None:
    put(media / "empty.jpg", b"")
    pentaprism.done("scan", media)
    (told,) = pentaprism.done("roots", "problems", "media", "--json").json
    assert (told["path"], told["code"]) == (f"{media}/empty.jpg", "empty")
    section = SECTIONS["pentaprism roots problems"]
    assert [name for name in told if f"`{name}`" not in section] == []
    shown = pentaprism.done("roots", "problems").out
    assert f"! {media}/empty.jpg: {told['message']}\n    {told['hint']}" in shown
    assert "1 file could not be read." in shown
    put(media / "empty.jpg")
    pentaprism.done("scan")
    assert "All files could be read." in pentaprism.done("roots", "problems").out


def test_doctor_looks_at_the_folders(pentaprism: CommandLine, media: Path, tmp_path: Path) -> None:
    pentaprism.done("roots", "add", media, "--watching", "off")
    assert f"media at {media}, not scanned yet, not watched" in pentaprism.done("doctor").out
    pentaprism.done("scan")
    told = {
        one["what"].partition(" ")[0]: one
        for one in pentaprism.done("doctor", "--json").json["checks"]
    }
    assert ", scanned 20" in told["folder"]["message"]
    assert told["exiftool"]["ok"]
    media.rename(tmp_path / "unplugged")
    ended = pentaprism("doctor")
    assert ended.code == Exit.ACTION_REQUIRED
    assert "is away: The folder is not there. Nothing is forgotten." in ended.out
    assert "Mount the disk" in ended.out
