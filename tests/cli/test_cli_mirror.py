"""``mirror``: what it does, what it says, and what scripts get."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import CommandLine, Place

KEYS = ["run", "status", "total", "uploaded", "skipped", "failed", "removed", "bytes", "seconds"]


def test_a_run_as_json_is_one_object_with_these_fields(
    pentaprism: CommandLine, place: Place
) -> None:
    ended = pentaprism.done("mirror", "Holiday", "--to", place.to, "--json")
    assert list(ended.json) == KEYS
    assert ended.err == ""
    told = ended.json
    assert told["status"] == "OK"
    assert (told["total"], told["uploaded"], told["skipped"]) == (12, 12, 0)
    assert (told["failed"], told["removed"]) == (0, 0)
    assert told["bytes"] == sum((place.folder / file).stat().st_size for file in place.files())
    assert told["seconds"] > 0
    assert len(place.files()) == 12


def test_a_second_run_downloads_nothing_and_says_so(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    before = mirrored.sandbox.traffic.of("original").requests
    ended = pentaprism.done("mirror", "Holiday", "--to", mirrored.to)
    assert "0 put (0 B), 12 were there, 0 skipped, 0 removed, 0 failed" in ended.out
    assert "Nothing had to be done; nothing was downloaded." in ended.out
    assert mirrored.sandbox.traffic.of("original").requests == before


def test_an_album_is_named_by_its_id_or_in_another_case(
    pentaprism: CommandLine, place: Place
) -> None:
    album = place.sandbox.library.album_named("Holiday").id
    assert pentaprism.done("mirror", album, "--to", place.to, "--json").json["uploaded"] == 12
    assert pentaprism.done("mirror", "holiday", "--to", place.to, "--json").json["skipped"] == 12
    assert len(pentaprism.done("mirrors", "--json").json) == 1


def test_skips_are_counted_with_their_reason(pentaprism: CommandLine, place: Place) -> None:
    place.sandbox.library.set_processed(place.holiday[0], processed=False)
    ended = pentaprism.done("mirror", "Holiday", "--to", place.to)
    assert "11 put" in ended.out
    assert "1 skipped: Immich has not read its metadata yet" in ended.out


def test_files_that_lie_there_already_are_taken_over(
    pentaprism: CommandLine, mirrored: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "new" / "pentaprism.db"))
    ended = pentaprism.done("mirror", "Holiday", "--to", mirrored.to)
    assert "12 taken over as it was there already" in ended.out
    assert "0 put (0 B)" in ended.out


def test_failures_are_told_with_what_to_do_and_make_exit_code_one(
    pentaprism: CommandLine, place: Place
) -> None:
    lost = place.holiday[0]
    place.sandbox.faults.add("status", route="original", asset=lost, status=404)
    ended = pentaprism("mirror", "Holiday", "--to", place.to)
    assert ended.code == 1
    assert "11 put" in ended.out
    assert "1 failed" in ended.out
    name = place.sandbox.library.assets[lost].filename
    assert f"✗ {name}: " in ended.out
    told = pentaprism("mirror", "Holiday", "--to", place.to, "--json")
    assert told.code == 1
    assert (told.json["status"], told.json["failed"], told.json["total"]) == ("FAILED", 1, 12)


def test_an_error_that_ends_a_run_stands_in_its_json(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    mirrored.sandbox.faults.add("status", route="search", status=503)
    ended = pentaprism("mirror", "Holiday", "--to", mirrored.to, "--json")
    assert ended.code == 4
    assert list(ended.json) == [*KEYS, "error"]
    assert ended.json["status"] == "FAILED"
    assert ended.json["error"]["code"] == "immich_unavailable"
    spoken = pentaprism("mirror", "Holiday", "--to", mirrored.to)
    assert spoken.code == 4
    assert "Error: Immich at" in spoken.err


def test_what_left_the_album_is_kept_or_trashed_as_chosen(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    mirrored.leave(2)
    kept = pentaprism.done("mirror", "Holiday", "--to", mirrored.to)
    assert "2 kept, though it was taken out of the album" in kept.out
    assert len(mirrored.files()) == 12
    trashed = pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--removals", "trash")
    assert "2 moved to the folder's trash: it was taken out of the album" in trashed.out
    assert len(mirrored.files()) == 10
    mirrored.leave(1)
    again = pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--json")
    assert again.json["removed"] == 1, "the option is remembered"


def test_too_many_removals_wait_until_they_are_allowed(
    pentaprism: CommandLine, place: Place
) -> None:
    command = ["mirror", "Holiday", "--to", place.to, "--removals", "trash"]
    pentaprism.done(*command)
    place.leave(3)
    held = pentaprism.done(*command, "--max-removals", 2)
    assert "! nothing was removed: 3 of 12 files would go" in held.out
    assert len(place.files()) == 12
    assert pentaprism.done(*command, "--max-removals", 3, "--json").json["removed"] == 3


def test_a_dry_run_shows_the_plan_and_changes_nothing(
    pentaprism: CommandLine, place: Place, tmp_path: Path
) -> None:
    command = ["mirror", "Holiday", "--to", place.to, "--template", "{year}/{filename}"]
    spoken = pentaprism.done(*command, "--dry-run")
    assert spoken.out.count("+ ") == 12
    assert "Nothing was changed: this was a dry run." in spoken.out
    told = pentaprism.done(*command, "--dry-run", "--json").json
    assert set(told) == {"dry_run", "keep", "held", "put", "skip", "leave", "remove"}
    assert all(set(row) == {"asset", "path", "reason"} for row in told["put"])
    assert not place.folder.exists()
    assert pentaprism.done("mirrors", "--json").json == []
    assert pentaprism.done("runs", "--json").json == []
    pentaprism.done(*command)
    assert sorted(row["path"] for row in told["put"]) == place.files()


def test_a_dry_run_of_removals_does_as_the_run_will(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    mirrored.leave(2)
    command = ["mirror", "Holiday", "--to", mirrored.to, "--dry-run", "--json"]
    kept = pentaprism.done(*command).json
    assert (kept["keep"], len(kept["leave"]), len(kept["remove"])) == (10, 2, 0)
    trashed = pentaprism.done(*command, "--removals", "trash").json
    assert (trashed["keep"], len(trashed["leave"]), len(trashed["remove"])) == (10, 0, 2)
    held = pentaprism.done(*command, "--removals", "trash", "--max-removals", 1).json
    assert held["held"].startswith("2 of 12 files would go")
    assert held["remove"] == []
    assert len(mirrored.files()) == 12


def test_options_shape_the_folder_and_are_remembered(pentaprism: CommandLine, place: Place) -> None:
    pentaprism.done(
        "mirror", "Holiday", "--to", place.to, "--template", "{year}/{filename}", "--sidecars",
        "--no-hard-links", "--missing", "leave", "--edited", "--min-free", "1MB",
    )  # fmt: skip
    pictures = [file for file in place.files() if not file.endswith(".xmp")]
    assert len(pictures) == 12
    assert {f"{picture}.xmp" for picture in pictures} == set(place.files()) - set(pictures)
    assert all(len(picture.split("/")) == 2 for picture in pictures)
    (place.folder / pictures[0]).unlink()
    told = pentaprism.done("mirror", "Holiday", "--to", place.to).out
    assert "1 skipped: it was deleted here, and the mirror leaves such files out" in told
    options = pentaprism.done("mirrors", "--json").json[0]["options"]
    assert options["hard_links"] is False
    assert options["edited"] is True
    assert options["min_free"] == 1_000_000


def test_a_lost_folder_is_filled_anew_only_when_that_is_confirmed(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    mirrored.folder.rename(mirrored.folder.with_name("elsewhere"))
    command = ["mirror", "Holiday", "--to", mirrored.to]
    refused = pentaprism(*command, "--json")
    assert (refused.code, refused.error) == (3, "not_mounted")
    unasked = pentaprism(*command, "--start-again", "--json")
    assert (unasked.code, unasked.error) == (2, "confirm")
    both = pentaprism(*command, "--start-again", "--dry-run", "--json")
    assert (both.code, both.error) == (2, "usage")
    assert not mirrored.folder.exists()
    again = pentaprism.done(*command, "--start-again", "--yes", "--json")
    assert again.json["uploaded"] == 12


def test_a_paused_mirror_is_left_as_it_is(pentaprism: CommandLine, mirrored: Place) -> None:
    pentaprism.done("mirrors", "pause", "Holiday")
    for command in (
        ["mirror", "Holiday", "--to", mirrored.to, "--removals", "trash"],
        ["mirror", "Holiday", "--to", mirrored.to, "--start-again", "--yes"],
        ["repair", "Holiday"],
    ):
        refused = pentaprism(*command, "--json")
        assert (refused.code, refused.error) == (3, "paused")
        assert "pentaprism mirrors resume" in refused.json["error"]["hint"]
    (known,) = pentaprism.done("mirrors", "--json").json
    assert known["options"]["removals"] == "keep"
    assert len(pentaprism.done("runs", "--json").json) == 1


def test_hostile_names_cannot_write_to_the_terminal(pentaprism: CommandLine, place: Place) -> None:
    library = place.sandbox.library
    hostile = "\x1b[31mred\n[bold]name\u202egpj.exe"
    library.rename_album(library.album_named("Holiday").id, hostile)
    ended = pentaprism.done("mirror", hostile, "--to", place.to)
    assert "\ufffd[31mred\ufffd[bold]name\ufffdgpj.exe" in ended.out
    assert "\x1b" not in ended.out + ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_needs_a_person(
    pentaprism: CommandLine, place: Place
) -> None:
    place.folder.mkdir(mode=0o500)
    refused = pentaprism("mirror", "Holiday", "--to", place.to, "--json")
    assert (refused.code, refused.error) == (3, "no_permission")


def test_a_file_that_is_no_database_needs_a_person_and_is_left_alone(
    pentaprism: CommandLine, mirrored: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all, but a text of some length" * 100)
    monkeypatch.setenv("DATABASE_PATH", str(broken))
    refused = pentaprism("mirror", "Holiday", "--to", mirrored.to, "--json")
    assert (refused.code, refused.error) == (3, "not_a_database")
    assert broken.read_bytes().startswith(b"no database at all")
