"""What the journal of decisions holds: reviews, decisions in them, and the steps of each.

A decision is about shots that are duplicates. Where it changes something in Immich, all its steps
are written down before the first is asked for, and each once more before and after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

type Snapshot = dict[str, Any]
"""What a decision was about, as JSON."""


class DecisionKind(StrEnum):
    """What a person decided about duplicates.

    ``keep`` keeps one shot and puts the assets of the others into Immich's trash, ``mark`` only
    notes the others. ``not_duplicate`` and ``keep_all`` are lasting verdicts.
    """

    KEEP = "keep"
    MARK = "mark"
    NOT_DUPLICATE = "not_duplicate"
    KEEP_ALL = "keep_all"


class ResolutionState(StrEnum):
    """How far a decision is.

    ``intended``, ``rolling_back`` and ``undoing`` are under way, or were when the program ended:
    the next use of the connection brings them to their end. ``done`` was read back as it was
    planned, ``partly`` was carried out and something reads otherwise. ``failed`` was rolled back:
    nothing of it is left in Immich, but what its error tells.
    """

    INTENDED = "intended"
    DONE = "done"
    PARTLY = "partly"
    ROLLING_BACK = "rolling_back"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


UNDER_WAY = frozenset(
    {ResolutionState.INTENDED, ResolutionState.ROLLING_BACK, ResolutionState.UNDOING}
)
"""The states of decisions that have to be brought to their end."""


class StepKind(StrEnum):
    """What a step changes in Immich."""

    ALBUM = "album"
    COVER = "cover"
    METADATA = "metadata"
    TAGS = "tags"
    UNSTACK = "unstack"
    STACK = "stack"
    SHOW_FIRST = "show_first"
    TRASH = "trash"


class LineState(StrEnum):
    """How far a step is; ``kept`` was not taken back, and its error says why."""

    PLANNED = "planned"
    INTENDED = "intended"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as it is planned: the value before it, and the one after.

    ``asset_id`` is the asset that it changes, None for stacks and the trash. ``target`` is the id
    of the album or stack, and ``name`` what people call the album. ``before`` and ``after`` are

    - ``album``: whether the asset is in it;
    - ``cover``: the id of the asset that the album shows;
    - ``metadata``: those of ``favourite``, ``description``, ``rating`` and ``place`` (latitude and
      longitude, or None) that change, by name;
    - ``tags``: nothing, and the tags that are added, each as its id and its path;
    - ``stack``, ``unstack`` and ``show_first``: the ids of its assets, the primary first;
    - ``trash``: nothing, and the ids of the assets.
    """

    kind: StepKind
    asset_id: str | None
    target: str | None
    name: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ResolutionStep:
    """A line of the journal; see `PlannedStep`. ``row`` orders the lines of a decision."""

    row: int
    resolution_id: str
    kind: StepKind
    state: LineState
    asset_id: str | None
    target: str | None
    name: str | None
    before: Any
    after: Any
    error: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """Decisions that were made together, such as all of a bulk.

    ``note`` is a word of whoever began it. It is under way until ``ended_at``.
    """

    id: str
    owner_id: str
    note: str
    started_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decision. ``row`` grows with each of them, so that it orders them.

    ``connection_id`` is where its assets are, None where it changes nothing in Immich, or where
    the connection is gone. ``keeper_asset_id`` is what the others were merged into. ``error`` is
    what went otherwise than it should, in sentences.
    """

    row: int
    id: str
    review_id: str
    owner_id: str
    connection_id: str | None
    kind: DecisionKind
    state: ResolutionState
    keeper_asset_id: str | None
    snapshot: Snapshot
    error: str | None
    decided_at: datetime
    ended_at: datetime | None
