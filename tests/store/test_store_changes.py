"""What each change makes of an item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from store_samples import SHA1, START, make_mirror, new_item, open_store, put

from pentaprism.errors import ConflictError
from pentaprism.store import (
    Change,
    Counters,
    Failed,
    Forgotten,
    Item,
    ItemState,
    Moved,
    Put,
    Restated,
    RunEvent,
    Staged,
)

LATER = START + timedelta(days=1)
PUT: dict[str, Any] = {
    "state": ItemState.OK,
    "remote_id": "shot.primary",
    "checksum": SHA1,
    "sha1": SHA1,
    "size": 1234,
    "mtime_ns": -5_000_000_001,
    "verified": True,
    "asset_updated_at": LATER,
}
STAGED = {"state": ItemState.STAGED, "staged_at": START}
FAILED = {"state": ItemState.FAILED, "attempts": 1, "error_code": "gone", "error": "It is gone."}


def staged(row: int) -> Staged:
    return Staged(row, START)


def failed(row: int) -> Failed:
    return Failed(row, "gone", "It is gone.")


async def apply(tmp_path: Path, *changes: Any) -> tuple[Item, Item | None]:
    """Return an item as claimed and as it is after the changes, each made from its row."""
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        item, other = await store.items.claim(mirror.id, [new_item("shot"), new_item("other")])
        await store.items.apply([change(item) for change in changes])
        found = (await store.items.of_shots(mirror.id, ["shot"])).get("shot")
        assert (await store.items.of_shots(mirror.id, ["other"]))["other"] == [other]
        return item, found[0] if found else None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([put], PUT),
        ([lambda i: staged(i.row)], STAGED),
        ([lambda i: failed(i.row)], FAILED),
        ([lambda i: failed(i.row)] * 3, FAILED | {"attempts": 3}),
        ([lambda i: failed(i.row), put], PUT),
        ([lambda i: staged(i.row), put], PUT),
        ([lambda i: staged(i.row), lambda i: failed(i.row)], FAILED),
        ([put, lambda i: failed(i.row)], PUT | FAILED),
        (
            [lambda i: staged(i.row), lambda i: Restated(i.row, ItemState.PENDING)],
            {"state": ItemState.PENDING},
        ),
        (
            [put, lambda i: Restated(i.row, ItemState.ORPHANED, "left", "Not in the album.")],
            PUT | {"state": ItemState.ORPHANED, "error_code": "left", "error": "Not in the album."},
        ),
        (
            [lambda i: failed(i.row), lambda i: Restated(i.row, ItemState.OK)],
            {"state": ItemState.OK, "attempts": 1},
        ),
        (
            [put, lambda i: Moved(i.row, "new (1).jpg", "new (1).jpg")],
            {"path": "new (1).jpg", "asset_updated_at": LATER},
        ),
        (
            [lambda i: Put(i.row, "new", "r", None, None, None, None, False, LATER)],
            {
                "state": ItemState.OK,
                "asset_id": "new",
                "remote_id": "r",
                "asset_updated_at": LATER,
            },
        ),
    ],
)
async def test_what_a_change_sets_and_what_it_leaves(
    tmp_path: Path, changes: list[Any], expected: dict[str, Any]
) -> None:
    before, after = await apply(tmp_path, *changes)
    assert after == replace(before, **expected)


async def test_a_forgotten_item_is_gone_and_its_row_and_path_are_handled(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        (item,) = await store.items.claim(mirror.id, [new_item("shot")])
        await store.items.apply([Forgotten(item.row)])
        assert await store.items.page(mirror.id) == []
        (again,) = await store.items.claim(mirror.id, [new_item("shot")])
        assert again.path == item.path
        assert again.row > item.row
        late: list[Change] = [put(item), failed(item.row), Forgotten(item.row)]
        await store.items.apply(late)
        assert await store.items.page(mirror.id) == [again]


async def test_a_group_is_applied_whole_or_not_at_all(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        run = await store.runs.start(mirror.id)
        claimed = await store.items.claim(mirror.id, [new_item("a"), new_item("b")])
        a, b = claimed
        event = RunEvent("uploaded", "info", "It is there.", START)
        with pytest.raises(ConflictError) as caught:
            await store.write(
                [put(a), Moved(b.row, "a.primary", "a.primary")], run.id, Counters(total=2), [event]
            )
        assert caught.value.code == "path_taken"
        assert await store.items.page(mirror.id) == claimed
        assert await store.runs.get(run.id) == run
        assert await store.runs.events(run.id) == []

        await store.write([put(a)], run.id, Counters(total=2, uploaded=1), [event])
        assert await store.items.count(mirror.id) == {ItemState.OK: 1, ItemState.PENDING: 1}
        assert (await store.runs.get(run.id)).counters == Counters(total=2, uploaded=1)
        assert await store.runs.events(run.id) == [event]


async def test_a_path_can_be_handed_on_within_a_group(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        a, b = await store.items.claim(mirror.id, [new_item("a"), new_item("b")])
        await store.items.apply([Forgotten(a.row), Moved(b.row, "a.primary", "a.primary")])
        assert [item.path for item in await store.items.page(mirror.id)] == ["a.primary"]


async def test_nothing_to_write(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.items.apply([])
        await store.write([])
