"""``connect``, ``albums`` and ``doctor``: the way to Immich."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine, Place

from pentaprism.sandbox.immich import Sandbox


def test_a_connection_is_saved_and_used(
    pentaprism: CommandLine, sandbox: Sandbox, tmp_path: Path
) -> None:
    ended = pentaprism.done("connect", sandbox.url + "/api/", "--api-key", sandbox.api_key)
    assert ended.out == (
        f"Connected to Immich 3.1.0 at {sandbox.url} as Admin Example.\nNext: pentaprism albums\n"
    )
    assert any(album["name"] == "Holiday" for album in pentaprism.done("albums", "--json").json)
    data = tmp_path / "data"
    assert all(sandbox.api_key.encode() not in file.read_bytes() for file in data.iterdir())


def test_connect_as_json_names_what_the_key_lacks(
    pentaprism: CommandLine, sandbox: Sandbox
) -> None:
    needed = ["album.read", "asset.read", "asset.download", "user.read"]
    key = sandbox.library.add_key(needed).secret
    told = pentaprism.done("connect", sandbox.url, "--api-key", key, "--json").json
    assert set(told) == {"id", "url", "user", "version", "missing"}
    assert told["missing"] == ["asset.view", "server.about"]
    spoken = pentaprism.done("connect", sandbox.url, "--api-key", key).out
    assert "The key lacks asset.view, which is for thumbnails" in spoken
    assert "The key lacks server.about, which is for" in spoken


def test_a_key_is_read_from_a_file(
    pentaprism: CommandLine, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(f"{sandbox.api_key}\n")
    monkeypatch.setenv("IMMICH_API_KEY_FILE", str(tmp_path / "key"))
    pentaprism.done("albums", "--immich-url", sandbox.url)


def test_albums_are_listed(pentaprism: CommandLine, place: Place) -> None:
    albums = pentaprism.done("albums", "--json").json
    assert all(set(album) == {"id", "name", "assets", "owner", "shared"} for album in albums)
    assert {album["name"]: album["assets"] for album in albums}["Holiday"] == 12
    assert {album["name"] for album in albums if album["shared"]} == {"Shared with me"}
    shown = pentaprism.done("albums").out.splitlines()
    assert shown[0].split() == ["Album", "Assets", "Owner", "Shared", "Id"]
    assert len(shown) == 1 + len(albums)


def test_a_user_without_albums_is_told_what_to_do(pentaprism: CommandLine, place: Place) -> None:
    library = place.sandbox.library
    for id_ in list(library.albums):
        library.delete_album(id_)
    assert "no albums yet" in pentaprism.done("albums").out


def test_doctor_shows_the_first_step_when_nothing_is_set_up(pentaprism: CommandLine) -> None:
    ended = pentaprism.done("doctor")
    assert "not connected yet; begin with `pentaprism connect" in ended.out
    for name in ("DATABASE_PATH", "IMMICH_URL", "IMMICH_CONNECTIONS"):
        assert name in ended.out


def test_doctor_finds_everything_well(pentaprism: CommandLine, mirrored: Place) -> None:
    told = pentaprism.done("doctor", "--json").json
    assert set(told) == {"ok", "checks", "settings"}
    assert told["ok"] is True
    assert all(set(check) == {"what", "ok", "message", "hint"} for check in told["checks"])
    whats = [check["what"].partition(" ")[0] for check in told["checks"]]
    assert whats == ["program", "database", "secret", "Immich", "mirror"]
    settings = {setting["name"]: setting for setting in told["settings"]}
    assert settings["IMMICH_API_KEY"]["value"] == "(hidden)"
    assert settings["IMMICH_URL"] == {
        "name": "IMMICH_URL",
        "value": mirrored.sandbox.url,
        "source": "environment",
        "meaning": settings["IMMICH_URL"]["meaning"],
    }
    assert settings["IMMICH_TIMEOUT"]["source"] == "default"
    assert mirrored.sandbox.api_key not in pentaprism.done("doctor").out


def test_doctor_says_what_is_wrong_and_what_to_do(
    pentaprism: CommandLine, mirrored: Place, tmp_path: Path
) -> None:
    mirrored.folder.rename(tmp_path / "unplugged")
    (tmp_path / "data" / "pentaprism.db.key").chmod(0o644)
    ended = pentaprism("doctor", "--api-key", "wrong")
    assert ended.code == 3
    assert "✗ secret key" in ended.out
    assert "chmod 600" in ended.out
    assert "✗ Immich: " in ended.out
    assert "Make a new key" in ended.out
    assert "✗ mirror " in ended.out
    assert "Mount the disk" in ended.out
    assert not mirrored.folder.exists()


def test_doctor_goes_on_when_the_settings_are_wrong(
    pentaprism: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMICH_CONNECTIONS", "many")
    ended = pentaprism("doctor", "--json")
    assert ended.code == 3
    assert [check["ok"] for check in ended.json["checks"]] == [True, False]
    assert "IMMICH_CONNECTIONS" in ended.json["checks"][1]["message"]
