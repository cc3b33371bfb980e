"""Mirrors as answers tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import ALBUM_ID, CONNECTION_ID, MIRROR_ID, RUN_ID, WHEN, Answer, example
from pentaprism.api.run_bodies import ProgressBody, RunBody
from pentaprism.api.schedules import ScheduleBody, schedule_body
from pentaprism.overview.mirrors import MirrorSummary
from pentaprism.overview.states import Action, MirrorState, Situation, Tone
from pentaprism.store import ItemState, JsonObject

_STATE = {
    "name": "ok",
    "situation": "up_to_date",
    "word": "Up to date",
    "action": "run",
    "done": 119,
    "of": 120,
    "failed": 1,
    "at": WHEN,
    "until": None,
    "reason": None,
    "code": None,
    "run_id": RUN_ID,
    "elsewhere": False,
}
MIRROR = {
    "id": MIRROR_ID,
    "connection_id": CONNECTION_ID,
    "connection_name": "Home",
    "album_id": ALBUM_ID,
    "album_name": "Summer",
    "kind": "local_folder",
    "kind_label": "Folder",
    "place": "/photos/summer",
    "options": {"path": "/photos/summer", "removals": "keep"},
    "schedule": {"interval_minutes": None, "cron": "0 3 * * *", "jitter_seconds": 300},
    "paused": False,
    "next_run_at": "2026-06-02T03:00:00Z",
    "created_at": WHEN,
    "state": _STATE,
    "last_run": None,
}


class StateBody(Answer):
    """How a mirror stands."""

    model_config = Answer.model_config | example(**_STATE)

    name: Tone = Field(description="The tone of it.")
    situation: Situation = Field(description="What the mirror is at, for programs.")
    word: str = Field(description="The same in English.")
    action: Action | None = Field(description="What fits to be done next.")
    done: int = Field(description="Assets that are there, as of the last run.")
    of: int | None = Field(description="Assets of the album; null where that is not known.")
    failed: int = Field(description="Assets that could not be put.")
    at: datetime | None = Field(description="When the last run ended, or began.")
    until: datetime | None = Field(description="When it goes on by itself.")
    reason: str | None = Field(description="What the last run tells.")
    code: str | None = Field(description="The reason for programs.")
    run_id: str | None = Field(description="The last run.")
    elsewhere: bool = Field(description="Whether the run is not one of this server.")

    @classmethod
    def of_state(cls, state: MirrorState) -> Self:
        """Return what is told of ``state``."""
        return cls(**{name: getattr(state, name) for name in cls.model_fields})


class MirrorBody(Answer):
    """An album that is kept equal at a destination."""

    model_config = Answer.model_config | example(**MIRROR)

    id: str = Field(description="Its id.")
    connection_id: str = Field(description="The connection it reads from.")
    connection_name: str = Field(description="The name of that connection.")
    album_id: str = Field(description="The album in Immich.")
    album_name: str = Field(description="Its name in Immich when last seen.")
    kind: str = Field(description="The kind of destination; see /api/destinations.")
    kind_label: str = Field(description="The kind for people.")
    place: str = Field(description="Where it writes, for people: a folder, or an account.")
    options: JsonObject = Field(description="What was chosen; see /api/destinations.")
    schedule: ScheduleBody | None = Field(description="When it runs; null for by hand alone.")
    paused: bool = Field(description="Whether it rests until it is resumed.")
    next_run_at: datetime | None = Field(description="When its next run is due.")
    created_at: datetime = Field(description="When it was made.")
    state: StateBody = Field(description="How it stands.")
    last_run: RunBody | None = Field(description="Its newest run; null before the first one.")

    @classmethod
    def of(cls, summary: MirrorSummary) -> Self:
        """Return what is told of a mirror."""
        return cls(**_values(summary))


class MirrorDetail(MirrorBody):
    """A mirror with its items counted, and how far its run is."""

    model_config = Answer.model_config | example(**MIRROR, items={"OK": 119}, progress=None)

    items: dict[ItemState, int] = Field(description="How many shots there are in each state.")
    progress: ProgressBody | None = Field(description="Null when no run is at work here.")

    @classmethod
    def of_all(
        cls, summary: MirrorSummary, items: dict[ItemState, int], progress: ProgressBody | None
    ) -> Self:
        """Return all that is told of a mirror."""
        return cls(**_values(summary), items=items, progress=progress)


def _values(summary: MirrorSummary) -> JsonObject:
    mirror = summary.mirror
    return {
        "id": mirror.id,
        "connection_id": mirror.connection_id,
        "connection_name": summary.connection_name,
        "album_id": mirror.album_id,
        "album_name": mirror.album_name,
        "kind": mirror.kind,
        "kind_label": summary.kind_label,
        "place": summary.place,
        "options": mirror.options,
        "schedule": schedule_body(mirror.schedule),
        "paused": mirror.paused,
        "next_run_at": mirror.next_run_at,
        "created_at": mirror.created_at,
        "state": StateBody.of_state(summary.state),
        "last_run": RunBody.of(summary.last) if summary.last else None,
    }
