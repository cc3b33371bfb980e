"""Google accounts, what they hold, and runs that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Upload tokens belong to the account, not to the item of one mirror.
    op.drop_column("items", "token")
    op.add_column("runs", sa.Column("waits_until", sa.BigInteger))
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("base_url", sa.Text),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("client_secret_token", sa.Text, nullable=False),
        sa.Column("refresh_token_token", sa.Text),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("token_expires_at", sa.BigInteger),
        sa.Column("connected_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint(
            "owner_id", "base_url", "subject", name="uq_accounts_owner_id_base_url_subject"
        ),
    )
    op.create_table(
        "consents",
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("verifier_token", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("base_url", sa.Text),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("client_secret_token", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_consents"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_consents_account_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "contents",
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("uploaded_at", sa.BigInteger),
        sa.Column("sent_in", sa.Text),
        sa.Column("media_item_id", sa.Text),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_contents"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_contents_account_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_days",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("exhausted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("project", "day", name="pk_request_days"),
    )
