"""People and their sessions, owners, schedules, notices, and what the pages ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _give_connections_an_owner()
    op.add_column("mirrors", sa.Column("schedule", sa.JSON))
    op.add_column("mirrors", sa.Column("next_run_at", sa.BigInteger))
    op.create_index("ix_mirrors_next_run_at", "mirrors", ["next_run_at"])
    op.add_column("runs", sa.Column("started_by", sa.Text, nullable=False, server_default="person"))
    op.add_column("runs", sa.Column("expected", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("code", sa.Text))
    unfinished = sa.text("status IN ('RUNNING', 'WAITING')")
    op.create_index(
        "ix_runs_unfinished",
        "runs",
        ["status"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    not_ok = sa.text("state <> 'OK'")
    op.create_index(
        "ix_items_not_ok",
        "items",
        ["mirror_id", "state", "row"],
        sqlite_where=not_ok,
        postgresql_where=not_ok,
    )
    companion = sa.text("role <> 'primary'")
    op.create_index(
        "ix_items_companions",
        "items",
        ["mirror_id", "state"],
        sqlite_where=companion,
        postgresql_where=companion,
    )
    op.add_column("consents", sa.Column("owner_id", sa.Text))
    _make_people()
    _make_what_people_have()
    op.create_table(
        "program_settings",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_program_settings"),
    )


def _give_connections_an_owner() -> None:
    op.add_column("connections", sa.Column("owner_id", sa.Text))
    op.add_column("connections", sa.Column("home", sa.Boolean))
    op.execute("UPDATE connections SET owner_id = user_id, home = true")
    # In SQLite this makes the table anew under its own name, which mirrors go on referring to:
    # https://www.sqlite.org/lang_altertable.html#otheralter. Foreign keys are not enforced here.
    with op.batch_alter_table("connections") as batch:
        batch.alter_column("owner_id", existing_type=sa.Text, nullable=False)
        batch.alter_column("home", existing_type=sa.Boolean, nullable=False)
        batch.drop_constraint("uq_connections_user_id", type_="unique")
        batch.create_unique_constraint("uq_connections_owner_id_user_id", ["owner_id", "user_id"])


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("server_url", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        sa.Column("preferences", sa.JSON, nullable=False),
        sa.Column("notification_urls_token", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )


def _make_what_people_have() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("server_url", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("credential_token", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        _of_person("sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        _of_person("api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_index("ix_api_tokens_person_id", "api_tokens", ["person_id"])
    op.create_table(
        "notices",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("mirror_id", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("row", name="pk_notices"),
        _of_person("notices"),
    )
    op.create_index("ix_notices_person_id_row", "notices", ["person_id", "row"])


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"], ["people.id"], name=f"fk_{table}_person_id", ondelete="CASCADE"
    )
