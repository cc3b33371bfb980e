"""The library index: roots and their files, assets, groups, and the stacks that were pushed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_roots()
    _make_library_folders()
    _make_library_files()
    _make_file_groups()
    _make_group_members()
    _make_group_decisions()
    _make_stack_pushes()
    _make_stack_changes()
    _make_pushed_stacks()


def _index_where(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _make_roots() -> None:
    op.create_table(
        "roots",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Text),
        sa.Column("immich_path", sa.Text),
        sa.Column("watching", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("scanned_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roots"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_roots_connection_id",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint("path", name="uq_roots_path"),
    )
    op.create_index("ix_roots_owner_id", "roots", ["owner_id"])


def _make_library_folders() -> None:
    op.create_table(
        "library_folders",
        sa.Column("root_id", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("root_id", "path", name="pk_library_folders"),
        sa.ForeignKeyConstraint(
            ["root_id"], ["roots.id"], name="fk_library_folders_root_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _make_library_files() -> None:
    op.create_table(
        "library_files",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("root_id", sa.Text),
        sa.Column("connection_id", sa.Text),
        sa.Column("asset_id", sa.Text),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("mime_type", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("mtime_ns", sa.BigInteger),
        sa.Column("inode", sa.BigInteger),
        sa.Column("sha1", sa.LargeBinary),
        sa.Column("sha256", sa.LargeBinary),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("precision", sa.Text, nullable=False),
        sa.Column("in_utc", sa.Boolean, nullable=False),
        sa.Column("camera", sa.Text),
        sa.Column("content_identifier", sa.Text),
        sa.Column("burst_id", sa.Text),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("orientation", sa.Integer),
        sa.Column("read_version", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("missing_at", sa.BigInteger),
        sa.Column("twin_row", _ROW_NUMBER),
        sa.Column("stack_id", sa.Text),
        sa.Column("stack_first", sa.Boolean, nullable=False),
        sa.Column("folder_key", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("burst_key", sa.Text),
        sa.Column("grouped", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("row", name="pk_library_files"),
        sa.ForeignKeyConstraint(
            ["root_id"], ["roots.id"], name="fk_library_files_root_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_library_files_connection_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["twin_row"],
            ["library_files.row"],
            name="fk_library_files_twin_row",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint(
            "root_id", "folder", "name", name="uq_library_files_root_id_folder_name"
        ),
        sa.UniqueConstraint(
            "connection_id", "asset_id", name="uq_library_files_connection_id_asset_id"
        ),
        sqlite_autoincrement=True,
    )
    _index_where("ix_library_files_burst_id", "library_files", "burst_id", "burst_id IS NOT NULL")
    _index_where(
        "ix_library_files_burst_key", "library_files", "burst_key", "burst_key IS NOT NULL"
    )
    _index_where(
        "ix_library_files_content_identifier",
        "library_files",
        "content_identifier",
        "content_identifier IS NOT NULL",
    )
    _index_where("ix_library_files_inode", "library_files", "inode", "inode IS NOT NULL")
    _index_where(
        "ix_library_files_missing_at", "library_files", "missing_at", "missing_at IS NOT NULL"
    )
    op.create_index("ix_library_files_neighbours", "library_files", ["folder_key", "name_key"])
    _index_where("ix_library_files_sha1", "library_files", "sha1", "sha1 IS NOT NULL")
    _index_where("ix_library_files_stack_id", "library_files", "stack_id", "stack_id IS NOT NULL")
    op.create_index("ix_library_files_taken_at", "library_files", ["folder_key", "taken_at"])
    _index_where("ix_library_files_twin_row", "library_files", "twin_row", "twin_row IS NOT NULL")
    _index_where("ix_library_files_ungrouped", "library_files", "row", "NOT grouped")
    _index_where("ix_library_files_unread", "library_files", "row", "read_version = 0")


def _make_file_groups() -> None:
    op.create_table(
        "file_groups",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("primary_row", _ROW_NUMBER, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_groups"),
        sa.ForeignKeyConstraint(
            ["primary_row"],
            ["library_files.row"],
            name="fk_file_groups_primary_row",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_file_groups_owner_id_taken_at_id", "file_groups", ["owner_id", "taken_at", "id"]
    )
    op.create_index("ix_file_groups_primary_row", "file_groups", ["primary_row"])
    op.create_index("ix_file_groups_source_id_type", "file_groups", ["source_id", "type"])


def _make_group_members() -> None:
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("primary", sa.Boolean, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("rule", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("file_row", "level", name="pk_group_members"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["file_groups.id"], name="fk_group_members_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["file_row"],
            ["library_files.row"],
            name="fk_group_members_file_row",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_group_members_group_id", "group_members", ["group_id"])


def _make_group_decisions() -> None:
    op.create_table(
        "group_decisions",
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.Column("apart", sa.Text),
        sa.Column("together", sa.Text),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_group_decisions"),
        sa.ForeignKeyConstraint(
            ["file_row"],
            ["library_files.row"],
            name="fk_group_decisions_file_row",
            ondelete="CASCADE",
        ),
    )


def _make_stack_pushes() -> None:
    op.create_table(
        "stack_pushes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("undone_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_stack_pushes"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_stack_pushes_connection_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_stack_pushes_connection_id_started_at", "stack_pushes", ["connection_id", "started_at"]
    )


def _make_stack_changes() -> None:
    op.create_table(
        "stack_changes",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("push_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("stack_id", sa.Text),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("row", name="pk_stack_changes"),
        sa.ForeignKeyConstraint(
            ["push_id"], ["stack_pushes.id"], name="fk_stack_changes_push_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stack_changes_push_id_row", "stack_changes", ["push_id", "row"])


def _make_pushed_stacks() -> None:
    op.create_table(
        "pushed_stacks",
        sa.Column("stack_id", sa.Text, nullable=False),
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("push_id", sa.Text, nullable=False),
        sa.Column("asset_ids", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("stack_id", "connection_id", name="pk_pushed_stacks"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_pushed_stacks_connection_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["push_id"], ["stack_pushes.id"], name="fk_pushed_stacks_push_id", ondelete="CASCADE"
        ),
    )
