"""A database of the version before: all its rows are still there, and still belong together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from store_samples import KEY, database_in, open_store, save_connection

from pentaprism.errors import ConflictError
from pentaprism.store import ItemState, RunStatus, Secrets, StartedBy

_APPLICATION_ID = 0x50656E74
_ROWS = """
INSERT INTO connections VALUES
  ('c1', 'Home', 'http://immich.test', 'ada', 'Ada', 'a@b.test', '2.0.0', '{token}', NULL, 1, 2),
  ('c2', 'Away', 'http://other.test', 'bob', 'Bob', 'b@b.test', '2.0.0', '{token}', '/ca', 1, 3);
INSERT INTO mirrors VALUES
  ('m1', 'c1', 'album', 'Holiday', 'local_folder', '/1', '{{"path": "/1"}}', 0, NULL, NULL, 5),
  ('m2', 'c2', 'album', 'Holiday', 'local_folder', '/2', '{{}}', 1, 'there', 'Title', 6);
INSERT INTO items (row, mirror_id, asset_id, shot_id, role, state, path, path_key, verified,
  filename, taken_at, asset_updated_at, attempts) VALUES
  (7, 'm1', 'a1', 's1', 'primary', 'OK', 'p1', 'p1', 1, 'p1.jpg', 1, 1, 0),
  (8, 'm1', 'a2', 's1', 'video', 'FAILED', 'p2', 'p2', 0, 'p2.mov', 1, 1, 3),
  (9, 'm2', 'a3', 's3', 'primary', 'PENDING', 'p1', 'p1', 0, 'p1.jpg', 1, 1, 0);
INSERT INTO runs VALUES
  ('r1', 'm1', 'OK', 1, 1, 0, 0, 0, 9, NULL, 10, 20, NULL),
  ('r2', 'm2', 'WAITING', 2, 1, 0, 0, 0, 9, 'The quota.', 11, NULL, 30);
INSERT INTO run_events (row, run_id, code, level, message, at, details) VALUES
  (4, 'r1', 'uploaded', 'info', 'There.', 12, '{{}}');
"""


def make_version_2(folder: Path) -> None:
    path = database_in(folder)
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "pentaprism.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    token = Secrets.load(KEY, path).encrypt("PLAIN-key")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_ROWS.format(token=token))
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.commit()


async def test_all_rows_are_kept(tmp_path: Path) -> None:
    make_version_2(tmp_path)
    async with open_store(tmp_path) as store:
        away, home = await store.connections.list()
        assert (home.id, home.owner_id, home.user_id, home.home) == ("c1", "ada", "ada", True)
        assert (away.id, away.owner_id, away.ca_file, away.home) == ("c2", "bob", "/ca", True)
        assert {home.api_key, away.api_key} == {"PLAIN-key"}
        one, two = await store.mirrors.list()
        assert (one.id, one.options, one.schedule, one.next_run_at) == (
            "m1", {"path": "/1"}, None, None,
        )  # fmt: skip
        assert (two.paused, two.remote_album_title) == (True, "Title")
        assert [item.row for item in await store.items.page("m1")] == [7, 8]
        assert await store.items.count("m1") == {ItemState.OK: 1}
        assert await store.items.count_all("m1") == {ItemState.OK: 1, ItemState.FAILED: 1}
        (waiting,) = await store.runs.unfinished()
        assert (waiting.id, waiting.status, waiting.reason) == (
            "r2", RunStatus.WAITING, "The quota.",
        )  # fmt: skip
        assert (waiting.started_by, waiting.expected, waiting.code) == (StartedBy.PERSON, 0, None)
        assert [event.row for event in await store.runs.events("r1")] == [4]
        assert await store.runs.owner_of("r2") == "bob"


async def test_what_belonged_together_still_does(tmp_path: Path) -> None:
    make_version_2(tmp_path)
    async with open_store(tmp_path) as store:
        with pytest.raises(ConflictError):
            await store.connections.delete("c1")
        await store.mirrors.delete("m1")
        await store.connections.delete("c1")
        assert await store.items.page("m1") == []
        assert [run.id for run in await store.runs.recent()] == ["r2"]
        assert (await save_connection(store, user="bob")).id == "c2"
    with closing(sqlite3.connect(database_in(tmp_path))) as connection:
        (sql,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'mirrors'"
        ).fetchone()
        assert "REFERENCES connections (id)" in sql
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = "SELECT name FROM sqlite_schema WHERE name LIKE '%tmp%'"
        assert connection.execute(tables).fetchall() == []
