"""Items: claims that are never given twice, and lookups by shot, row, state and content."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import START, make_mirror, new_item, open_store, put

from pentaprism.assets import Role
from pentaprism.errors import ConflictError
from pentaprism.store import Failed, ItemState, NewItem, Restated, Twin

HOSTILE = "IMG\0\udcff\ufdd0.jpg"


async def test_a_claim_is_pending_and_in_order(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        new = [new_item(shot) for shot in ("c", "a", "b")]
        claimed = await store.items.claim(mirror.id, new)
        assert [item.shot_id for item in claimed] == ["c", "a", "b"]
        assert [item.row for item in claimed] == sorted(item.row for item in claimed)
        assert await store.items.page(mirror.id) == claimed
        item = claimed[0]
        assert (item.state, item.attempts, item.verified) == (ItemState.PENDING, 0, False)
        assert (item.taken_at, item.taken_at.tzinfo) == (START, UTC)
        assert (item.remote_id, item.sha1, item.error) == (None, None, None)
        assert await store.items.claim(mirror.id, []) == []


async def test_a_path_is_claimed_once_in_a_mirror(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror, other = await make_mirror(store), await make_mirror(store, place="/other")
        first = await store.items.claim(mirror.id, [new_item("a", key="IMG.jpg")])
        with pytest.raises(ConflictError) as caught:
            await store.items.claim(mirror.id, [new_item("b"), new_item("c", key="img.JPG")])
        assert caught.value.code == "path_taken"
        assert await store.items.page(mirror.id) == first
        await store.items.claim(other.id, [new_item("a", key="IMG.jpg")])


async def test_items_without_a_path_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store, kind="google_photos")
        new = [replace(new_item(shot), path=None, path_key=None) for shot in "ab"]
        assert [item.path for item in await store.items.claim(mirror.id, new)] == [None, None]


NAMES = st.sampled_from(["a", "b", "A\0", "\udcff", "\ufdd0dcff", "é", "e\u0301", "x'", "%", ""])


@settings(max_examples=15, deadline=None)
@given(batches=st.lists(st.lists(NAMES, max_size=4), max_size=6))
def test_claims_are_all_or_nothing_and_never_double(
    batches: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def claim_all() -> None:
        async with open_store(tmp_path_factory.mktemp("claims")) as store:
            mirror = await make_mirror(store)
            expected: list[str] = []
            for batch in batches:
                new = [replace(new_item(name), path=name, path_key=name) for name in batch]
                free = len(set(batch)) == len(batch) and not set(batch) & set(expected)
                assert await store.items.taken(mirror.id, batch) == set(batch) & set(expected)
                if free:
                    await store.items.claim(mirror.id, new)
                    expected += batch
                else:
                    with pytest.raises(ConflictError):
                        await store.items.claim(mirror.id, new)
            assert [item.path for item in await store.items.page(mirror.id)] == expected

    asyncio.run(claim_all())


async def test_shots_come_with_their_files_primary_first(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror, other = await make_mirror(store), await make_mirror(store, place="/other")
        roles = (Role.VIDEO, Role.SIDECAR, Role.PRIMARY)
        await store.items.claim(mirror.id, [new_item("live", role) for role in roles])
        await store.items.claim(mirror.id, [new_item("plain"), new_item("unasked")])
        await store.items.claim(other.id, [new_item("plain"), new_item("elsewhere")])
        found = await store.items.of_shots(mirror.id, ["plain", "live", "elsewhere", "nowhere"])
        assert {shot: [item.role for item in files] for shot, files in found.items()} == {
            "live": [Role.PRIMARY, Role.VIDEO, Role.SIDECAR],
            "plain": [Role.PRIMARY],
        }
        assert all(item.mirror_id == mirror.id for files in found.values() for item in files)
        assert await store.items.of_shots(mirror.id, []) == {}


async def test_thousands_of_ids_in_one_call(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        ids = [f"shot-{i}" for i in range(2500)]
        claimed = await store.items.claim(mirror.id, [new_item(id_) for id_ in ids])
        found = await store.items.of_shots(mirror.id, ids)
        assert [item for id_ in ids for item in found[id_]] == claimed
        keys = [f"{id_}.primary" for id_ in ids]
        assert await store.items.taken(mirror.id, [*keys, "free"]) == set(keys)


async def test_hostile_names_are_found_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        new = NewItem(HOSTILE, HOSTILE, Role.PRIMARY, HOSTILE, HOSTILE, HOSTILE, START, START)
        (item,) = await store.items.claim(mirror.id, [new])
        assert await store.items.of_shots(mirror.id, [HOSTILE]) == {HOSTILE: [item]}
        assert await store.items.taken(mirror.id, [HOSTILE]) == {HOSTILE}
        await store.items.apply([Failed(item.row, "broken", HOSTILE)])
        (failed,) = await store.items.page(mirror.id)
        assert (failed.filename, failed.path, failed.error) == (HOSTILE, HOSTILE, HOSTILE)


async def test_pages_hold_every_item_once_while_others_are_added(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror, other = await make_mirror(store), await make_mirror(store, place="/other")
        for i in range(5):
            await store.items.claim(mirror.id, [new_item(f"{i}")])
            await store.items.claim(other.id, [new_item(f"{i}")])
        seen: list[str] = []
        async for page in store.items.pages(mirror.id, size=2):
            assert len(page) <= 2
            seen += [item.shot_id for item in page]
            if len(seen) == 4:
                await store.items.claim(mirror.id, [new_item("late")])
        assert seen == ["0", "1", "2", "3", "4", "late"]


async def test_items_by_state_and_row(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        new = [new_item("live"), new_item("live", Role.VIDEO), *map(new_item, "abc")]
        live, video, a, b, c = await store.items.claim(mirror.id, new)
        await store.items.apply(
            [put(live), put(video), put(a), Failed(b.row, "x", "y"), Restated(c.row, ORPHANED)]
        )
        assert await store.items.count(mirror.id) == {
            ItemState.OK: 2,
            ItemState.FAILED: 1,
            ORPHANED: 1,
        }
        not_ok = await store.items.page(mirror.id, states=[ItemState.FAILED, ORPHANED])
        assert [item.row for item in not_ok] == [b.row, c.row]
        after = await store.items.page(mirror.id, after=video.row, limit=2)
        assert [item.row for item in after] == [a.row, b.row]
        assert await store.items.page(mirror.id, states=[]) == []
        pages = [p async for p in store.items.pages(mirror.id, states=[ItemState.OK], size=2)]
        assert [[item.row for item in page] for page in pages] == [[live.row, video.row], [a.row]]
        assert await store.items.highest_row(mirror.id) == c.row
        assert await store.items.highest_row("nothing") == 0
        assert await store.items.count("nothing") == {}


ORPHANED = ItemState.ORPHANED


async def test_a_twin_is_a_verified_file_of_another_mirror_of_the_kind(tmp_path: Path) -> None:
    sums = [bytes([i]) * 20 for i in range(6)]
    async with open_store(tmp_path) as store:
        mine = await make_mirror(store, place="/mine")
        other = await make_mirror(store, place="/other")
        cloud = await make_mirror(store, place="/cloud", kind="google_photos")
        (own,) = await store.items.claim(mine.id, [new_item("own")])
        (far,) = await store.items.claim(cloud.id, [new_item("far")])
        good, copy, unproven, orphan = await store.items.claim(
            other.id, [new_item(shot) for shot in ("good", "copy", "unproven", "orphan")]
        )
        changes = [put(own, sums[0]), put(far, sums[1]), put(good, sums[2]), put(copy, sums[2])]
        changes += [put(unproven, sums[3], verified=False), put(orphan, sums[4])]
        await store.items.apply([*changes, Restated(orphan.row, ORPHANED)])
        assert await store.items.twins("local_folder", mine.id, sums) == {
            sums[2]: Twin("/other", "good.primary", sums[2], 1234)
        }
        assert await store.items.twins("local_folder", other.id, sums) == {
            sums[0]: Twin("/mine", "own.primary", sums[0], 1234)
        }
        assert await store.items.twins("local_folder", mine.id, []) == {}


async def test_primaries_tell_row_shot_and_state_of_each_shot(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        made = await store.items.claim(
            mirror.id, [new_item("a"), new_item("b"), new_item("b", role=Role.VIDEO, key="b.mov")]
        )
        pages = [page async for page in store.items.primaries(mirror.id, size=1)]
        assert pages == [
            [(made[0].row, "a", ItemState.PENDING)],
            [(made[1].row, "b", ItemState.PENDING)],
        ]
