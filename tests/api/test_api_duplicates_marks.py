"""Marked files and lasting verdicts over HTTP: listed, exported, taken back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld
from duplicates_world import Pictures, picture

from pentaprism.store.duplicate_records import VerdictKind

BROKEN = "a name with\na line break.jpg"
FILES = ("kept.jpg", "copy, one.jpg", BROKEN, "größe.jpg")


@pytest.fixture
async def pictures(world: ApiWorld, tmp_path: Path) -> Pictures:
    """A folder with four files that are equal, of which the first is kept."""
    made = Pictures(world, await world.with_token(), tmp_path / "photos")
    for path in FILES:
        made.put(path, picture(2))
    return made


async def rows_of(pictures: Pictures) -> dict[str, int]:
    store = pictures.world.app.store
    (root,) = await store.roots.list(pictures.owner_id)
    return {file.path: file.row for file in await store.library_files.files(root.id)}


async def marked(pictures: Pictures) -> dict[str, int]:
    """Mark all but the first, and return the rows of all by their paths."""
    await pictures.search()
    rows = await rows_of(pictures)
    keeper = rows[FILES[0]]
    await pictures.world.app.store.duplicate_marks.add({rows[path]: keeper for path in FILES[1:]})
    return rows


async def exported(pictures: Pictures, form: str) -> bytes:
    caller = pictures.caller
    async with caller.http.get(
        f"{caller.url}/api/duplicates/marked/export?format={form}", headers=caller.headers
    ) as response:
        assert response.status == 200
        assert response.headers["Content-Disposition"].startswith("attachment; filename=")
        return await response.read()


async def test_marked_files_are_listed_and_unmarked(world: ApiWorld, pictures: Pictures) -> None:
    caller, rows = pictures.caller, await marked(pictures)
    first = (await caller.get("/api/duplicates/marked", limit=2)).body
    second = (await caller.get("/api/duplicates/marked", limit=2, after=first["next"])).body
    assert second["next"] is None
    told = {one["path"]: one for one in first["files"] + second["files"]}
    assert set(told) == set(FILES[1:])
    one = told["größe.jpg"]
    assert one["full_path"] == str(pictures.folder / "größe.jpg")
    assert (one["file"], one["keeper"]) == (rows["größe.jpg"], rows[FILES[0]])
    assert one["kept"] is True
    assert (await caller.get("/api/duplicates/counts")).body["marked"] == 3
    other = await world.signed_in(world.other())
    at = f"/api/duplicates/marked/{one['file']}"
    foreign = await other.delete(at)
    assert (foreign.status, foreign.code) == (404, "mark_not_found")
    assert (await other.get("/api/duplicates/marked")).body["files"] == []
    assert (await caller.delete(at)).status == 204
    assert (await caller.delete(at)).code == "mark_not_found"
    assert (await caller.get("/api/duplicates/counts")).body["marked"] == 2
    assert (pictures.folder / "größe.jpg").exists()


async def test_the_list_is_exported(pictures: Pictures) -> None:
    await marked(pictures)
    full = {str(pictures.folder / path) for path in FILES[1:]}
    lines = (await exported(pictures, "text")).decode().splitlines()
    assert set(lines) == {path for path in full if "\n" not in path}
    assert set((await exported(pictures, "nul")).decode().split("\0")) == full | {""}
    table = list(csv.DictReader(io.StringIO((await exported(pictures, "csv")).decode())))
    assert {row["full_path"] for row in table} == full
    objects = [json.loads(line) for line in (await exported(pictures, "jsonl")).splitlines()]
    assert {one["full_path"] for one in objects} == full
    wrong = await pictures.caller.get("/api/duplicates/marked/export", format="xml")
    assert wrong.status == 422


async def paths_exported(pictures: Pictures) -> set[str]:
    told = (await exported(pictures, "nul")).decode().split("\0")
    return {Path(path).name for path in told if path}


async def test_what_is_the_last_copy_by_now_is_not_exported(pictures: Pictures) -> None:
    await marked(pictures)
    (pictures.folder / FILES[0]).unlink()
    await pictures.index()
    assert await paths_exported(pictures) == set()
    listed = (await pictures.caller.get("/api/duplicates/marked")).body["files"]
    assert not any(one["kept"] for one in listed)


async def test_what_was_kept_and_is_marked_itself_is_no_reason(pictures: Pictures) -> None:
    rows = await marked(pictures)
    marks = pictures.world.app.store.duplicate_marks
    await marks.add({rows[FILES[0]]: rows[FILES[1]]})
    assert await paths_exported(pictures) == set()
    listed = (await pictures.caller.get("/api/duplicates/marked")).body["files"]
    assert {one["kept"] for one in listed} == {False}
    await marks.remove([rows[FILES[1]]])
    assert await paths_exported(pictures) == {FILES[0]}


async def test_what_is_not_on_the_disk_as_it_was_indexed_is_not_exported(
    pictures: Pictures,
) -> None:
    await marked(pictures)
    pictures.put(FILES[1], picture(77))
    (pictures.folder / BROKEN).unlink()
    assert await paths_exported(pictures) == {FILES[3]}


async def test_verdicts_are_listed_and_taken_back(world: ApiWorld, pictures: Pictures) -> None:
    await pictures.index()
    caller, rows = pictures.caller, await rows_of(pictures)
    store = world.app.store
    ids = await store.verdicts.add(
        pictures.owner_id, VerdictKind.KEEP_ALL, [(rows[FILES[0]], rows[FILES[1]])]
    )
    ids += await store.verdicts.add(
        pictures.owner_id, VerdictKind.NOT_DUPLICATE, [(rows[FILES[2]], rows[FILES[3]])]
    )
    page = (await caller.get("/api/duplicates/verdicts", limit=1)).body
    assert [one["id"] for one in page["verdicts"]] == ids[-1:]
    rest = (await caller.get("/api/duplicates/verdicts", before=page["next"])).body
    assert rest["next"] is None
    (verdict,) = rest["verdicts"]
    assert verdict["kind"] == "keep_all"
    assert verdict["files"] == sorted([rows[FILES[0]], rows[FILES[1]]])
    other = await world.signed_in(world.other())
    foreign = await other.delete(f"/api/duplicates/verdicts/{ids[0]}")
    assert (foreign.status, foreign.code) == (404, "verdict_not_found")
    assert (await other.get("/api/duplicates/verdicts")).body["verdicts"] == []
    assert (await caller.delete(f"/api/duplicates/verdicts/{ids[0]}")).status == 204
    assert (await caller.delete(f"/api/duplicates/verdicts/{ids[0]}")).status == 404


async def test_a_verdict_that_is_taken_back_no_longer_parts(
    world: ApiWorld, pictures: Pictures
) -> None:
    await pictures.search()
    rows = await rows_of(pictures)
    shots: list[Any] = [[row] for row in rows.values()]
    ids = await world.app.duplicates.part(pictures.owner_id, VerdictKind.KEEP_ALL, shots)
    assert await pictures.groups() == {}
    for id_ in ids:
        await pictures.caller.delete(f"/api/duplicates/verdicts/{id_}")
    assert set(await pictures.groups()) == {frozenset(FILES)}
