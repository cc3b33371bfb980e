"""``groups --from``: the files of a list in JSON."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine

NOON = "2024-05-01T12:00:00.000"
FILES = [
    {"path": "IMG_1.CR2", "taken_at": NOON},
    {"path": "IMG_1.jpg", "taken_at": NOON},
    {"path": "IMG_1.xmp"},
    {"path": "[b]two.jpg", "taken_at": NOON},
    {"path": "two.heic", "taken_at": "2024-05-01T12:00:00+02:00"},
    {"path": "three.heic", "taken_at": NOON},
    {"path": "three.mov", "file_created_at": "2024-05-01T10:00:01.000"},
    {"path": "note.txt"},
]


def _listing(folder: Path, told: Any) -> Path:
    path = folder / "files.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return path


def test_the_answer_has_the_paths_as_given(pentaprism: CommandLine, tmp_path: Path) -> None:
    told = pentaprism.done("groups", "--from", _listing(tmp_path, {"files": FILES}), "--json").json
    assert told == {
        "groups": [
            {
                "type": "raw_jpeg",
                "primary": "IMG_1.jpg",
                "members": ["IMG_1.CR2", "IMG_1.jpg", "IMG_1.xmp"],
            },
            {
                "type": "live_photo",
                "primary": "three.heic",
                "members": ["three.heic", "three.mov"],
            },
        ]
    }


def test_a_nested_burst_is_an_entry_of_its_own(pentaprism: CommandLine, tmp_path: Path) -> None:
    files = [
        {"path": f"A{n}.{ending}", "taken_at": f"2024-05-01T12:00:00.{n}00"}
        for n in range(3)
        for ending in ("ARW", "JPG")
    ]
    listing = _listing(tmp_path, {"files": files})
    told = pentaprism.done("groups", "--from", listing, "--json").json["groups"]
    assert [one["type"] for one in told] == ["burst", "raw_jpeg", "raw_jpeg", "raw_jpeg"]
    assert told[0]["members"] == ["A0.JPG", "A1.JPG", "A2.JPG"]


def test_each_file_is_explained(pentaprism: CommandLine, tmp_path: Path) -> None:
    listing = _listing(tmp_path, {"files": FILES})
    told = pentaprism.done("groups", "--from", listing, "--json", "--explain").json
    explained = {path for one in told["groups"] for path in one["reasons"]} | set(told["alone"])
    assert explained == {file["path"] for file in FILES}
    assert "RAW" in told["groups"][0]["reasons"]["IMG_1.CR2"]
    assert "ending" in told["alone"]["note.txt"]
    shown = pentaprism.done("groups", "--from", listing, "--explain").out
    assert "[b]two.jpg" in shown
    assert "2 groups." in shown


def test_a_person_reads_a_table(pentaprism: CommandLine, tmp_path: Path) -> None:
    shown = pentaprism.done("groups", "--from", _listing(tmp_path, {"files": FILES})).out
    lines = [line.split() for line in shown.splitlines()]
    assert lines[1:4] == [["raw_jpeg", "IMG_1.jpg"], ["IMG_1.CR2"], ["IMG_1.xmp"]]


def test_own_rules(pentaprism: CommandLine, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[edit]]\nending = "-mine"\n')
    listing = _listing(tmp_path, {"files": [{"path": "X.jpg"}, {"path": "X-mine.jpg"}]})
    assert pentaprism.done("groups", "--from", listing, "--json").json == {"groups": []}
    told = pentaprism.done("groups", "--from", listing, "--json", "--rules", rules).json
    assert told["groups"][0]["primary"] == "X-mine.jpg"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("{", "is not JSON"),
        ("\x00", "is not JSON"),
        ("[]", "has no list “files”"),
        ({}, "has no list “files”"),
        ({"files": {}}, "has no list “files”"),
        ({"files": ["a.jpg"]}, "no object as file 1"),
        ({"files": [{"path": "a.jpg"}, {}]}, "no path for file 2"),
        ({"files": [{"path": 1}]}, "no path for file 1"),
        ({"files": [{"path": "a"}, {"path": "a"}]}, "has a twice"),
        ({"files": [{"path": "a", "taken_at": 7}]}, "no text as “taken_at” of file 1"),
        ({"files": [{"path": "a", "taken_at": "noon"}]}, "“taken_at” of file 1: noon"),
        ({"files": [{"path": "a", "precision": "hour"}]}, "of file 1: hour"),
        ({"files": [{"path": "a", "camera": []}]}, "no text as “camera” of file 1"),
    ],
)
def test_a_mistake_in_the_list_is_told(
    pentaprism: CommandLine, tmp_path: Path, told: Any, says: str
) -> None:
    refused = pentaprism("groups", "--from", _listing(tmp_path, told), "--json")
    assert (refused.code, refused.error) == (2, "files")
    assert says in refused.json["error"]["message"]
    assert refused.json["error"]["hint"]


def test_what_cannot_be_read_is_told(pentaprism: CommandLine, tmp_path: Path) -> None:
    listing = tmp_path / "none.json"
    refused = pentaprism("groups", "--from", listing, "--json")
    assert (refused.code, refused.error) == (2, "files")
    assert str(listing) in refused.json["error"]["message"]
    listing.write_text('{"files": [{"path": "a.jpg"}]}')
    refused = pentaprism("groups", "--from", listing, "--rules", tmp_path / "no.toml", "--json")
    assert (refused.code, refused.error) == (2, "group_rules")
    both = pentaprism("groups", tmp_path, "--from", listing, "--json")
    assert (both.code, both.error) == (2, "usage")


def test_the_list_may_come_from_standard_input(
    pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps({"files": FILES[:2]}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert len(pentaprism.done("groups", "--from", "-", "--json").json["groups"]) == 1


def test_it_starts_without_the_database_and_the_network(tmp_path: Path) -> None:
    listing = _listing(tmp_path, {"files": FILES})
    program = (
        "import sys\n"
        "from pentaprism.cli import run\n"
        f"code = run(['groups', '--from', {str(listing)!r}, '--json', '--explain'])\n"
        "heavy = {'sqlalchemy', 'aiohttp', 'alembic', 'fastapi', 'aiosqlite', 'cryptography',\n"
        "         'pydantic_settings', 'pentaprism.store', 'pentaprism.app',\n"
        "         'pentaprism.settings', 'pentaprism.immich'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines()[-1] == "0 []"
