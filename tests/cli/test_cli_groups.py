"""``groups``: of a list, of folders that are read now, and of the index."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import PROGRAM, CommandLine
from media_folders import PAIR, fill, put
from media_samples import TAKEN, jpeg
from test_cli_reference import SECTIONS

from pentaprism.cli.demo_media import make_media
from pentaprism.cli.exits import Exit
from pentaprism.sandbox.immich import Sandbox

BURST = [
    f"0000{frame}IMG_0000{frame}_BURST20240110121614000{'_COVER' * (frame == 1)}{ending}"
    for frame in range(3)
    for ending in (".jpg", ".dng")
]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with files of all sorts that belong together, and a burst of pairs."""
    make_media(tmp_path / "media")
    for name in BURST:
        put(tmp_path / "media" / "burst" / name)
    put(tmp_path / "media" / "single.jpg", jpeg(TAKEN))
    return tmp_path / "media"


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    """A list of the files of two shots, and of one that is alone."""
    names = ["DSC_1001.CR2", "DSC_1001.jpg", "IMG_2002.jpg", "IMG_2002-edited.jpg", "IMG_3003.jpg"]
    file = tmp_path / "files.json"
    file.write_text(json.dumps({"files": [_listed(name) for name in names]}))
    return file


def _listed(name: str) -> dict[str, str]:
    return {"path": name, "taken_at": f"2024-05-01T12:0{name.partition('_')[2][0]}:00.000"}


def types(told: dict[str, Any]) -> dict[str, int]:
    found = [group["type"] for group in told["groups"]]
    return {type_: found.count(type_) for type_ in found}


def test_a_list_is_grouped_as_it_stands(pentaprism: CommandLine, listing: Path) -> None:
    assert pentaprism.done("groups", "--from", listing, "--json").json == {
        "groups": [
            {
                "type": "raw_jpeg",
                "primary": "DSC_1001.jpg",
                "members": ["DSC_1001.CR2", "DSC_1001.jpg"],
            },
            {
                "type": "edit",
                "primary": "IMG_2002-edited.jpg",
                "members": ["IMG_2002-edited.jpg", "IMG_2002.jpg"],
            },
        ]
    }
    told = pentaprism.done("groups", "--from", listing)
    assert "2 groups." in told.out
    assert "IMG_3003.jpg" not in told.out
    assert not (listing.parent / "data").exists(), "no database is opened"


def test_why_each_file_is_where_it_is(pentaprism: CommandLine, listing: Path) -> None:
    told = pentaprism.done("groups", "--from", listing, "--explain", "--json").json
    assert set(told["groups"][0]["reasons"]) == {"DSC_1001.CR2", "DSC_1001.jpg"}
    assert told["alone"] == {"IMG_3003.jpg": "No other file of this folder has its name."}
    shown = pentaprism.done("groups", "--from", listing, "--explain").out
    assert "A RAW file and a picture of one name" in shown
    assert "No other file of this folder has its name." in shown
    fields = {*told, *told["groups"][0]}
    assert [name for name in fields if f"`{name}`" not in SECTIONS["pentaprism groups"]] == []


def test_a_type_and_a_limit(pentaprism: CommandLine, listing: Path) -> None:
    told = pentaprism.done("groups", "--from", listing, "--type", "edit", "--json").json
    assert types(told) == {"edit": 1}
    shown = pentaprism.done("groups", "--from", listing, "--limit", 1)
    assert "2 groups, of which these are 1; --limit 2 shows all." in shown.out
    assert "edit" not in shown.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--from", "{list}", "."], "usage"),
        (["--from", "/nowhere"], "files"),
        (["--from", "{list}", "--rules", "/nowhere"], "group_rules"),
        (["/nowhere"], "folder"),
        (["--type", "nonsense"], "usage"),
        (["--rules", "{list}"], "usage"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: str, pentaprism: CommandLine, listing: Path
) -> None:
    ended = pentaprism("groups", *(word.format(list=listing) for word in words), "--json")
    assert (ended.code, ended.error) == (Exit.USAGE, code)


