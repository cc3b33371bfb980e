"""The journal of what was decided about duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_reviews()
    _make_resolutions()
    _make_resolution_steps()


def _make_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("undone_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_owner_id_started_at", "reviews", ["owner_id", "started_at"])


def _make_resolutions() -> None:
    op.create_table(
        "resolutions",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("review_id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("keeper_asset_id", sa.Text),
        sa.Column("snapshot", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("row", name="pk_resolutions"),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name="fk_resolutions_review_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_resolutions_connection_id",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint("id", name="uq_resolutions_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_resolutions_owner_id_row", "resolutions", ["owner_id", "row"])
    op.create_index("ix_resolutions_review_id_row", "resolutions", ["review_id", "row"])
    op.create_index("ix_resolutions_connection_id", "resolutions", ["connection_id"])
    for name, column, condition in (
        ("ix_resolutions_under_way", "row", "state IN ('intended', 'rolling_back', 'undoing')"),
        ("ix_resolutions_keeper_asset_id", "keeper_asset_id", "keeper_asset_id IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "resolutions", [column], sqlite_where=where, postgresql_where=where)


def _make_resolution_steps() -> None:
    op.create_table(
        "resolution_steps",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("resolution_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asset_id", sa.Text),
        sa.Column("target", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("row", name="pk_resolution_steps"),
        sa.ForeignKeyConstraint(
            ["resolution_id"],
            ["resolutions.id"],
            name="fk_resolution_steps_resolution_id",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_resolution_steps_resolution_id_row", "resolution_steps", ["resolution_id", "row"]
    )
