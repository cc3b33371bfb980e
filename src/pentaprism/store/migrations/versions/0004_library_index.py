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
    _make_left_places()
    _make_file_groups()
    _make_group_members()
    _make_group_decisions()
    _make_stack_pushes()
    _make_stack_changes()
    _make_pushed_stacks()
    _make_triggers()


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
        sa.Column("files", sa.Integer, nullable=False),
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
    _index_where("ix_library_files_problem", "library_files", "problem", "problem IS NOT NULL")
    _index_where(
        "ix_library_files_read_version", "library_files", "read_version", "root_id IS NOT NULL"
    )
    _index_where("ix_library_files_sha1", "library_files", "sha1", "sha1 IS NOT NULL")
    _index_where("ix_library_files_stack_id", "library_files", "stack_id", "stack_id IS NOT NULL")
    op.create_index("ix_library_files_taken_at", "library_files", ["folder_key", "taken_at"])
    _index_where("ix_library_files_twin_row", "library_files", "twin_row", "twin_row IS NOT NULL")
    _index_where("ix_library_files_ungrouped", "library_files", "row", "NOT grouped")


def _make_left_places() -> None:
    op.create_table(
        "left_places",
        sa.Column("row", _ROW_NUMBER, nullable=False),
        sa.Column("folder_key", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("burst_key", sa.Text),
        sa.Column("content_identifier", sa.Text),
        sa.Column("burst_id", sa.Text),
        sa.Column("taken_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("row", name="pk_left_places"),
    )


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
        sa.Column("within", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_file_groups"),
        sa.ForeignKeyConstraint(
            ["primary_row"],
            ["library_files.row"],
            name="fk_file_groups_primary_row",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["within"], ["file_groups.id"], name="fk_file_groups_within", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_file_groups_primary_row", "file_groups", ["primary_row"])
    alone = sa.text("within IS NULL")
    for name, first in (("owner", "owner_id"), ("source", "source_id")):
        for suffix, columns in (("", [first]), ("_type", [first, "type"])):
            op.create_index(
                f"ix_file_groups_{name}{suffix}",
                "file_groups",
                [*columns, "taken_at", "id"],
                sqlite_where=alone,
                postgresql_where=alone,
            )
    _index_where("ix_file_groups_within", "file_groups", "within", "within IS NOT NULL")


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
    op.create_index("ix_group_decisions_together", "group_decisions", ["together"])


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


# Whoever writes need not know what grouping looks at. A table that is made anew loses its triggers:
# a later migration which does that with one of these has to make them again.
_TRIGGERS = (
    # Files near the place that a file has left may belong together now.
    """
    CREATE TRIGGER tr_library_files_left
    AFTER UPDATE OF folder_key, name_key, burst_key, content_identifier, burst_id, taken_at
    ON library_files
    WHEN OLD.folder_key <> NEW.folder_key
        OR OLD.name_key <> NEW.name_key
        OR OLD.burst_key IS NOT NULL AND OLD.burst_key IS NOT NEW.burst_key
        OR OLD.content_identifier IS NOT NULL
        AND OLD.content_identifier IS NOT NEW.content_identifier
        OR OLD.burst_id IS NOT NULL AND OLD.burst_id IS NOT NEW.burst_id
        OR OLD.taken_at IS NOT NULL AND OLD.taken_at IS NOT NEW.taken_at
    BEGIN
        INSERT INTO left_places (
            folder_key, name_key, burst_key, content_identifier, burst_id, taken_at
        ) VALUES (
            OLD.folder_key, OLD.name_key, OLD.burst_key, OLD.content_identifier, OLD.burst_id,
            OLD.taken_at
        );
    END
    """,
    # Also when the file goes, and the reference to it is set to null with it.
    """
    CREATE TRIGGER tr_library_files_twin AFTER UPDATE OF twin_row ON library_files
    WHEN OLD.twin_row IS NOT NEW.twin_row
    BEGIN
        UPDATE library_files SET grouped = 0 WHERE row IN (NEW.row, OLD.twin_row, NEW.twin_row);
    END
    """,
    # A stack in Immich counts for the file that is one of its assets.
    """
    CREATE TRIGGER tr_library_files_gone AFTER DELETE ON library_files
    WHEN OLD.twin_row IS NOT NULL AND OLD.stack_id IS NOT NULL
    BEGIN
        UPDATE library_files SET grouped = 0 WHERE row = OLD.twin_row;
    END
    """,
    # A stack that is no longer ours is somebody's word about its assets.
    """
    CREATE TRIGGER tr_pushed_stacks_gone AFTER DELETE ON pushed_stacks
    BEGIN
        UPDATE library_files SET grouped = 0
        WHERE stack_id = OLD.stack_id AND connection_id = OLD.connection_id;
    END
    """,
)


def _make_triggers() -> None:
    for trigger in _TRIGGERS:
        op.execute(trigger)
