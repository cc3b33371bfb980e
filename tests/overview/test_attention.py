"""What a person is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from running_overview import ACCOUNT, CONNECTION, NOW, mirror, run, summary

from pentaprism.connections.disks import DiskHealth
from pentaprism.connections.health import ConnectionHealth
from pentaprism.overview.attention import Attention, Findings, Target, judge
from pentaprism.overview.held import Held
from pentaprism.store.records import AccountState, RunStatus

GOOGLE = {"kind": "google_photos", "place": "g", "options": {"account": "g", "removals": "remove"}}


def found(**given: Any) -> list[Attention]:
    return judge(Findings(now=NOW, **given))


def disk(**changes: Any) -> DiskHealth:
    made = DiskHealth(
        path="/srv/mirror",
        places=("/srv/mirror",),
        mirror_ids=("m",),
        free=50,
        total=100,
        min_free=0,
        problem=None,
        at=NOW,
    )
    return replace(made, **changes)


def health(**changes: Any) -> dict[str, ConnectionHealth]:
    return {"c": replace(ConnectionHealth(ok=True, at=NOW), **changes)}


def account(**changes: Any) -> list[Any]:
    return [replace(ACCOUNT, **changes)]


WELL: dict[str, Any] = {
    "accounts": account(token_expires_at=NOW + timedelta(days=4)),
    "summaries": [summary(last=run(RunStatus.OK)), summary(), summary(mirror(paused=True))],
    "connections": [CONNECTION],
    "health": health(),
    "disks": [disk()],
}


def test_where_all_is_well_nothing_is_asked() -> None:
    assert found(**WELL) == []
    assert found(**WELL | {"health": {}}) == []  # not looked at yet


CASES: list[tuple[str, dict[str, Any], tuple[str, str, Target]]] = [
    (
        "the account is signed out",
        {"accounts": account(state=AccountState.RECONNECT, reason="Google withdrew it.")},
        ("failed", "reconnect", Target("account", "g")),
    ),
    (
        "the sign-in ends soon",
        {"accounts": account(token_expires_at=NOW + timedelta(days=2))},
        ("waiting", "sign_in_ends", Target("account", "g")),
    ),
    (
        "a run stopped",
        {"summaries": [summary(last=run(RunStatus.FAILED, reason="No.", code="bad_key"))]},
        ("failed", "mirror_failed", Target("run", "r")),
    ),
    (
        "some files failed",
        {"summaries": [summary(last=run(RunStatus.FAILED))]},
        ("failed", "mirror_failed", Target("run", "r")),
    ),
    (
        "the disk is not there",
        {"summaries": [summary(last=run(RunStatus.FAILED, reason="?", code="not_mounted"))]},
        ("failed", "disk_gone", Target("mirror", "m")),
    ),
    (
        "the disk is not there, and the mirror is paused",
        {
            "summaries": [
                summary(mirror(paused=True), run(RunStatus.FAILED, reason="?", code="not_mounted"))
            ]
        },
        ("idle", "disk_gone", Target("mirror", "m")),
    ),
    (
        "a run waits for an account that is well again",
        {
            "summaries": [
                summary(
                    mirror(**GOOGLE | {"options": {}}), run(RunStatus.WAITING, code="reconnect")
                )
            ]
        },
        ("failed", "reconnect", Target("account", "g")),
    ),
    (
        "the connection does not work",
        {"health": health(ok=False, problem="Nothing answers.", hint="Look.", code="unreachable")},
        ("failed", "connection", Target("connection", "c")),
    ),
    (
        "the key lacks what is needed",
        {"health": health(ok=False, missing=frozenset({"asset.download"}), problem="It lacks it.")},
        ("failed", "connection", Target("connection", "c")),
    ),
    (
        "the key lacks something for comfort",
        {"health": health(missing=frozenset({"asset.view"}))},
        ("idle", "permissions", Target("connection", "c")),
    ),
    (
        "the disk is nearly full",
        {"disks": [disk(free=4)]},
        ("waiting", "disk_full", Target("mirror", "m")),
    ),
    (
        "the disk has less than is left free",
        {"disks": [disk(free=4, min_free=5)]},
        ("failed", "disk_full", Target("mirror", "m")),
    ),
    (
        "the disk hangs",
        {"disks": [disk(problem="The disk does not answer.")]},
        ("failed", "disk", Target("mirror", "m")),
    ),
    (
        "removals are held",
        {
            "summaries": [summary(last=run(RunStatus.OK))],
            "held": {"m": [Held("too_many", 90, "90 of 100 files would go")]},
        },
        ("waiting", "removals_held", Target("mirror", "m")),
    ),
    (
        "the account may not remove",
        {
            "summaries": [summary(mirror(**GOOGLE), run(RunStatus.OK))],
            "held": {"m": [Held("not_granted", 0, "not granted")]},
        },
        ("waiting", "not_granted", Target("account", "g")),
    ),
    (
        "the gateway does not live",
        {"dead_port": 3000},
        ("failed", "gateway", Target("system", "gateway")),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_one_thing_that_is_wrong(given: dict[str, Any], wanted: tuple[str, str, Target]) -> None:
    (one,) = found(**WELL | given)
    assert (one.tone, one.code, one.target) == wanted
    assert str(one.title)
    assert "%(" not in f"{one.title}{one.text}{one.action}"
    assert one.action is not None


def test_the_words() -> None:
    (one,) = found(summaries=[summary(last=run(RunStatus.FAILED))])
    assert str(one.title) == "Falcon watch is not complete"
    assert str(one.text) == "Failed: 3 of 214. The run tells why for each."
    assert one.title.said(lambda text: text.upper().replace("MIRROR)S", "mirror)s")) == (
        "Falcon watch IS NOT COMPLETE"
    )
    (one,) = found(disks=[disk(free=4)])
    assert one.text.said(show=lambda value: f"<{value}>").startswith("Free: <4 bytes> of <100")
    (one,) = found(dead_port=3000)
    shown = one.text.said(show=lambda value: f"{value:,}" if isinstance(value, int) else value)
    assert "port 3000 get no answer" in shown  # it is no amount


def test_the_account_is_told_once_and_not_for_each_mirror_that_waits_for_it() -> None:
    waits = summary(mirror(**GOOGLE), run(RunStatus.WAITING, code="reconnect", reason="Out."))
    accounts = account(state=AccountState.RECONNECT, reason="Out.")
    assert [one.code for one in found(accounts=accounts, summaries=[waits, waits])] == ["reconnect"]


def test_a_full_disk_is_told_once() -> None:
    stopped = summary(last=run(RunStatus.FAILED, reason="Full.", code="disk_full"))
    things = found(summaries=[stopped], disks=[disk(free=1)])
    assert [one.code for one in things] == ["mirror_failed"]


def test_an_account_that_may_not_remove_is_told_only_where_a_mirror_wants_it() -> None:
    keeps = mirror(**GOOGLE | {"options": {"account": "g", "removals": "keep"}})
    assert found(accounts=[ACCOUNT], summaries=[summary(keeps)]) == []
    granted = account(scopes=frozenset({"appendonly", "edit.appcreateddata"}))
    assert found(accounts=granted, summaries=[summary(mirror(**GOOGLE))]) == []


def test_the_worst_comes_first() -> None:
    things: Sequence[Attention] = found(
        accounts=account(token_expires_at=NOW + timedelta(hours=1)),
        summaries=[summary(last=run(RunStatus.FAILED))],
        connections=[CONNECTION],
        health=health(missing=frozenset({"asset.view"})),
    )
    assert [one.tone for one in things] == ["failed", "waiting", "idle"]
