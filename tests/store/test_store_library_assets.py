"""Assets of connections in the library index, as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from store_samples import START, open_store, save_connection

from pentaprism.groups.files import Kind, Precision
from pentaprism.store.library_assets import AssetFacts, StackPlace

FACTS = AssetFacts(
    asset_id="a",
    folder="",
    name="IMG_1\ud800.jpg",
    kind=Kind.IMAGE,
    mime_type="image/jpeg",
    size=10,
    sha1=b"s" * 20,
    taken_at=datetime(1965, 1, 1, 12, 0, 0, 250_000),  # noqa: DTZ001 (wall-clock time)
    precision=Precision.SUBSECOND,
    in_utc=False,
    camera=None,
    width=3,
    height=2,
    orientation=6,
    folder_key="c/",
    name_key="img_1",
    burst_key=None,
)


async def test_what_was_saved_is_known(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assets, id_ = store.library_assets, (await save_connection(store)).id
        other = replace(FACTS, asset_id="b", sha1=None, taken_at=None, precision=Precision.NONE)
        assert await assets.last_row(id_) == 0
        await assets.save(id_, [FACTS, other], {})
        known = await assets.known(id_, ["a", "b", "c"])
        assert {key: (one.facts, one.missing) for key, one in known.items()} == {
            "a": (FACTS, False),
            "b": (other, False),
        }
        assert await assets.known("another connection", ["a"]) == {}
        row = known["a"].row
        assert await assets.last_row(id_) == known["b"].row > row
        await assets.save(id_, [], {row: replace(FACTS, name="IMG_2.jpg")})
        changed = (await assets.known(id_, ["a"]))["a"]
        assert (changed.row, changed.facts.name) == (row, "IMG_2.jpg")


async def test_what_is_missing_is_so_until_it_is_saved_again(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assets, id_ = store.library_assets, (await save_connection(store)).id
        await assets.save(id_, [FACTS, replace(FACTS, asset_id="b")], {})
        (one, row), two = await assets.present(id_)
        assert one == "a"
        assert await assets.present(id_, "a") == [two]
        await assets.miss([row], START)
        assert await assets.present(id_) == [two]
        assert (await assets.known(id_, ["a"]))["a"].missing
        await assets.save(id_, [], {row: FACTS})
        assert not (await assets.known(id_, ["a"]))["a"].missing


async def test_more_rows_than_are_written_in_one_statement(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assets, id_ = store.library_assets, (await save_connection(store)).id
        many = [replace(FACTS, asset_id=f"{n:05}") for n in range(2500)]
        await assets.save(id_, many, {})
        known = await assets.known(id_, [facts.asset_id for facts in many])
        assert len(known) == 2500
        await assets.save(id_, [], {one.row: replace(one.facts, size=1) for one in known.values()})
        assert {one.facts.size for one in (await assets.known(id_, list(known))).values()} == {1}
        places = [StackPlace(one.row, "s", stack_first=False) for one in known.values()]
        await assets.set_stacks(places)
        found, after = 0, ""
        while some := await assets.stacked(id_, after):
            found, after = found + len(some), some[-1][0]
        assert found == 2500
        await assets.miss([one.row for one in known.values()], START)
        assert await assets.present(id_) == []


async def test_a_stack_is_that_of_a_row(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assets, id_ = store.library_assets, (await save_connection(store)).id
        await assets.save(id_, [FACTS], {})
        (place,) = (await assets.stack_places(id_, ["a", "b"])).values()
        assert (place.stack_id, place.stack_first) == (None, False)
        inside = StackPlace(place.row, "s", stack_first=True)
        await assets.set_stacks([inside])
        assert await assets.stack_places(id_, ["a"]) == {"a": inside}
        await assets.set_stacks([place])
        assert await assets.stacked(id_) == []
