"""Claims: who owns which path, in any order, for any name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_samples import NOW, asset_id, make_asset

from pentaprism.assets import Asset, Checksum, Exif, Role
from pentaprism.destinations.base import RemoteItem
from pentaprism.destinations.local_folder.fingerprint import nanoseconds
from pentaprism.mirrors.claims import (
    Claims,
    Paths,
    alternatives,
    conflict_copies,
    path_key,
    shot_paths,
)
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.names import safe_name

PICTURE = [Role.PRIMARY]
ALL = [Role.PRIMARY, Role.VIDEO, Role.SIDECAR]


def claim(
    claims: Claims, asset: Asset, roles: Sequence[Role] = PICTURE, video: str = "v.mov"
) -> Paths:
    plain = PurePosixPath(safe_name(asset.filename))
    paths = claims.claim(claims.candidates(plain, asset, roles, video), {Role.PRIMARY: asset})
    assert paths is not None
    return paths


def found(path: str, asset: Asset) -> RemoteItem:
    return RemoteItem(path, size=7, mtime_ns=nanoseconds(asset.taken_at), sha1=asset.checksum.sha1)


def names(paths: Paths) -> list[str]:
    return [str(path) for path in paths.values()]


def test_the_first_claimant_keeps_the_plain_name() -> None:
    claims = Claims(Found())
    taken = [
        claim(claims, make_asset(number, name))[Role.PRIMARY].name
        for number, name in enumerate(
            ["IMG.jpg", "IMG.jpg", "img.JPG", "e\u0301.jpg", "\u00e9.jpg"]
        )
    ]
    assert taken == [
        "IMG.jpg",
        "IMG~00000001.jpg",
        "img~00000002.JPG",
        "\u00e9.jpg",
        "\u00e9~00000004.jpg",
    ]


def test_a_path_that_was_claimed_earlier_is_not_given_again() -> None:
    claims = Claims(Found())
    claims.taken = {path_key("IMG.jpg"), path_key("IMG~00000001.jpg")}
    (path,) = claim(claims, make_asset(1, "IMG.jpg")).values()
    assert path.name == f"IMG~{asset_id(1).replace('-', '')}.jpg"


def test_the_files_of_a_live_photo_share_a_stem() -> None:
    claims = Claims(Found())
    assert names(claim(claims, make_asset(1, "a.HEIC"), ALL)) == ["a.HEIC", "a.mov", "a.HEIC.xmp"]
    assert names(claim(claims, make_asset(2, "a.HEIC"), ALL)) == [
        "a~00000002.HEIC",
        "a~00000002.mov",
        "a~00000002.HEIC.xmp",
    ]


def test_a_shot_takes_another_name_whole_when_one_of_its_files_cannot_have_its_own() -> None:
    claims = Claims(Found())
    claim(claims, make_asset(1, "a.mov"))
    assert names(claim(claims, make_asset(2, "a.HEIC"), ALL))[:2] == [
        "a~00000002.HEIC",
        "a~00000002.mov",
    ]


@pytest.mark.parametrize(
    ("still", "video", "expected"),
    [
        ("a.HEIC", "IMG_7.MOV", "a.MOV"),
        ("a.HEIC", "no extension", "a.mov"),
        ("a.HEIC", "", "a.mov"),
        ("a.MOV", "b.mov", "a~live.mov"),
        ("a", "b.mp4", "a.mp4"),
        ("a.b.jpg", "../evil.mp4", "a.b.mp4"),
        ("a", "b.XMP", "a~live.XMP"),
    ],
)
def test_a_video_is_named_after_its_still(still: str, video: str, expected: str) -> None:
    paths = shot_paths(PurePosixPath("x") / still, ALL, video)
    assert str(paths[Role.VIDEO]) == f"x/{expected}"


@pytest.mark.parametrize("name", ["x" * 251 + ".xmp", "x" * 251 + ".jpg", "x" * 255])
def test_a_sidecar_of_a_long_name_keeps_the_extension_of_its_picture(name: str) -> None:
    paths = shot_paths(PurePosixPath(name), ALL, "v.mov")
    assert paths[Role.SIDECAR].name.endswith(PurePosixPath(name).suffix + ".xmp")
    assert len({path_key(path) for path in paths.values()}) == 3


def test_a_file_that_was_found_gives_its_path_to_the_asset_of_its_content() -> None:
    first, second = make_asset(1, "IMG.jpg"), make_asset(2, "IMG.jpg")
    claims = Claims(Found([found("IMG~00000001.jpg", first), found("IMG.jpg", second)]))
    assert names(claim(claims, first)) == ["IMG~00000001.jpg"]
    assert names(claim(claims, second)) == ["IMG.jpg"]


def test_a_file_that_was_found_elsewhere_is_taken_where_it_is() -> None:
    asset = make_asset(1, "IMG.jpg")
    claims = Claims(Found([found("old/IMG.jpg", asset)]))
    assert names(claim(claims, asset)) == ["old/IMG.jpg"]


def test_a_found_copy_at_the_plain_path_comes_before_others() -> None:
    asset = make_asset(1, "IMG.jpg")
    claims = Claims(Found([found("a.jpg", asset), found("IMG.jpg", asset)]))
    assert names(claim(claims, asset)) == ["IMG.jpg"]


def test_a_found_file_of_other_content_keeps_its_place() -> None:
    claims = Claims(Found([found("img.JPG", make_asset(9))]))
    assert names(claim(claims, make_asset(1, "IMG.jpg"))) == ["IMG~00000001.jpg"]


def test_two_found_files_of_one_key_go_to_the_asset_of_either_content() -> None:
    asset = make_asset(1, "IMG.jpg")
    claims = Claims(Found([found("IMG.jpg", asset), found("img.jpg", make_asset(9))]))
    assert names(claim(claims, asset)) == ["IMG.jpg"]


@pytest.mark.parametrize(
    ("size", "seconds", "path"),
    [
        (7, 0, "IMG.jpg"),
        (7, 2, "IMG.jpg"),
        (7, 3, "IMG~00000001.jpg"),
        (8, 0, "IMG~00000001.jpg"),
        (None, 0, "IMG~00000001.jpg"),
    ],
)
def test_without_a_hash_a_found_file_is_known_by_size_and_time(
    size: int | None, seconds: int, path: str
) -> None:
    external = make_asset(
        1,
        "IMG.jpg",
        checksum=Checksum(b"p" * 20, of_content=False),
        exif=Exif(size=size),
        taken_at=NOW + timedelta(seconds=seconds),
    )
    claims = Claims(Found([found("IMG.jpg", make_asset(9))]))
    assert names(claim(claims, external)) == [path]


@pytest.mark.parametrize("name", [".pentaprism", ".PentaPrism"])
def test_no_picture_gets_the_private_folder(name: str) -> None:
    for plain in (PurePosixPath(name), PurePosixPath(name, "a.jpg")):
        for path in alternatives(plain, asset_id(1)):
            assert path_key(path.parts[0]) != ".pentaprism"


def test_conflict_copies_count_up_and_do_not_pile_up() -> None:
    copies = [str(p) for p in islice(conflict_copies(PurePosixPath("x/a.jpg"), asset_id(1)), 3)]
    assert copies == [
        "x/a~conflict-00000001.jpg",
        "x/a~conflict-00000001-2.jpg",
        "x/a~conflict-00000001-3.jpg",
    ]
    again = conflict_copies(PurePosixPath(copies[2]), asset_id(1))
    assert str(next(again)) == copies[0]


hostile = st.lists(
    st.one_of(
        st.sampled_from(["IMG", "img", ".jpg", ".JPG", ".mov", "e\u0301", "\u00e9", "~00000001"]),
        st.sampled_from(["/", "..", " ", ".", "CON", ".pentaprism", "x" * 250, ".xmp", "~live"]),
        st.text(max_size=3),
    ),
    max_size=4,
).map("".join)  # fmt: skip


@given(st.lists(st.tuples(hostile, hostile), min_size=1, max_size=12))
def test_all_claimed_keys_are_unique_whatever_the_names(shots: list[tuple[str, str]]) -> None:
    def claim_all() -> list[PurePosixPath]:
        claims = Claims(Found())
        return [
            path
            for number, (name, video) in enumerate(shots, 1)
            for path in claim(claims, make_asset(number, name), ALL, video).values()
        ]

    paths = claim_all()
    assert len({path_key(path) for path in paths}) == len(paths)
    assert all(len(path.name.encode()) <= 255 for path in paths)
    assert claim_all() == paths


@given(st.lists(hostile, min_size=1, max_size=8))
def test_a_claim_made_earlier_does_not_move_when_others_come(all_names: list[str]) -> None:
    """A claim is recorded: the next run starts from what is taken, in whatever order."""
    claims = Claims(Found())
    first = claim(claims, make_asset(1, all_names[0]))
    later = Claims(Found())
    later.taken = {path_key(path) for path in first.values()}
    for number, name in enumerate(all_names[1:], 2):
        paths = claim(later, make_asset(number, name))
        assert not {path_key(p) for p in paths.values()} & {path_key(p) for p in first.values()}
