"""What the grid of photos shows of assets, and the indexes that it goes by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SHOWN = "connection_id IS NOT NULL AND missing_at IS NULL"


def upgrade() -> None:
    # Columns are added without making the table anew, which would lose its triggers. The next
    # whole look at Immich fills them.
    op.add_column("library_files", sa.Column("thumbhash", sa.Text))
    op.add_column("library_files", sa.Column("duration", sa.BigInteger))
    by_time = "connection_id taken_at row"
    _index_where("ix_library_files_shown", "library_files", by_time, _SHOWN)
    favourite, video = f"{_SHOWN} AND favourite", f"{_SHOWN} AND kind = 'video'"
    _index_where("ix_library_files_favourite", "library_files", by_time, favourite)
    _index_where("ix_library_files_video", "library_files", by_time, video)
    _index_where("ix_items_companion_assets", "items", "asset_id", "role <> 'primary'")


def _index_where(name: str, table: str, columns: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns.split(), sqlite_where=where, postgresql_where=where)
