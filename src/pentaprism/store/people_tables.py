"""The tables of people and what is theirs, as the newest migration leaves them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from pentaprism.store.columns import AnyText, Instant, Word
from pentaprism.store.people_records import SignInMethod
from pentaprism.store.records import JsonObject
from pentaprism.store.tables import RowNumber, metadata


class _People(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    server_url: Named[str] = Column(AnyText)
    name: Named[str] = Column(AnyText)
    email: Named[str] = Column(AnyText)
    is_admin: Named[bool] = Column(Boolean)
    preferences: Named[JsonObject] = Column(JSON)
    notification_urls_token: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)


class _Sessions(TypedColumns):
    digest: Named[bytes] = Column(LargeBinary, primary_key=True)
    person_id: Named[str] = Column(AnyText, ForeignKey("people.id", ondelete="CASCADE"))
    server_url: Named[str] = Column(AnyText)
    method: Named[SignInMethod] = Column(Word(SignInMethod))
    credential_token: Named[str] = Column(Text)
    user_agent: Named[str] = Column(AnyText)
    created_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)
    checked_at: Named[datetime] = Column(Instant)
    expires_at: Named[datetime] = Column(Instant)


class _ApiTokens(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    person_id: Named[str] = Column(AnyText, ForeignKey("people.id", ondelete="CASCADE"))
    name: Named[str] = Column(AnyText)
    digest: Named[bytes] = Column(LargeBinary)
    created_at: Named[datetime] = Column(Instant)
    last_used_at: Named[datetime | None] = Column(Instant)
    expires_at: Named[datetime | None] = Column(Instant)


class _Notices(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    person_id: Named[str] = Column(AnyText, ForeignKey("people.id", ondelete="CASCADE"))
    at: Named[datetime] = Column(Instant)
    kind: Named[str] = Column(AnyText)
    mirror_id: Named[str | None] = Column(AnyText)
    title: Named[str] = Column(AnyText)
    body: Named[str] = Column(AnyText)
    error: Named[str | None] = Column(AnyText)


class _ProgramSettings(TypedColumns):
    name: Named[str] = Column(AnyText, primary_key=True)
    value: Named[Any] = Column(JSON, nullable=False)


people = Table("people", metadata, _People)

sessions = Table(
    "sessions", metadata, _Sessions, Index(None, "expires_at"), Index(None, "person_id")
)

api_tokens = Table(
    "api_tokens", metadata, _ApiTokens, UniqueConstraint("digest"), Index(None, "person_id")
)

# A notice outlives the mirror that it tells of, so that it only names it.
notices = Table("notices", metadata, _Notices, Index(None, "person_id", "row"))

program_settings = Table("program_settings", metadata, _ProgramSettings)
