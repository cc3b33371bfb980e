"""The tables of the journal of decisions, as the newest migration leaves them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Named,
    Table,
    TypedColumns,
    UniqueConstraint,
    literal_column,
)

from pentaprism.store.columns import AnyText, Instant, Word
from pentaprism.store.journal_records import DecisionKind, LineState, ResolutionState, StepKind
from pentaprism.store.tables import RowNumber, metadata


class _Reviews(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    owner_id: Named[str] = Column(AnyText)
    note: Named[str] = Column(AnyText)
    started_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)
    undone_at: Named[datetime | None] = Column(Instant)


class _Resolutions(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    id: Named[str] = Column(AnyText)
    review_id: Named[str] = Column(AnyText, ForeignKey("reviews.id", ondelete="CASCADE"))
    owner_id: Named[str] = Column(AnyText)
    connection_id: Named[str | None] = Column(
        AnyText, ForeignKey("connections.id", ondelete="SET NULL")
    )
    kind: Named[DecisionKind] = Column(Word(DecisionKind))
    state: Named[ResolutionState] = Column(Word(ResolutionState))
    keeper_asset_id: Named[str | None] = Column(AnyText)
    snapshot: Named[dict[str, Any]] = Column(JSON)
    error: Named[str | None] = Column(AnyText)
    decided_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)


class _ResolutionSteps(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    resolution_id: Named[str] = Column(AnyText, ForeignKey("resolutions.id", ondelete="CASCADE"))
    kind: Named[StepKind] = Column(Word(StepKind))
    state: Named[LineState] = Column(Word(LineState))
    asset_id: Named[str | None] = Column(AnyText)
    target: Named[str | None] = Column(AnyText)
    name: Named[str | None] = Column(AnyText)
    before: Named[Any] = Column(JSON)
    after: Named[Any] = Column(JSON)
    error: Named[str | None] = Column(AnyText)


reviews = Table("reviews", metadata, _Reviews, Index(None, "owner_id", "started_at"))

# AUTOINCREMENT: a decision that was forgotten must not make a newer one look older than it is.
resolutions = Table(
    "resolutions",
    metadata,
    _Resolutions,
    UniqueConstraint("id"),
    Index(None, "owner_id", "row"),
    Index(None, "review_id", "row"),
    Index(None, "connection_id"),
    sqlite_autoincrement=True,
)

_UNDER_WAY: ColumnElement[bool] = literal_column("state IN ('intended', 'rolling_back', 'undoing')")
_MERGED: ColumnElement[bool] = literal_column("keeper_asset_id IS NOT NULL")
Index(
    "ix_resolutions_under_way",
    resolutions.c.row,
    sqlite_where=_UNDER_WAY,
    postgresql_where=_UNDER_WAY,
)
Index(
    "ix_resolutions_keeper_asset_id",
    resolutions.c.keeper_asset_id,
    sqlite_where=_MERGED,
    postgresql_where=_MERGED,
)

resolution_steps = Table(
    "resolution_steps",
    metadata,
    _ResolutionSteps,
    Index(None, "resolution_id", "row"),
    sqlite_autoincrement=True,
)
