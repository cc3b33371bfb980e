"""Looking hashes up in SQLite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from near_hash_samples import assert_near_ones_are_found, fill, hashes, metadata
from sqlalchemy import create_engine, event

from pentaprism.store.near_hashes import near_query, parameters


def test_the_near_ones_are_found_in_sqlite(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'hashes.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection)
        known = fill(connection)
        assert_near_ones_are_found(connection, known)
    engine.dispose()


@pytest.mark.parametrize(("distance", "indexes"), [(0, 1), (2, 3), (6, 4), (10, 4)])
def test_each_band_is_looked_up_in_its_index(distance: int, indexes: int) -> None:
    engine = create_engine("sqlite://")
    asked: list[tuple[str, Any]] = []

    def note(*execution: Any) -> None:
        asked.append(execution[2:4])

    with engine.begin() as connection:
        metadata.create_all(connection)
        event.listen(engine, "before_cursor_execute", note)
        query = near_query(hashes, distance=distance, where=(hashes.c.hidden.is_(False),))
        connection.execute(query, parameters(5, distance))
        statement, values = asked[0]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = [str(step) for *_, step in rows]
    assert len({step for step in plan if "INDEX ix_hashes_band" in step}) == indexes
    assert not any(step.startswith("SCAN hashes") for step in plan)