def test_a_list_from_a_pipe_needs_no_heavy_modules(listing: Path) -> None:
    heavy = ["sqlalchemy", "aiohttp", "cryptography", "pentaprism.app", "pentaprism.settings"]
    code = (
        "import sys\nfrom pentaprism.cli import run\nrun(['groups', '--from', '-', '--json'])\n"
        f"sys.exit([m for m in {heavy} if m in sys.modules] or 0)"
    )
    ended = subprocess.run(
        [PROGRAM[0], "-c", code], stdin=listing.open(), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert types(json.loads(ended.stdout)) == {"raw_jpeg": 1, "edit": 1}


def test_folders_are_read_now_and_nothing_is_written(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    told = pentaprism.done("groups", media, "--json").json
    assert types(told) == {"burst": 3, "raw_jpeg": 11, "live_photo": 2, "edit": 2}
    assert all(not group["primary"].startswith("/") for group in told["groups"])
    explained = pentaprism.done("groups", media, "--explain", "--json").json
    assert "single.jpg" in explained["alone"]
    assert not (tmp_path / "data").exists()


def test_paths_of_several_folders_are_absolute_and_each_file_counts_once(
    pentaprism: CommandLine, media: Path, tmp_path: Path
) -> None:
    other = fill(tmp_path / "other", PAIR)
    told = pentaprism.done("groups", media / "burst", media, other, "--json").json
    assert types(told)["edit"] == 3
    assert types(told)["burst"] == 3
    assert f"{other}/{PAIR[1]}" in {group["primary"] for group in told["groups"]}
    assert all(group["primary"].startswith("/") for group in told["groups"])


def test_files_that_cannot_be_read_are_counted(pentaprism: CommandLine, media: Path) -> None:
    put(media / "IMG_1.jpg", b"no picture")
    put(media / "IMG_1-edited.jpg", b"no picture either")
    told = pentaprism.done("groups", media / "..", "--type", "edit")
    assert "2 files could not be read; names alone count there." in told.err
    assert "media/IMG_1-edited.jpg" in told.out


def test_the_index_has_the_groups_that_its_folders_have(
    pentaprism: CommandLine, media: Path
) -> None:
    pentaprism.done("scan", media)
    told = pentaprism.done("groups", "--explain", "--json").json["groups"]
    for group in told:
        assert set(group["reasons"]) == set(group["members"])
    now = pentaprism.done("groups", media, "--explain", "--json").json["groups"]
    assert _comparable(told, f"{media}/") == _comparable(now)


def _comparable(groups: list[dict[str, Any]], prefix: str = "") -> list[dict[str, Any]]:
    for group in groups:
        group["primary"] = group["primary"].removeprefix(prefix)
        group["members"] = [path.removeprefix(prefix) for path in group["members"]]
        group["reasons"] = {k.removeprefix(prefix): v for k, v in group["reasons"].items()}
    return sorted(groups, key=lambda group: (group["primary"], group["type"]))


def test_the_index_is_shown_by_type_and_up_to_a_limit(pentaprism: CommandLine, media: Path) -> None:
    assert pentaprism.done("groups").out == "0 groups.\n"
    pentaprism.done("scan", media)
    assert "15 groups." in pentaprism.done("groups").out
    shown = pentaprism.done("groups", "--limit", 2).out
    assert "15 groups, of which these are 2; --limit 15 shows all." in shown
    assert len(pentaprism.done("groups", "--limit", 15, "--json").json["groups"]) == 18
    bursts = pentaprism.done("groups", "--type", "burst", "--json").json
    assert types(bursts) == {"burst": 3, "raw_jpeg": 3}
    assert "2 groups." in pentaprism.done("groups", "--type", "live_photo").out


def test_assets_of_immich_are_called_as_it_calls_them(
    pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(assets=4, hostile=False, shots=True) as immich:
        monkeypatch.setenv("IMMICH_URL", immich.url)
        monkeypatch.setenv("IMMICH_API_KEY", immich.api_key)
        pentaprism.done("stacks", "push", "--dry-run")
    told = pentaprism.done("groups", "--json").json["groups"]
    assert {"DSC_0101.JPG", "DSC_0101.DNG"} in [set(group["members"]) for group in told]


def test_own_rules_count_for_folders_and_by_the_setting_for_the_index(
    pentaprism: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = fill(tmp_path / "media", ["X.jpg", "X~pressed.jpg"])
    rules = tmp_path / "rules.toml"
    rules.write_text('[[edit]]\nending = "~pressed"\n')
    assert pentaprism.done("groups", media, "--json").json == {"groups": []}
    told = pentaprism.done("groups", media, "--rules", rules, "--json").json
    assert types(told) == {"edit": 1}
    assert pentaprism.done("scan", media, "--json").json["groups"] == {}
    monkeypatch.setenv("GROUP_RULES", str(rules))
    assert pentaprism.done("scan", "--json").json["groups"] == {"edit": 1}
    told = pentaprism.done("groups", "--explain").out
    assert "An edit, by your own rules." in told
