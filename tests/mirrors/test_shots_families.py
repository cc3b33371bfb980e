"""Families: paths for the files of one shot, whatever their names and whatever is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_samples import asset_id, make_asset

from pentaprism.assets import Role
from pentaprism.groups.files import Kind
from pentaprism.mirrors.claims import Claims, Paths, path_key, short_suffix
from pentaprism.mirrors.families import Family, Leader, Member, leader, side_by_side
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.names import safe_name
from pentaprism.mirrors.plan import Put, PutReason

ROLES = [Role.PRIMARY, Role.VIDEO, Role.SIDECAR]
FOLDER = PurePosixPath("2024/01")


def member(number: int, name: str, roles: Sequence[Role] = (Role.PRIMARY,)) -> Member:
    put = Put(make_asset(number, name), dict.fromkeys(roles, PutReason.NEW), {})
    return Member(put, make_asset(900 + number, "v.mov") if Role.VIDEO in roles else None)


def take(
    members: Sequence[Member], led: Leader | None = None, taken: Sequence[str] = ()
) -> Sequence[Paths]:
    """Return the first wish of ``members`` that is free."""
    claims = Claims(Found())
    claims.taken = {path_key(path) for path in taken}
    plain = [FOLDER / safe_name(m.put.asset.filename) for m in members]
    pictures = [m.pictures for m in members]
    for wish in side_by_side(members, plain, led)():
        if claims.claim_together(wish, pictures):
            return wish
    raise AssertionError("no wish was free")


def primaries(wish: Sequence[Paths]) -> list[str]:
    return [str(paths[Role.PRIMARY]) for paths in wish]


def test_files_of_a_shot_keep_their_names() -> None:
    wish = take([member(1, "a.JPG"), member(2, "a.CR2")])
    assert primaries(wish) == ["2024/01/a.JPG", "2024/01/a.CR2"]


@pytest.mark.parametrize("taken", ["2024/01/a.JPG", "2024/01/A.cr2"])
def test_one_name_that_is_taken_gives_all_the_same_suffix(taken: str) -> None:
    wish = take([member(1, "a.JPG"), member(2, "a.CR2")], taken=[taken])
    assert primaries(wish) == ["2024/01/a~00000001.JPG", "2024/01/a~00000001.CR2"]


def test_files_follow_the_one_that_was_placed_first() -> None:
    led = Leader(asset_id(7), PurePosixPath("old/b~00000007.HEIC"), "~00000007")
    wish = take([member(1, "a.JPG"), member(2, "a.CR2")], led)
    assert primaries(wish) == ["old/a~00000007.JPG", "old/a~00000007.CR2"]


def test_files_of_equal_names_are_told_apart_by_their_ids() -> None:
    wish = take([member(1, "a.JPG"), member(2, "A.jpg")])
    assert primaries(wish) == ["2024/01/a.JPG", "2024/01/A~00000002.jpg"]


def test_no_shot_follows_into_the_private_folder() -> None:
    led = Leader(asset_id(7), PurePosixPath("b.JPG"))
    (paths,) = take([member(1, ".pentaprism")], led)
    assert paths[Role.PRIMARY].name == ".pentaprism_"


@dataclass(frozen=True)
class _Shot:
    group_id: str
    primary_asset_id: str | None
    assets: Sequence[tuple[str, Kind]]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.JPG", ""),
        ("a~00000001.JPG", "~00000001"),
        ("a~00000002.JPG", "~00000002"),
        (f"a~{asset_id(1).replace('-', '')}.JPG", f"~{asset_id(1).replace('-', '')}"),
        ("a~00000009.JPG", ""),
        ("a~conflict-00000001.JPG", ""),
    ],
)
def test_a_suffix_is_known_by_the_ids_of_the_shot(name: str, suffix: str) -> None:
    shot = _Shot("group", None, [(asset_id(n), Kind.IMAGE) for n in (1, 2)])
    assert leader(asset_id(1), PurePosixPath("x", name), shot).suffix == suffix


def test_what_a_file_may_move_to_alone_comes_after_what_it_took() -> None:
    members = [member(1, "a.JPG"), member(2, "a.CR2")]
    wishes = side_by_side(members, [FOLDER / "a.JPG", FOLDER / "a.CR2"], None)
    spare = [paths[Role.PRIMARY].name for paths in Family(members, wishes, 2).spare(members[1])]
    long = asset_id(2).replace("-", "")
    assert spare == [
        f"a~{asset_id(1).replace('-', '')}.CR2",
        "a~00000002.CR2",
        f"a~{long}.CR2",
    ]


names = st.one_of(
    st.sampled_from(["a.JPG", "A.jpg", "a.CR2", "a.mov", "a.JPG.xmp", "x" * 300 + ".JPG", "a"]),
    st.sampled_from([".pentaprism", "CON", "..", "a~00000001.JPG", "e\u0301.jpg", "\u00e9.jpg"]),
    st.text(max_size=3),
)
paths = st.lists(names.map(lambda name: f"2024/01/{safe_name(name)}"), max_size=4)


@given(st.lists(names, min_size=1, max_size=5), paths, st.booleans(), st.booleans())
def test_a_shot_always_finds_paths_in_one_folder(
    all_names: list[str], taken: list[str], whole: bool, led: bool
) -> None:
    roles = ROLES if whole else ROLES[:1]
    members = [member(number, name, roles) for number, name in enumerate(all_names, 1)]
    first = Leader(asset_id(99), FOLDER / "z.JPG") if led else None
    wish = take(members, first, taken)
    keys = [path_key(path) for paths in wish for path in paths.values()]
    assert len(set(keys)) == len(keys) == len(members) * len(roles)
    assert not set(keys) & {path_key(path) for path in taken}
    assert {path.parent for paths in wish for path in paths.values()} == {FOLDER}
    assert all(len(path.name.encode()) <= 255 for paths in wish for path in paths.values())
    assert take(members, first, taken) == wish


@given(st.sets(st.sampled_from(["a.JPG", "a.CR2", "a-edit.JPG", "a.TIF"]), min_size=1), paths)
def test_files_of_different_names_share_their_suffix(all_names: set[str], taken: list[str]) -> None:
    members = [member(number, name) for number, name in enumerate(sorted(all_names), 1)]
    wish = take(members, taken=taken)
    stems = [paths[Role.PRIMARY].stem for paths in wish]
    suffix = short_suffix(asset_id(1))
    assert len({stem.endswith(suffix) for stem in stems}) == 1
