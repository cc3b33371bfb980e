"""Mirrors: one for each connection, album and place; found by the beginning of an id."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_samples import make_mirror, new_item, open_store

from pentaprism.errors import ConflictError, InvalidError, NotFoundError
from pentaprism.store import Counters, RunStatus

# Text that an album of a hostile server, or a folder whose name is not UTF-8, may bring.
HOSTILE = "a\0b\udcff\ufdd0é🙂'; DROP TABLE mirrors; --"


async def test_a_mirror_is_found_by_all_that_makes_it(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        known = (mirror.connection_id, mirror.album_id, mirror.kind, mirror.place)
        assert await store.mirrors.find(*known) == mirror
        for i in range(4):
            other = [*known]
            other[i] += "x"
            assert await store.mirrors.find(*other) is None
        assert await store.mirrors.at_place(mirror.kind, mirror.place) == mirror
        assert await store.mirrors.at_place(mirror.kind, "/elsewhere") is None
        assert await store.mirrors.at_place("memory", mirror.place) is None


async def test_a_second_mirror_of_the_same_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        other = await make_mirror(store, place="/other")
        with pytest.raises(ConflictError) as caught:
            await make_mirror(store)
        assert caught.value.code == "mirror_exists"
        with pytest.raises(ConflictError):
            await make_mirror(store, place="/third", mirror_id=mirror.id)
        with pytest.raises(ConflictError):
            await store.mirrors.update(other.id, place=mirror.place)
        assert await store.mirrors.list() == [mirror, other]


async def test_a_mirror_of_an_unknown_connection_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        with pytest.raises(NotFoundError) as caught:
            await store.mirrors.create(
                connection_id="gone", album_id="a", album_name="A", kind="k", place="p", options={}
            )
        assert caught.value.code == "no_connection"


async def test_an_update_changes_what_it_names(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store)
        changed = await store.mirrors.update(
            mirror.id, paused=True, album_name="Renamed", remote_album_id="there"
        )
        assert (changed.paused, changed.album_name) == (True, "Renamed")
        assert (changed.remote_album_id, changed.place) == ("there", mirror.place)
        assert await store.mirrors.update(mirror.id) == changed
        assert (await store.mirrors.update(mirror.id, remote_album_id=None)).remote_album_id is None
        with pytest.raises(NotFoundError):
            await store.mirrors.update("nothing", paused=True)


async def test_hostile_text_comes_back_as_it_was(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        mirror = await make_mirror(store, place=HOSTILE)
        changed = await store.mirrors.update(
            mirror.id, album_name=HOSTILE, options={"path": HOSTILE}
        )
        assert await store.mirrors.at_place(mirror.kind, HOSTILE) == changed
        assert (changed.album_name, changed.options) == (HOSTILE, {"path": HOSTILE})
        for lookup in (store.mirrors.get, store.mirrors.resolve):
            with pytest.raises(NotFoundError):
                await lookup(HOSTILE)


async def test_the_beginning_of_an_id_is_enough(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        one = await make_mirror(store, place="/1", mirror_id="abc1-x")
        two = await make_mirror(store, place="/2", mirror_id="abc2-x")
        longer = await make_mirror(store, place="/3", mirror_id="abc1-xy")
        assert await store.mirrors.resolve(" ABC2 ") == two
        assert await store.mirrors.resolve("abc1-x") == one
        assert await store.mirrors.resolve("abc1-xy") == longer
        with pytest.raises(InvalidError) as caught:
            await store.mirrors.resolve("abc")
        assert caught.value.code == "ambiguous"
        assert "abc1-x, abc1-xy, abc2-x" in str(caught.value)
        for text in ("", "  ", "%", "abc_", "abc1-xyz"):
            with pytest.raises(NotFoundError):
                await store.mirrors.resolve(text)


async def test_ids_are_made_when_none_is_given(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        made = {(await make_mirror(store, place=f"/{i}")).id for i in range(5)}
        assert {len(id_) for id_ in made} == {36}
        assert len(made) == 5


async def test_deleting_a_mirror_deletes_all_that_is_its_own(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        gone = await make_mirror(store, place="/gone")
        kept = await make_mirror(store, place="/kept")
        for mirror in (gone, kept):
            await store.items.claim(mirror.id, [new_item("shot")])
            run = await store.runs.start(mirror.id)
            await store.runs.finish(run.id, RunStatus.OK, Counters())
        await store.mirrors.delete(gone.id)
        assert await store.mirrors.list() == [kept]
        assert await store.items.page(gone.id) == []
        assert len(await store.items.page(kept.id)) == 1
        assert [run.mirror_id for run in await store.runs.recent()] == [kept.id]
        with pytest.raises(NotFoundError):
            await store.mirrors.delete(gone.id)
        for refused in (store.items.claim(gone.id, [new_item("x")]), store.runs.start(gone.id)):
            with pytest.raises(NotFoundError) as caught:
                await refused
            assert caught.value.code == "no_mirror"
