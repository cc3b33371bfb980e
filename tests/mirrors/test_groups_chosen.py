"""Which files of a known shot are mirrored: the choice, and what the album holds."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_samples import asset_id, make_asset

from pentaprism.assets import Asset, Visibility
from pentaprism.destinations.choices import RawPolicy
from pentaprism.groups.files import GroupType, Kind
from pentaprism.mirrors.chosen import Choosing, IdSet, Member, choose_files, digest_of, others
from pentaprism.mirrors.shots import Shots, by_rank

members = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 5), st.booleans()),
    max_size=6,
    unique_by=lambda member: member[0],
).map(lambda drawn: [Member(1, *member) for member in drawn])


@given(members, st.sampled_from(RawPolicy))
def test_of_each_shot_something_is_mirrored(files: list[Member], policy: RawPolicy) -> None:
    left_out = others(files, policy)
    kept = [member for member in files if member.file not in left_out]
    assert bool(kept) == bool(files)
    assert left_out <= {member.file for member in files}
    if policy is RawPolicy.ALL:
        assert not left_out
    if policy is RawPolicy.PRIMARY and files:
        assert [member.rank for member in kept] == [min(member.rank for member in files)]
    if policy is RawPolicy.RAW:
        raws = [member for member in files if member.raw]
        assert kept == (raws or files)


@given(members, st.sampled_from(RawPolicy), st.randoms())
def test_the_order_of_files_does_not_matter(
    files: list[Member], policy: RawPolicy, random: Random
) -> None:
    mixed = random.sample(files, len(files))
    assert others(mixed, policy) == others(files, policy)


@dataclass(frozen=True)
class _Shot:
    group_id: str
    primary_asset_id: str | None
    assets: tuple[tuple[str, Kind], ...]


class _Index:
    """An index in memory that knows ``shots``."""

    def __init__(self, shots: Sequence[Sequence[Asset]]) -> None:
        self._shots = {
            asset.id: _Shot(
                f"group {number}",
                shot[0].id,
                tuple((a.id, _kind(a)) for a in sorted(shot, key=lambda a: a.filename)),
            )
            for number, shot in enumerate(shots)
            for asset in shot
        }

    async def of_assets(
        self, connection_id: str, asset_ids: Collection[str]
    ) -> Mapping[str, _Shot]:
        del connection_id
        return {id_: self._shots[id_] for id_ in asset_ids if id_ in self._shots}

    async def counts(self, owner_id: str) -> Mapping[GroupType, int]:
        del owner_id
        return {GroupType.RAW_JPEG: len(self._shots)}


def _kind(asset: Asset) -> Kind:
    return Kind.RAW if asset.filename.endswith("CR2") else Kind.IMAGE


EDIT = make_asset(1, "a-edit.JPG")
JPEG = make_asset(2, "a.JPG")
RAW = make_asset(3, "a.CR2")
HIDDEN = make_asset(4, "a.HEIC", visibility=Visibility.HIDDEN)
OTHER = make_asset(5, "b.JPG")
ALONE = make_asset(6, "c.JPG")
SHOT = [EDIT, JPEG, RAW]


@pytest.mark.parametrize(
    ("album", "policy", "absent", "left_out"),
    [
        (SHOT, RawPolicy.PRIMARY, [], [JPEG, RAW]),
        (SHOT, RawPolicy.RAW, [], [EDIT, JPEG]),
        ([JPEG, RAW], RawPolicy.PRIMARY, [], [RAW]),
        ([RAW], RawPolicy.PRIMARY, [], []),
        ([EDIT, JPEG], RawPolicy.RAW, [], []),
        (SHOT, RawPolicy.PRIMARY, [EDIT], [RAW]),
        (SHOT, RawPolicy.RAW, [RAW], []),
        (SHOT, RawPolicy.PRIMARY, SHOT, []),
        ([HIDDEN, *SHOT], RawPolicy.PRIMARY, [], [JPEG, RAW]),
    ],
)
async def test_what_is_left_out(
    album: Sequence[Asset], policy: RawPolicy, absent: Sequence[Asset], left_out: Sequence[Asset]
) -> None:
    shots = Shots(_Index([[*SHOT, HIDDEN], [ALONE]]), "connection", "person")
    listed = [*album, OTHER, ALONE]

    async def out_of_reach(asked: Sequence[Asset]) -> Collection[str]:
        return {asset.id for asset in asked if asset in absent}

    for size in (1, 2, 100):
        chosen = await choose_files(_paged(listed, size), shots, policy, out_of_reach)
        assert [asset for asset in listed if asset.id in chosen.left_out] == left_out
        known = [asset for asset in listed if asset.id in chosen.known]
        assert known == [asset for asset in album if asset is not HIDDEN]


async def _paged(assets: Sequence[Asset], size: int) -> AsyncIterator[Sequence[Asset]]:
    for page in batched(assets, size):
        yield page


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)))
def test_a_set_of_ids_holds_what_was_put_in(inside: set[str], outside: set[str]) -> None:
    ids = IdSet()
    for id_ in inside:
        ids.add(digest_of(id_))
    ids.close()
    assert {id_ for id_ in inside | outside if id_ in ids} == inside


def test_the_primary_comes_first_then_pictures_then_raw() -> None:
    files = (("a", Kind.OTHER), ("b", Kind.RAW), ("c", Kind.IMAGE), ("d", Kind.VIDEO))
    for primary, order in ((None, "cbda"), ("d", "dcba"), ("b", "bcda")):
        ranked = by_rank(_Shot("group", primary, files))
        assert "".join(asset_id for asset_id, _ in ranked) == order


def test_a_file_that_leaves_its_shot_meanwhile_is_the_last_of_it() -> None:
    choosing = Choosing(RawPolicy.PRIMARY)
    shot = _Shot("group", "a", (("a", Kind.RAW), ("b", Kind.IMAGE)))
    for id_ in ("gone", "b"):
        choosing.add(id_, shot)
    chosen = choosing.choose()
    assert "gone" in chosen.left_out
    assert "b" not in chosen.left_out


def test_what_is_remembered_of_files_of_known_shots_takes_few_bytes() -> None:
    count = 20_000
    choosing = Choosing(RawPolicy.PRIMARY)
    tracemalloc.start()
    try:
        for number in range(count // 2):
            first, second = asset_id(2 * number), asset_id(2 * number + 1)
            files = ((first, Kind.IMAGE), (second, Kind.RAW))
            shot = _Shot(f"group {number}", first, files)
            for id_ in (first, second):
                choosing.add_known(id_)
                choosing.add(id_, shot)
        chosen = choosing.choose()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert asset_id(1) in chosen.left_out
    assert asset_id(2) not in chosen.left_out
    assert kept < 25 * count
    assert peak < 60 * count
