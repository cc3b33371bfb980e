"""``mirrors`` and ``runs``: what is known, and its end."""

from __future__ import annotations

from command_line import CommandLine, Place


def test_there_is_a_first_step_when_nothing_is_known(pentaprism: CommandLine) -> None:
    for command in ("mirrors", "runs"):
        assert "Begin with: pentaprism mirror ALBUM" in pentaprism.done(command).out
        assert pentaprism.done(command, "--json").json == []
        assert pentaprism.done(command, "list", "--json").json == []


def test_mirrors_are_listed_with_their_last_run(pentaprism: CommandLine, mirrored: Place) -> None:
    (known,) = pentaprism.done("mirrors", "list", "--json").json
    assert set(known) == {"id", "album", "kind", "place", "options", "paused", "last_run"}
    assert known["album"]["name"] == "Holiday"
    assert known["kind"] == "local_folder"
    assert known["place"] == str(mirrored.folder)
    assert set(known["last_run"]) == {"id", "status", "started"}
    shown = pentaprism.done("mirrors").out
    assert known["id"][:8] in shown
    assert f"Holiday  {mirrored.folder}" in shown


def test_a_mirror_is_paused_and_resumed(pentaprism: CommandLine, mirrored: Place) -> None:
    id_ = pentaprism.done("mirrors", "--json").json[0]["id"]
    assert "is paused" in pentaprism.done("mirrors", "pause", id_[:6]).out
    assert "paused" in pentaprism.done("mirrors").out
    assert pentaprism.done("mirrors", "--json").json[0]["paused"] is True
    told = pentaprism.done("mirrors", "pause", id_, "--json").json
    assert told == {"mirror": id_, "paused": True}
    assert "is active again" in pentaprism.done("mirrors", "resume", id_).out
    assert pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--json").json["total"] == 12


def test_a_mirror_ends_and_its_files_stay(pentaprism: CommandLine, mirrored: Place) -> None:
    unasked = pentaprism("mirrors", "delete", "Holiday")
    assert unasked.code == 2
    assert "--yes" in unasked.err
    ended = pentaprism.done("mirrors", "delete", "Holiday", "--yes")
    assert "stay" in ended.out
    assert pentaprism.done("mirrors", "--json").json == []
    assert pentaprism.done("runs", "--json").json == []
    assert len(mirrored.files()) == 12
    again = pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--json")
    assert (again.json["uploaded"], again.json["bytes"]) == (0, 0)


def test_two_mirrors_of_an_album_are_told_apart(pentaprism: CommandLine, mirrored: Place) -> None:
    pentaprism.done("mirror", "Holiday", "--to", f"{mirrored.to}2")
    refused = pentaprism("verify", "Holiday", "--json")
    assert (refused.code, refused.error) == (2, "ambiguous")
    for known in pentaprism.done("mirrors", "--json").json:
        assert known["id"] in refused.json["error"]["hint"]
        assert pentaprism.done("verify", known["id"]).code == 0


def test_runs_are_listed_newest_first(pentaprism: CommandLine, mirrored: Place) -> None:
    newest = pentaprism.done("mirror", "Holiday", "--to", mirrored.to, "--json").json["run"]
    listed = pentaprism.done("runs", "--json").json
    assert [run["uploaded"] for run in listed] == [0, 12]
    assert listed[0]["run"] == newest
    assert set(listed[0]) == {
        "run", "mirror", "status", "reason", "total", "uploaded", "skipped", "failed", "removed",
        "bytes", "started", "finished",
    }  # fmt: skip
    assert len(pentaprism.done("runs", "list", "--limit", 1, "--json").json) == 1
    assert len(pentaprism.done("runs", "list", "--mirror", "Holiday", "--json").json) == 2
    assert newest[:8] in pentaprism.done("runs").out


def test_the_events_of_a_run_are_shown(pentaprism: CommandLine, place: Place) -> None:
    place.sandbox.faults.add("status", route="original", asset=place.holiday[0], status=404)
    run = pentaprism("mirror", "Holiday", "--to", place.to, "--json").json["run"]
    told = pentaprism.done("runs", "show", run, "--json").json
    assert [event["code"] for event in told["events"]].count("put") == 11
    assert all(
        set(event) == {"code", "level", "at", "asset", "filename", "message", "details"}
        for event in told["events"]
    )
    (failed,) = pentaprism.done("runs", "show", run, "--level", "error", "--json").json["events"]
    assert failed["code"] == "failed"
    assert failed["details"]["code"] == "asset_gone"
    shown = pentaprism.done("runs", "show", run[:8]).out
    assert shown.startswith(f"Run {run}: FAILED")
    assert f"✗ {failed['filename']}: failed: " in shown
    assert failed["details"]["hint"] in shown
