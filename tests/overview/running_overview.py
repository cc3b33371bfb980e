"""Records as the store gives them, for the tests of what is said about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pentaprism.overview.mirrors import MirrorSummary
from pentaprism.overview.states import state_of
from pentaprism.store.records import (
    Account,
    AccountState,
    Connection,
    Counters,
    Mirror,
    Run,
    RunStatus,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

MIRROR = Mirror(
    id="m",
    connection_id="c",
    album_id="a",
    album_name="Falcon watch",
    kind="local_folder",
    place="/srv/mirror",
    options={"path": "/srv/mirror"},
    paused=False,
    remote_album_id=None,
    remote_album_title=None,
    created_at=NOW,
)

CONNECTION = Connection(
    id="c",
    name="Home",
    url="http://immich.test",
    user_id="o",
    user_name="Ada",
    user_email="ada@example.test",
    server_version="3.1.0",
    api_key="key",
    ca_file=None,
    created_at=NOW,
    owner_id="o",
    home=True,
)

ACCOUNT = Account(
    id="g",
    owner_id="o",
    name="studio",
    subject=None,
    email=None,
    base_url=None,
    client_id="client",
    client_secret="secret",
    refresh_token="token",
    scopes=frozenset({"appendonly"}),
    state=AccountState.CONNECTED,
    reason=None,
    token_expires_at=None,
    connected_at=NOW,
    created_at=NOW,
)


def mirror(**changes: Any) -> Mirror:
    return replace(MIRROR, **changes)


def run(status: RunStatus, **changes: Any) -> Run:
    ended = status not in {RunStatus.RUNNING, RunStatus.WAITING}
    made = Run(
        id="r",
        mirror_id="m",
        status=status,
        counters=Counters(total=176, uploaded=100, skipped=73, failed=3),
        reason=None,
        waits_until=None,
        started_at=NOW - timedelta(hours=1),
        finished_at=NOW if ended else None,
        expected=214,
    )
    return replace(made, **changes)


def summary(of: Mirror = MIRROR, last: Run | None = None, *, live: bool = False) -> MirrorSummary:
    return MirrorSummary(
        mirror=of,
        place=of.place,
        kind_label="Folder",
        icon="folder" if of.kind == "local_folder" else "cloud",
        connection_name="Home",
        cover=None,
        last=last,
        state=state_of(of, last, live=live),
        live=live,
    )
