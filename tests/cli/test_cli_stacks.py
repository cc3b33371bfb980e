"""``stacks``: groups pushed to Immich and taken back, what is said, and what scripts get."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from command_line import CommandLine

from pentaprism.cli.exits import Exit
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.library import READ_ONLY

KEYS = ["dry_run", "push", "created", "changed", "deleted", "kept", "skipped", "failed"]
DRY_KEYS = ["dry_run", "created", "changed", "deleted", "kept", "skipped", "steps"]
PAIR = {"DSC_0101.JPG", "DSC_0101.DNG"}


@pytest.fixture
def shots(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An Immich with files that belong together, known from the environment."""
    with Sandbox(assets=4, hostile=False, shots=True) as running:
        monkeypatch.setenv("IMMICH_URL", running.url)
        monkeypatch.setenv("IMMICH_API_KEY", running.api_key)
        yield running


def named(sandbox: Sandbox, name: str) -> Asset:
    return next(one for one in sandbox.library.assets.values() if one.filename == name)


def stacks(sandbox: Sandbox) -> list[set[str]]:
    assets = sandbox.library.assets
    return [
        {assets[id_].filename for id_ in stack.asset_ids}
        for stack in sandbox.library.stacks.values()
    ]


def test_stacks_alone_shows_its_help(pentaprism: CommandLine) -> None:
    ended = pentaprism.done("stacks")
    assert "push" in ended.out
    assert "undo" in ended.out


def test_pushed_twice_and_undone(pentaprism: CommandLine, shots: Sandbox) -> None:
    first = pentaprism.done("stacks", "push", "--json")
    assert list(first.json) == KEYS
    assert first.err == ""
    made = first.json["created"]
    assert made == len(shots.library.stacks) >= 4
    assert PAIR in stacks(shots)
    again = pentaprism.done("stacks", "push", "--json").json
    assert (again["created"], again["changed"], again["deleted"], again["kept"]) == (0, 0, 0, made)
    assert again["push"] is None
    back = pentaprism.done("stacks", "undo", "--json").json
    assert (back["push"], back["deleted"]) == (first.json["push"], made)
    assert shots.library.stacks == {}
    nothing = pentaprism.done("stacks", "undo", "--json").json
    assert (nothing["push"], nothing["deleted"]) == (None, 0)


def test_a_dry_run_tells_and_does_nothing(pentaprism: CommandLine, shots: Sandbox) -> None:
    told = pentaprism.done("stacks", "push", "--dry-run")
    assert "make  DSC_0101.JPG, DSC_0101.DNG" in told.out
    assert "Nothing was changed: this was a dry run." in told.out
    planned = pentaprism.done("stacks", "push", "--dry-run", "--json").json
    assert list(planned) == DRY_KEYS
    assert planned["created"] == len(planned["steps"]) >= 4
    assert set(planned["steps"][0]) == {"step", "stack", "before", "after"}
    assert shots.library.stacks == {}
    assert "no push" in pentaprism.done("stacks", "undo").out


def test_a_dry_run_of_undo(pentaprism: CommandLine, shots: Sandbox) -> None:
    made = pentaprism.done("stacks", "push", "--json").json["created"]
    planned = pentaprism.done("stacks", "undo", "--dry-run", "--json").json
    assert (planned["dry_run"], planned["deleted"]) == (True, made)
    assert "delete  DSC_0101.JPG" in pentaprism.done("stacks", "undo", "--dry-run").out
    assert len(shots.library.stacks) == made


def test_what_is_said_of_a_push_and_an_undo(pentaprism: CommandLine, shots: Sandbox) -> None:
    told = pentaprism.done("stacks", "push")
    made = len(shots.library.stacks)
    assert f"Stacks: {made} made, 0 changed, 0 deleted, 0 as they should be" in told.out
    assert "Reading the library" in told.err
    assert f"{made} deleted" in pentaprism.done("stacks", "undo").out


def test_what_is_left_alone_is_named(pentaprism: CommandLine, shots: Sandbox) -> None:
    pentaprism.done("stacks", "push")
    shots.library.remove_stack(named(shots, "DSC_0101.JPG").stack_id or "")
    told = pentaprism.done("stacks", "push")
    assert "· DSC_0101.JPG, DSC_0101.DNG: somebody unstacked it in Immich" in told.out
    skipped = pentaprism.done("stacks", "push", "--json").json["skipped"]
    assert [skip["reason"] for skip in skipped] == ["unstacked_in_immich"]
    assert set(skipped[0]) == {"assets", "reason", "stack"}


def test_a_refused_stack_makes_exit_code_one(pentaprism: CommandLine, shots: Sandbox) -> None:
    shots.faults.add("status", route="create_stack", status=400, times=1)
    ended = pentaprism("stacks", "push")
    assert ended.code == Exit.SOME_FAILED
    assert "1 failed" in ended.out
    told = pentaprism.done("stacks", "push", "--json").json
    assert (told["created"], told["failed"]) == (1, [])


def test_immich_that_goes_away_says_what_was_done(pentaprism: CommandLine, shots: Sandbox) -> None:
    shots.faults.add("status", route="create_stack", status=503, skip=2)
    ended = pentaprism("stacks", "push", "--json")
    assert ended.code == Exit.WAITING
    assert ended.json["created"] == 2
    assert ended.json["error"]["code"] == "immich_unavailable"
    shots.faults.clear()
    assert pentaprism.done("stacks", "push", "--json").json["kept"] >= 2


def test_missing_permissions_are_named_first(pentaprism: CommandLine, shots: Sandbox) -> None:
    shots.library.permit(shots.api_key, [*READ_ONLY, "stack.read"])
    ended = pentaprism("stacks", "push")
    assert ended.code == Exit.ACTION_REQUIRED
    assert "lacks the permissions asset.update, stack.create, stack.delete" in ended.err
    assert shots.traffic.of("search").requests == 0
    pentaprism.done("stacks", "push", "--dry-run")
