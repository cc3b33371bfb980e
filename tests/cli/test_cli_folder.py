"""``verify``, ``repair`` and ``trash``: what lies in the folder of a mirror."""

from __future__ import annotations

import os

from command_line import CommandLine, Place


def _damage(place: Place) -> tuple[str, str, str]:
    """Lose a file, spoil one under its old time, edit one; return their names."""
    lost, spoilt, edited = place.files()[:3]
    (place.folder / lost).unlink()
    seen = (place.folder / spoilt).stat()
    (place.folder / spoilt).write_bytes(bytes(seen.st_size))
    os.utime(place.folder / spoilt, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    (place.folder / edited).write_bytes(b"mine now")
    return lost, spoilt, edited


def test_what_is_whole_is_verified(pentaprism: CommandLine, mirrored: Place) -> None:
    assert pentaprism.done("verify", "Holiday").out == "12 files looked at: 12 verified.\n"
    told = pentaprism.done("verify", "Holiday", "--json").json
    assert set(told) == {"mirror", "counts", "files"}
    assert (told["counts"], told["files"]) == ({"verified": 12}, [])


def test_losses_are_found_and_repaired_and_an_edit_stays(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    lost, spoilt, edited = _damage(mirrored)
    found = pentaprism("verify", "Holiday", "--json")
    assert found.code == 1
    assert found.json["counts"] == {"verified": 9, "missing": 1, "damaged": 1, "edited": 1}
    assert {(file["path"], file["standing"]) for file in found.json["files"]} == {
        (lost, "missing"),
        (spoilt, "damaged"),
        (edited, "edited"),
    }
    spoken = pentaprism("verify", "Holiday")
    assert spoken.code == 1
    assert f"✗ {lost}: missing" in spoken.out
    assert f"✗ {spoilt}: damaged" in spoken.out
    assert f"  {edited}: edited here, kept" in spoken.out
    assert "pentaprism repair" in spoken.out

    repaired = pentaprism.done("repair", "Holiday", "--json")
    assert (repaired.json["uploaded"], repaired.json["skipped"]) == (2, 10)
    again = pentaprism.done("verify", "Holiday")
    assert "11 verified, 1 edited here, kept" in again.out
    assert (mirrored.folder / edited).read_bytes() == b"mine now"


def test_repair_says_what_was_wrong(pentaprism: CommandLine, mirrored: Place) -> None:
    lost, spoilt, _ = _damage(mirrored)
    told = pentaprism.done("repair", "Holiday").out
    assert f"! {lost} was missing at {lost}; fetched again" in told
    assert f"! {spoilt} was damaged at {spoilt}; fetched again" in told
    assert "1 edited here, kept as it is" in told


def _trashed(pentaprism: CommandLine, place: Place) -> list[str]:
    place.leave(2)
    pentaprism.done("mirror", "Holiday", "--to", place.to, "--removals", "trash")
    entries = pentaprism.done("trash", "list", "Holiday", "--json").json
    assert all(set(entry) == {"id", "path", "size", "trashed"} for entry in entries)
    return [entry["id"] for entry in entries]


def test_the_trash_is_listed_and_restored(pentaprism: CommandLine, mirrored: Place) -> None:
    assert pentaprism.done("trash", "list", "Holiday").out == "The trash is empty.\n"
    first, second = _trashed(pentaprism, mirrored)
    assert len(mirrored.files()) == 10
    assert first in pentaprism.done("trash", "list", "Holiday").out
    path = first.partition("/")[2]
    assert pentaprism.done("trash", "restore", "Holiday", first).out == f"Restored {path}\n"
    assert path in mirrored.files()
    rest = pentaprism.done("trash", "restore", "Holiday", "--all", "--json")
    assert rest.json == {"restored": [second.partition("/")[2]]}
    assert len(mirrored.files()) == 12
    gone = pentaprism("trash", "restore", "Holiday", second)
    assert (gone.code, gone.out) == (2, "")
    assert "The trash holds no" in gone.err


def test_restoring_overwrites_nothing(pentaprism: CommandLine, mirrored: Place) -> None:
    first, _ = _trashed(pentaprism, mirrored)
    path = first.partition("/")[2]
    (mirrored.folder / path).write_bytes(b"mine")
    refused = pentaprism("trash", "restore", "Holiday", first)
    assert refused.code == 3
    assert "is left alone" in refused.err
    assert (mirrored.folder / path).read_bytes() == b"mine"


def test_restoring_needs_to_know_what(pentaprism: CommandLine, mirrored: Place) -> None:
    for arguments in ([], ["not-an-id"]):
        refused = pentaprism("trash", "restore", "Holiday", *arguments)
        assert refused.code == 2
        assert "pentaprism trash list" in refused.err


def test_emptying_deletes_only_what_is_old_enough_and_confirmed(
    pentaprism: CommandLine, mirrored: Place
) -> None:
    _trashed(pentaprism, mirrored)
    assert pentaprism("trash", "empty", "Holiday").code == 2
    young = pentaprism.done("trash", "empty", "Holiday", "--older-than", 1, "--yes")
    assert young.out == "Deleted 0 files, 0 B.\n"
    assert pentaprism.done("trash", "empty", "Holiday", "-y", "--json").json["deleted"] == 2
    assert pentaprism.done("trash", "list", "Holiday", "--json").json == []
    assert len(mirrored.files()) == 10
