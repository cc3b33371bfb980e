"""Fingerprints of files, pairs and groups of duplicates, and what people said about them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add_what_people_gave()
    _make_fingerprints()
    _make_queues()
    _make_pairs()
    _make_groups()
    _make_members()
    _make_verdicts()
    _make_marks()
    _index_where("ix_library_files_sha256", "library_files", "sha256", "sha256 IS NOT NULL")
    _index_where("ix_library_files_size", "library_files", "size", "size > 0")
    for trigger in _TRIGGERS:
        op.execute(_whole(trigger))
    for trigger, row in _OF_MEMBERS:
        op.execute(_whole(trigger, row))
    op.execute(_whole(_FILL))


def _index_where(name: str, table: str, columns: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns.split(), sqlite_where=where, postgresql_where=where)


def _add_what_people_gave() -> None:
    # Columns are added without making the table anew, which would lose its triggers.
    for column in (
        sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("albums", sa.Integer, nullable=False, server_default="0"),
    ):
        op.add_column("library_files", column)


def _of_file(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["library_files.row"], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )


def _make_fingerprints() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("phash", sa.BigInteger),
        sa.Column("band_0", sa.SmallInteger),
        sa.Column("band_1", sa.SmallInteger),
        sa.Column("band_2", sa.SmallInteger),
        sa.Column("band_3", sa.SmallInteger),
        sa.Column("turned", sa.LargeBinary),
        sa.Column("content", sa.Float),
        sa.Column("flat", sa.Boolean, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("frames", sa.LargeBinary),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("searched", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_fingerprints"),
        _of_file("fingerprints", "file_row"),
    )
    for name in ("band_0", "band_1", "band_2", "band_3"):
        condition = f"{name} IS NOT NULL"
        _index_where(f"ix_fingerprints_{name}", "fingerprints", f"{name} phash", condition)
    for name in ("duration_ms", "problem"):
        _index_where(f"ix_fingerprints_{name}", "fingerprints", name, f"{name} IS NOT NULL")
    _index_where("ix_fingerprints_unsearched", "fingerprints", "file_row", "NOT searched")


def _make_queues() -> None:
    op.create_table(
        "unfingerprinted",
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_unfingerprinted"),
        _of_file("unfingerprinted", "file_row"),
    )
    op.create_table(
        "ungrouped_duplicates",
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_ungrouped_duplicates"),
    )


def _make_pairs() -> None:
    op.create_table(
        "duplicate_pairs",
        sa.Column("low", _ROW_NUMBER, nullable=False),
        sa.Column("high", _ROW_NUMBER, nullable=False),
        sa.Column("distance", sa.Integer),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("symmetry", sa.Integer, nullable=False),
        sa.Column("upscaled", _ROW_NUMBER),
        sa.PrimaryKeyConstraint("low", "high", name="pk_duplicate_pairs"),
        _of_file("duplicate_pairs", "low"),
        _of_file("duplicate_pairs", "high"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_duplicate_pairs_high", "duplicate_pairs", ["high"])


def _make_groups() -> None:
    op.create_table(
        "duplicate_groups",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("shots", sa.Integer, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("keeper", _ROW_NUMBER, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("bulk", sa.Boolean, nullable=False),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("leaves_immich", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_duplicate_groups"),
    )
    op.create_index("ix_duplicate_groups_owner", "duplicate_groups", ["owner_id", "bytes", "id"])
    op.create_index(
        "ix_duplicate_groups_owner_label",
        "duplicate_groups",
        ["owner_id", "label", "bytes", "id"],
    )


def _make_members() -> None:
    op.create_table(
        "duplicate_members",
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.Column("shot", _ROW_NUMBER, nullable=False),
        sa.Column("picture", sa.Boolean, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("hash", sa.Text),
        sa.Column("phash", sa.Text),
        sa.Column("score", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_duplicate_members"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["duplicate_groups.id"],
            name="fk_duplicate_members_group_id",
            ondelete="CASCADE",
        ),
        _of_file("duplicate_members", "file_row"),
    )
    op.create_index("ix_duplicate_members_group_id", "duplicate_members", ["group_id"])
    op.create_index("ix_duplicate_members_path", "duplicate_members", ["path"])


def _make_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", _ROW_NUMBER, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("low", _ROW_NUMBER, nullable=False),
        sa.Column("high", _ROW_NUMBER, nullable=False),
        sa.Column("low_sha1", sa.LargeBinary),
        sa.Column("high_sha1", sa.LargeBinary),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_index("ix_verdicts_owner_id", "verdicts", ["owner_id", "id"])
    op.create_index("ix_verdicts_low", "verdicts", ["low"])
    op.create_index("ix_verdicts_high", "verdicts", ["high"])
    for name in ("low_sha1", "high_sha1"):
        _index_where(f"ix_verdicts_{name}", "verdicts", name, f"{name} IS NOT NULL")


def _make_marks() -> None:
    op.create_table(
        "duplicate_marks",
        sa.Column("file_row", _ROW_NUMBER, nullable=False),
        sa.Column("keeper_row", _ROW_NUMBER, nullable=False),
        sa.Column("marked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("file_row", name="pk_duplicate_marks"),
        _of_file("duplicate_marks", "file_row"),
    )
    op.create_index("ix_duplicate_marks_keeper_row", "duplicate_marks", ["keeper_row"])


# Read into the statements below by their names.
_PARTS = {
    "@seen": "('image', 'raw', 'video')",
    # What can be searched for: neither flat pictures nor what could not be looked at.
    "@telling": "(band_0 IS NOT NULL OR frames IS NOT NULL)",
    "@has_pairs": """(
        EXISTS (SELECT 1 FROM duplicate_pairs WHERE low = OLD.row)
        OR EXISTS (SELECT 1 FROM duplicate_pairs WHERE high = OLD.row)
    )""",
    "@search_its_equals": """
        UPDATE fingerprints SET searched = 0
        WHERE searched AND (band_0 IS NOT NULL OR frames IS NOT NULL) AND file_row IN (
            SELECT row FROM library_files WHERE sha256 = OLD.sha256 AND row <> OLD.row
            UNION SELECT row FROM library_files WHERE sha1 = OLD.sha1 AND row <> OLD.row
        );
    """,
    # A file that is, or may be, somebody's duplicate.
    "@concerned": """(
        EXISTS (SELECT 1 FROM duplicate_members WHERE file_row = @row)
        OR EXISTS (SELECT 1 FROM duplicate_pairs WHERE low = @row)
        OR EXISTS (SELECT 1 FROM duplicate_pairs WHERE high = @row)
        OR EXISTS (SELECT 1 FROM library_files WHERE row = @row AND sha256 IS NOT NULL)
    )""",
}


def _whole(statement: str, row: str = "NEW.row") -> str:
    for name, part in _PARTS.items():
        statement = statement.replace(name, part)
    return statement.replace("@row", row)


# "ON CONFLICT DO NOTHING", and not "OR IGNORE", which a statement that fires a trigger overrules.
# Whoever writes need not know what duplicates look at. A table that is made anew loses its
# triggers: a later migration which does that with one of these has to make them again.
_TRIGGERS = (
    """
    CREATE TRIGGER tr_library_files_seen AFTER INSERT ON library_files
    WHEN NEW.kind IN @seen
    BEGIN
        INSERT INTO unfingerprinted (file_row) VALUES (NEW.row)
        ON CONFLICT DO NOTHING;
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT NEW.row WHERE NEW.sha1 IS NOT NULL AND EXISTS (
            SELECT 1 FROM library_files WHERE sha1 = NEW.sha1 AND row <> NEW.row
        )
        ON CONFLICT DO NOTHING;
    END
    """,
    # Other bytes: of a file in a root as its size or time tells, of an asset as Immich does, to
    # which a hash that was not known before says nothing new about a file.
    """
    CREATE TRIGGER tr_library_files_other_bytes
    AFTER UPDATE OF size, mtime_ns, sha1, kind, width, height ON library_files
    WHEN OLD.kind IS NOT NEW.kind
        OR OLD.size IS NOT NEW.size
        OR NEW.root_id IS NOT NULL AND OLD.mtime_ns IS NOT NEW.mtime_ns
        OR NEW.connection_id IS NOT NULL AND OLD.sha1 IS NOT NEW.sha1
        OR NEW.connection_id IS NOT NULL AND OLD.width IS NOT NULL
        AND (OLD.width IS NOT NEW.width OR OLD.height IS NOT NEW.height)
    BEGIN
        DELETE FROM fingerprints WHERE file_row = NEW.row;
        DELETE FROM duplicate_pairs WHERE low = NEW.row;
        DELETE FROM duplicate_pairs WHERE high = NEW.row;
        DELETE FROM duplicate_marks WHERE file_row = NEW.row;
        DELETE FROM duplicate_marks WHERE keeper_row = NEW.row;
        UPDATE library_files SET sha256 = NULL
        WHERE row = NEW.row AND connection_id IS NOT NULL AND sha256 IS NOT NULL;
        INSERT INTO unfingerprinted (file_row)
        SELECT NEW.row WHERE NEW.kind IN @seen
        ON CONFLICT DO NOTHING;
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT file_row FROM duplicate_members WHERE file_row = NEW.row
        ON CONFLICT DO NOTHING;
    END
    """,
    # It counts again: its like may have come meanwhile.
    """
    CREATE TRIGGER tr_library_files_counts AFTER UPDATE OF missing_at, twin_row ON library_files
    WHEN NEW.missing_at IS NULL AND NEW.twin_row IS NULL
        AND (OLD.missing_at IS NOT NULL OR OLD.twin_row IS NOT NULL)
    BEGIN
        UPDATE fingerprints SET searched = 0 WHERE file_row = NEW.row AND @telling;
        INSERT INTO unfingerprinted (file_row)
        SELECT NEW.row WHERE NEW.kind IN @seen
            AND NOT EXISTS (SELECT 1 FROM fingerprints WHERE file_row = NEW.row)
        ON CONFLICT DO NOTHING;
    END
    """,
    # Of files with the same bytes one is compared with others for all: when it goes, or becomes
    # another, it is the turn of the next one. Whether it has pairs is asked first, for there may
    # be very many with the same bytes.
    """
    CREATE TRIGGER tr_library_files_counts_not
    BEFORE UPDATE OF missing_at, twin_row, size, mtime_ns, sha1 ON library_files
    WHEN (
        OLD.missing_at IS NULL AND NEW.missing_at IS NOT NULL
        OR OLD.twin_row IS NULL AND NEW.twin_row IS NOT NULL
        OR OLD.size IS NOT NEW.size
        OR OLD.mtime_ns IS NOT NEW.mtime_ns
        OR OLD.sha1 IS NOT NULL AND OLD.sha1 IS NOT NEW.sha1
    ) AND @has_pairs
    BEGIN
        @search_its_equals
    END
    """,
    """
    CREATE TRIGGER tr_library_files_leaves BEFORE DELETE ON library_files
    WHEN @has_pairs
    BEGIN
        @search_its_equals
    END
    """,
    """
    CREATE TRIGGER tr_library_files_duplicate
    AFTER UPDATE OF missing_at, twin_row, sha1, sha256, folder, name ON library_files
    WHEN OLD.missing_at IS NOT NEW.missing_at
        OR OLD.twin_row IS NOT NEW.twin_row
        OR OLD.sha1 IS NOT NEW.sha1
        OR OLD.sha256 IS NOT NEW.sha256
        OR OLD.folder IS NOT NEW.folder
        OR OLD.name IS NOT NEW.name
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT NEW.row WHERE NEW.kind IN @seen AND NEW.sha1 IS NOT NULL
            OR @concerned
        ON CONFLICT DO NOTHING;
    END
    """,
    # What is known of a file as an asset speaks for keeping it, its twin's in a root as well.
    """
    CREATE TRIGGER tr_library_files_given
    AFTER UPDATE OF favourite, albums, twin_row, missing_at ON library_files
    WHEN NEW.asset_id IS NOT NULL AND (
        OLD.favourite IS NOT NEW.favourite
        OR OLD.albums IS NOT NEW.albums
        OR OLD.twin_row IS NOT NEW.twin_row
        OR OLD.missing_at IS NOT NEW.missing_at
    )
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT file_row FROM duplicate_members
        WHERE file_row IN (NEW.row, NEW.twin_row, OLD.twin_row)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_library_files_going BEFORE DELETE ON library_files
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT other.file_row FROM duplicate_members AS own
        JOIN duplicate_members AS other ON other.group_id = own.group_id
        WHERE own.file_row = OLD.row AND other.file_row <> OLD.row
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_duplicate_pairs_new AFTER INSERT ON duplicate_pairs
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row) VALUES (NEW.low), (NEW.high)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_duplicate_pairs_other AFTER UPDATE ON duplicate_pairs
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row) VALUES (NEW.low), (NEW.high)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_duplicate_pairs_gone AFTER DELETE ON duplicate_pairs
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row) VALUES (OLD.low), (OLD.high)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_verdicts_new AFTER INSERT ON verdicts
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT NEW.low UNION SELECT NEW.high
        UNION SELECT row FROM library_files WHERE sha1 IN (NEW.low_sha1, NEW.high_sha1)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_verdicts_gone AFTER DELETE ON verdicts
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT OLD.low UNION SELECT OLD.high
        UNION SELECT row FROM library_files WHERE sha1 IN (OLD.low_sha1, OLD.high_sha1)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_duplicate_marks_new AFTER INSERT ON duplicate_marks
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row) VALUES (NEW.file_row)
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_library_files_kept AFTER UPDATE OF missing_at ON library_files
    WHEN OLD.missing_at IS NOT NEW.missing_at
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT file_row FROM duplicate_marks WHERE keeper_row = NEW.row
        ON CONFLICT DO NOTHING;
    END
    """,
    """
    CREATE TRIGGER tr_duplicate_marks_gone AFTER DELETE ON duplicate_marks
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT row FROM library_files WHERE row = OLD.file_row
        ON CONFLICT DO NOTHING;
    END
    """,
    # Files of one shot are not compared: they are when they no longer are one.
    """
    CREATE TRIGGER tr_file_groups_dissolved BEFORE DELETE ON file_groups
    WHEN OLD.level = 0
    BEGIN
        UPDATE fingerprints SET searched = 0
        WHERE searched AND @telling
            AND file_row IN (SELECT file_row FROM group_members WHERE group_id = OLD.id);
    END
    """,
    """
    CREATE TRIGGER tr_group_decisions_new AFTER INSERT ON group_decisions
    BEGIN
        UPDATE fingerprints SET searched = 0
        WHERE file_row = NEW.file_row AND @telling;
    END
    """,
    # Duplicates are looked for among the files of one person.
    """
    CREATE TRIGGER tr_roots_other_owner AFTER UPDATE OF owner_id ON roots
    WHEN OLD.owner_id IS NOT NEW.owner_id
    BEGIN
        UPDATE fingerprints SET searched = 0
        WHERE @telling AND file_row IN (SELECT row FROM library_files WHERE root_id = NEW.id);
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT file_row FROM duplicate_members
        WHERE file_row IN (SELECT row FROM library_files WHERE root_id = NEW.id)
        ON CONFLICT DO NOTHING;
    END
    """,
)

# Whole shots are compared, so another shot is another node.
_OF_MEMBERS = (
    (
        """
    CREATE TRIGGER tr_group_members_new AFTER INSERT ON group_members
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT NEW.file_row WHERE @concerned
        ON CONFLICT DO NOTHING;
    END
    """,
        "NEW.file_row",
    ),
    (
        """
    CREATE TRIGGER tr_group_members_gone AFTER DELETE ON group_members
    BEGIN
        INSERT INTO ungrouped_duplicates (file_row)
        SELECT OLD.file_row WHERE @concerned
        ON CONFLICT DO NOTHING;
    END
    """,
        "OLD.file_row",
    ),
)

_FILL = "INSERT INTO unfingerprinted (file_row) SELECT row FROM library_files WHERE kind IN @seen"
