"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    literal_column,
)

from pentaprism.assets import Role
from pentaprism.store.columns import AnyText, Instant, Word
from pentaprism.store.records import AccountState, ItemState, JsonObject, RunStatus, StartedBy

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowNumber = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only where the type is spelt INTEGER."""


class _Connections(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    name: Named[str] = Column(AnyText)
    url: Named[str] = Column(AnyText)
    user_id: Named[str] = Column(AnyText)
    user_name: Named[str] = Column(AnyText)
    user_email: Named[str] = Column(AnyText)
    server_version: Named[str] = Column(AnyText)
    api_key_token: Named[str] = Column(Text)
    ca_file: Named[str | None] = Column(AnyText)
    created_at: Named[datetime] = Column(Instant)
    saved_at: Named[datetime] = Column(Instant)
    owner_id: Named[str] = Column(AnyText)
    home: Named[bool] = Column(Boolean)


class _Mirrors(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    connection_id: Named[str] = Column(AnyText, ForeignKey("connections.id", ondelete="RESTRICT"))
    album_id: Named[str] = Column(AnyText)
    album_name: Named[str] = Column(AnyText)
    kind: Named[str] = Column(AnyText)
    place: Named[str] = Column(AnyText)
    options: Named[JsonObject] = Column(JSON)
    paused: Named[bool] = Column(Boolean)
    remote_album_id: Named[str | None] = Column(AnyText)
    remote_album_title: Named[str | None] = Column(AnyText)
    created_at: Named[datetime] = Column(Instant)
    # Without a schedule it is null, which can be asked for, and not JSON's null.
    schedule: Named[JsonObject | None] = Column(JSON(none_as_null=True))
    next_run_at: Named[datetime | None] = Column(Instant)


class _Items(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    mirror_id: Named[str] = Column(AnyText, ForeignKey("mirrors.id", ondelete="CASCADE"))
    asset_id: Named[str] = Column(AnyText)
    shot_id: Named[str] = Column(AnyText)
    role: Named[Role] = Column(Word(Role))
    state: Named[ItemState] = Column(Word(ItemState))
    path: Named[str | None] = Column(AnyText)
    path_key: Named[str | None] = Column(AnyText)
    remote_id: Named[str | None] = Column(AnyText)
    checksum: Named[bytes | None] = Column(LargeBinary)
    sha1: Named[bytes | None] = Column(LargeBinary)
    size: Named[int | None] = Column(BigInteger)
    mtime_ns: Named[int | None] = Column(BigInteger)
    verified: Named[bool] = Column(Boolean)
    filename: Named[str] = Column(AnyText)
    taken_at: Named[datetime] = Column(Instant)
    asset_updated_at: Named[datetime] = Column(Instant)
    attempts: Named[int] = Column(Integer)
    error_code: Named[str | None] = Column(AnyText)
    error: Named[str | None] = Column(AnyText)
    staged_at: Named[datetime | None] = Column(Instant)


class _Runs(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    mirror_id: Named[str] = Column(AnyText, ForeignKey("mirrors.id", ondelete="CASCADE"))
    status: Named[RunStatus] = Column(Word(RunStatus))
    total: Named[int] = Column(BigInteger)
    uploaded: Named[int] = Column(BigInteger)
    skipped: Named[int] = Column(BigInteger)
    failed: Named[int] = Column(BigInteger)
    removed: Named[int] = Column(BigInteger)
    bytes: Named[int] = Column(BigInteger)
    reason: Named[str | None] = Column(AnyText)
    waits_until: Named[datetime | None] = Column(Instant)
    started_at: Named[datetime] = Column(Instant)
    finished_at: Named[datetime | None] = Column(Instant)
    started_by: Named[StartedBy] = Column(Word(StartedBy), server_default=StartedBy.PERSON.value)
    expected: Named[int] = Column(BigInteger, server_default="0")
    code: Named[str | None] = Column(AnyText)


class _RunEvents(TypedColumns):
    row: Named[int] = Column(RowNumber, primary_key=True)
    run_id: Named[str] = Column(AnyText, ForeignKey("runs.id", ondelete="CASCADE"))
    code: Named[str] = Column(AnyText)
    level: Named[str] = Column(AnyText)
    message: Named[str] = Column(AnyText)
    at: Named[datetime] = Column(Instant)
    asset_id: Named[str | None] = Column(AnyText)
    filename: Named[str | None] = Column(AnyText)
    details: Named[JsonObject] = Column(JSON)


class _Accounts(TypedColumns):
    id: Named[str] = Column(AnyText, primary_key=True)
    owner_id: Named[str | None] = Column(AnyText)
    name: Named[str] = Column(AnyText)
    subject: Named[str | None] = Column(AnyText)
    email: Named[str | None] = Column(AnyText)
    base_url: Named[str | None] = Column(AnyText)
    client_id: Named[str] = Column(AnyText)
    client_secret_token: Named[str] = Column(Text)
    refresh_token_token: Named[str | None] = Column(Text)
    scopes: Named[str] = Column(AnyText)
    state: Named[AccountState] = Column(Word(AccountState))
    reason: Named[str | None] = Column(AnyText)
    token_expires_at: Named[datetime | None] = Column(Instant)
    connected_at: Named[datetime] = Column(Instant)
    created_at: Named[datetime] = Column(Instant)


class _Consents(TypedColumns):
    state: Named[str] = Column(AnyText, primary_key=True)
    verifier_token: Named[str] = Column(Text)
    redirect_uri: Named[str] = Column(AnyText)
    scopes: Named[str] = Column(AnyText)
    account_id: Named[str | None] = Column(AnyText, ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Named[str | None] = Column(AnyText)
    base_url: Named[str | None] = Column(AnyText)
    client_id: Named[str] = Column(AnyText)
    client_secret_token: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    owner_id: Named[str | None] = Column(AnyText)


class _Contents(TypedColumns):
    account_id: Named[str] = Column(
        AnyText, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    key: Named[bytes] = Column(LargeBinary, primary_key=True)
    token: Named[str | None] = Column(AnyText)
    uploaded_at: Named[datetime | None] = Column(Instant)
    sent_in: Named[str | None] = Column(AnyText)
    media_item_id: Named[str | None] = Column(AnyText)


class _RequestDays(TypedColumns):
    project: Named[str] = Column(AnyText, primary_key=True)
    day: Named[str] = Column(AnyText, primary_key=True)
    requests: Named[int] = Column(BigInteger)
    exhausted: Named[bool] = Column(Boolean)


connections = Table(
    "connections",
    metadata,
    _Connections,
    UniqueConstraint("owner_id", "user_id"),
)

mirrors = Table(
    "mirrors",
    metadata,
    _Mirrors,
    UniqueConstraint("connection_id", "album_id", "kind", "place"),
    Index(None, "kind", "place"),
    Index(None, "next_run_at"),
)

# AUTOINCREMENT, so that the number of a row that is gone is never given to another one: a change
# that still names it must not hit a stranger.
items = Table(
    "items",
    metadata,
    _Items,
    UniqueConstraint("mirror_id", "path_key"),
    Index(None, "mirror_id", "row"),
    # By the shot alone: with the mirror in front, the index would be twice as large and claims
    # half as fast, and an asset is in few mirrors.
    Index("ix_items_shot_id", "shot_id"),
    Index(None, "sha1"),
    sqlite_autoincrement=True,
)

# A database takes a partial index where a query has its very condition: written out, not as bound
# values. Most items are as they should be, so the index of the others is small.
NOT_OK = items.c.state != literal_column("'OK'")
Index(
    "ix_items_not_ok",
    items.c.mirror_id,
    items.c.state,
    items.c.row,
    sqlite_where=NOT_OK,
    postgresql_where=NOT_OK,
)
COMPANION = items.c.role != literal_column("'primary'")
Index(
    "ix_items_companions",
    items.c.mirror_id,
    items.c.state,
    sqlite_where=COMPANION,
    postgresql_where=COMPANION,
)
# A primary's asset is its shot; the others are found by their own.
Index(
    "ix_items_companion_assets",
    items.c.asset_id,
    sqlite_where=COMPANION,
    postgresql_where=COMPANION,
)

runs = Table(
    "runs",
    metadata,
    _Runs,
    Index(None, "mirror_id", "started_at"),
    Index(None, "started_at"),
)

UNFINISHED = runs.c.status.in_([literal_column("'RUNNING'"), literal_column("'WAITING'")])
Index("ix_runs_unfinished", runs.c.status, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)

run_events = Table(
    "run_events",
    metadata,
    _RunEvents,
    Index(None, "run_id", "row"),
    sqlite_autoincrement=True,
)


# The same Google account is one account for each Immich user. Where Google does not tell which one
# it is, `subject` is null, and a null is equal to nothing.
accounts = Table(
    "accounts",
    metadata,
    _Accounts,
    UniqueConstraint("owner_id", "base_url", "subject"),
)

consents = Table("consents", metadata, _Consents)

# What an account holds, by content, whichever mirror brought it.
contents = Table("contents", metadata, _Contents, sqlite_with_rowid=False)

# Google counts requests by project and day, and a client id belongs to a project.
request_days = Table("request_days", metadata, _RequestDays)


def columns_of(record: type[Any], table: Table) -> list[Column[Any]]:
    """Return the columns of ``table`` in the order of the fields of the dataclass ``record``."""
    return [table.c[field.name] for field in fields(record)]
