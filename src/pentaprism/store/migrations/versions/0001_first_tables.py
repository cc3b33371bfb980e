"""Connections, mirrors, items, runs and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("user_email", sa.Text, nullable=False),
        sa.Column("server_version", sa.Text, nullable=False),
        sa.Column("api_key_token", sa.Text, nullable=False),
        sa.Column("ca_file", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.UniqueConstraint("user_id", name="uq_connections_user_id"),
    )
    op.create_table(
        "mirrors",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("album_id", sa.Text, nullable=False),
        sa.Column("album_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("remote_album_id", sa.Text),
        sa.Column("remote_album_title", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mirrors"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_mirrors_connection_id",
            ondelete="RESTRICT",
        ),
        sa.UniqueConstraint(
            "connection_id",
            "album_id",
            "kind",
            "place",
            name="uq_mirrors_connection_id_album_id_kind_place",
        ),
    )
    op.create_index("ix_mirrors_kind_place", "mirrors", ["kind", "place"])
    op.create_table(
        "items",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("mirror_id", sa.Text, nullable=False),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("shot_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("path_key", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("checksum", sa.LargeBinary),
        sa.Column("sha1", sa.LargeBinary),
        sa.Column("size", sa.BigInteger),
        sa.Column("mtime_ns", sa.BigInteger),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.Column("asset_updated_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("token", sa.Text),
        sa.Column("staged_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("row", name="pk_items"),
        sa.ForeignKeyConstraint(
            ["mirror_id"], ["mirrors.id"], name="fk_items_mirror_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("mirror_id", "path_key", name="uq_items_mirror_id_path_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_items_mirror_id_row", "items", ["mirror_id", "row"])
    op.create_index("ix_items_shot_id", "items", ["shot_id"])
    op.create_index("ix_items_sha1", "items", ["sha1"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("mirror_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("uploaded", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(
            ["mirror_id"], ["mirrors.id"], name="fk_runs_mirror_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_runs_mirror_id_started_at", "runs", ["mirror_id", "started_at"])
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "run_events",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("asset_id", sa.Text),
        sa.Column("filename", sa.Text),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_run_events"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_events_run_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_run_events_run_id_row", "run_events", ["run_id", "row"])
