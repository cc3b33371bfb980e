"""Opening: what is made, what is migrated, and what is refused with a sentence."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from store_samples import database_in, make_mirror, open_store, save_connection

from pentaprism.errors import ActionRequiredError
from pentaprism.store.schema import newest_revision, prepare
from pentaprism.store.tables import metadata

OPEN = """
import asyncio, os, sys
from pathlib import Path
from pentaprism.errors import PentaprismError
from pentaprism.store import Secrets, Store
from store_samples import KEY, save_connection

async def main(path):
    path.parent.mkdir(mode=0o700, exist_ok=True)
    await asyncio.to_thread(sys.stdin.readline)
    if os.getuid() == 0 and not os.stat(path.parent).st_mode & 0o200:
        os.setuid(65534)  # root may write everywhere, so it becomes someone else
    try:
        async with await Store.open(path, Secrets.load(KEY, path), patience=10) as store:
            await save_connection(store, user=sys.argv[1])
    except PentaprismError as error:
        print(error.code, error.hint)
    else:
        print("opened")

for path in sys.argv[2:]:
    asyncio.run(main(Path(path)))
"""


def start_opening(path: Path, user: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, user, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


async def refusal(folder: Path, patience: float = 30) -> ActionRequiredError:
    with pytest.raises(ActionRequiredError) as caught:
        async with open_store(folder, patience=patience):
            pass
    assert str(database_in(folder)) in str(caught.value)
    assert caught.value.hint
    return caught.value


def write_database(folder: Path, *statements: str) -> None:
    path = database_in(folder)
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def test_only_the_owner_reads_what_is_made(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await save_connection(store)
        folder = database_in(tmp_path).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == dict.fromkeys(
        ("pentaprism.db", "pentaprism.db-wal", "pentaprism.db-shm"), 0o600
    )
    assert os.listdir(folder) == ["pentaprism.db"]


async def test_the_api_key_is_nowhere_in_the_files(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        saved = await save_connection(store, api_key="PLAIN-api-key-0123456789")
        files = list(database_in(tmp_path).parent.iterdir())
        assert len(files) == 3
        for file in files:
            assert b"PLAIN-api-key" not in file.read_bytes()
        assert saved.api_key == "PLAIN-api-key-0123456789"
        assert "PLAIN" not in repr(saved)
    assert b"PLAIN-api-key" not in database_in(tmp_path).read_bytes()


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    prepare(path, patience=5)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        made = inspect(connection)
        for table in metadata.tables.values():
            assert {key["name"] for key in made.get_foreign_keys(table.name)} == {
                str(key.name) for key in table.foreign_key_constraints
            }
    sql = {
        row[0]
        for row in sqlite3.connect(path).execute(
            "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'"
        )
    }
    numbered = {
        table.name
        for table in metadata.tables.values()
        if table.dialect_options["sqlite"]["autoincrement"]
    }
    assert sql == numbered == {
        "items", "library_files", "resolution_steps", "resolutions", "run_events", "stack_changes",
    }  # fmt: skip
    engine.dispose()


def test_the_revision_is_the_number_in_the_name_of_the_file() -> None:
    config = Config()
    config.set_main_option("script_location", "pentaprism.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == newest_revision()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    database_in(tmp_path).parent.mkdir()
    database_in(tmp_path).touch()
    async with open_store(tmp_path) as store:
        assert await store.mirrors.list() == []


async def test_what_is_written_is_there_after_opening_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
    async with open_store(tmp_path) as store:
        assert await store.mirrors.list() == [mirror]


async def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    database_in(tmp_path).parent.mkdir()
    database_in(tmp_path).write_bytes(b"a letter to a friend, long enough to be something" * 99)
    before = database_in(tmp_path).read_bytes()
    assert (await refusal(tmp_path)).code == "not_a_database"
    assert database_in(tmp_path).read_bytes() == before


async def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    write_database(tmp_path, "CREATE TABLE bookmarks (url TEXT)")
    before = database_in(tmp_path).read_bytes()
    assert (await refusal(tmp_path)).code == "not_a_database"
    assert database_in(tmp_path).read_bytes() == before


async def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        pass
    write_database(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    error = await refusal(tmp_path)
    assert error.code == "newer_schema"
    assert "9999" in str(error)


async def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    database_in(tmp_path).mkdir(parents=True)
    assert (await refusal(tmp_path)).code == "database_unwritable"


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    database_in(tmp_path).parent.touch()
    assert (await refusal(tmp_path)).code == "database_unwritable"


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
async def test_a_locked_file_is_waited_for_then_named(tmp_path: Path, lock: str) -> None:
    database_in(tmp_path).parent.mkdir()
    with closing(sqlite3.connect(database_in(tmp_path), isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")
        assert (await refusal(tmp_path, patience=0.1)).code == "database_locked"
    async with open_store(tmp_path) as store:
        assert await store.mirrors.list() == []


def test_turning_the_log_on_waits_for_another_writer(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    prepare(path, patience=5)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.execute, ["COMMIT"]).start()
        prepare(path, patience=10)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await make_mirror(store)
    with database_in(tmp_path).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    with pytest.raises(ActionRequiredError) as caught:
        async with open_store(tmp_path) as store:
            await store.mirrors.list()
    assert caught.value.code == "database_damaged"


def test_a_folder_without_permission(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for parent in [tmp_path, *tmp_path.parents[:2]]:
        parent.chmod(0o755)  # pytest's own folders are closed to others
    folder.chmod(0o555)
    process = start_opening(folder / "pentaprism.db", "user")
    output, _ = process.communicate("go\n")
    folder.chmod(0o755)
    assert output.startswith("database_unwritable Give this user write permission")
    assert list(folder.iterdir()) == []


def test_a_disk_that_is_full_is_named_and_used_once_it_has_space(tmp_path: Path) -> None:
    sizes = ["4k", "16k", "60k", "100k", "120k"]
    for size in sizes:
        (tmp_path / size).mkdir()
    # One process opens the databases of all the disks, and another one once they have space.
    open_twice = """
        cd "$1"
        python=$2 script=$3
        shift 3
        for size; do mount -t tmpfs -o "size=$size" none "$size" || exit 77; done
        yes go | "$python" -c "$script" user $(printf '%s/data/pentaprism.db ' "$@")
        for size; do mount -o remount,size=10m "$size"; done
        yes go | "$python" -c "$script" user $(printf '%s/data/pentaprism.db ' "$@")
    """
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", open_twice, "sh"]
    done = subprocess.run(
        [*command, str(tmp_path), sys.executable, OPEN, *sizes],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    if done.returncode == 77 or done.stderr.startswith("unshare:"):
        pytest.skip(f"No small disk can be made here: {done.stderr}")
    lines = done.stdout.splitlines()
    first = dict(zip(sizes, lines, strict=False))
    full = [size for size, line in first.items() if line.startswith("disk_full Free some space")]
    assert (full, lines[len(sizes) :]) == (sizes, ["opened"] * len(sizes)), done


def test_processes_that_open_a_new_database_together_all_succeed(tmp_path: Path) -> None:
    path = database_in(tmp_path)
    started = [start_opening(path, user) for user in "abc"]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in started] == ["opened\n"] * 3
    with closing(sqlite3.connect(path)) as connection:
        users = connection.execute("SELECT user_id FROM connections ORDER BY user_id").fetchall()
    assert users == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("seed", range(6))
def test_a_process_killed_while_it_migrates_leaves_nothing_half_made(
    tmp_path: Path, seed: int
) -> None:
    process = start_opening(database_in(tmp_path), "user")
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    while not database_in(tmp_path).exists():
        assert process.poll() is None
        time.sleep(0.002)  # what this test computes, the process cannot
    time.sleep(random.Random(seed).random() / 5)  # the migration takes about as long
    process.kill()
    process.communicate()
    tables = {"alembic_version", "sqlite_sequence", *metadata.tables}
    with closing(sqlite3.connect(database_in(tmp_path))) as connection:
        found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert {name for (name,) in found} in (set(), tables)
    prepare(database_in(tmp_path), patience=5)
    with closing(sqlite3.connect(database_in(tmp_path))) as connection:
        assert connection.execute("SELECT * FROM mirrors").fetchall() == []


async def test_many_tasks_open_one_new_database_together(tmp_path: Path) -> None:
    async def open_and_save(user: str) -> None:
        async with open_store(tmp_path) as store:
            await save_connection(store, user=user)

    await asyncio.gather(*map(open_and_save, "abcdef"))
    async with open_store(tmp_path) as store:
        assert len(await store.connections.list()) == 6
