from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.duplicates.keeper import (
    RULES,
    Choice,
    KeeperFile,
    KeeperRules,
    KeeperShot,
    ReasonCode,
    choose,
    restored,
    sentence,
    stored,
)
from pentaprism.duplicates.keeper_rules import Criterion
from pentaprism.groups.files import Kind, Precision
from pentaprism.groups.kinds import kind_of

TAKEN = datetime(2023, 7, 9, 22, 9, 4)  # noqa: DTZ001 - the time of a camera has no zone
WRITTEN = datetime(2023, 7, 9, 20, 9, 4, tzinfo=UTC)


def file(path: str = "a.jpg", **told: Any) -> KeeperFile:
    """Return a file with all that a camera writes, but for what is ``told``."""
    usual = KeeperFile(
        path,
        kind_of(path),
        size=5_000_000,
        width=6048,
        height=4024,
        taken_at=TAKEN,
        precision=Precision.SECOND,
        camera="NIKON Z 6",
        written_at=WRITTEN,
        source="root",
        in_root=True,
    )
    return replace(usual, **told)


def bare(path: str = "a.jpg", **told: Any) -> KeeperFile:
    """Return a file without EXIF."""
    nothing = {"camera": None, "taken_at": None, "precision": Precision.NONE}
    return file(path, **{**nothing, **told})


@dataclass(frozen=True)
class Case:
    """Two shots; the first is to be kept, because of ``code``."""

    name: str
    keeper: Sequence[KeeperFile]
    other: Sequence[KeeperFile]
    code: ReasonCode
    says: str | None = None
    rules: KeeperRules = RULES


LATER = WRITTEN + timedelta(days=400)
SMALL: dict[str, Any] = {"width": 1600, "height": 1065, "size": 400_000}
DOUBLED: dict[str, Any] = {"width": 12096, "height": 8048, "size": 20_000_000, "upscaled": True}

CASES = [
    Case(
        "a shot with all files of the other and one more",
        [file(sha256=b"1"), file("a.xmp", sha256=b"2")],
        [file("0.jpg", sha256=b"1")],
        ReasonCode.EVERY_FILE,
        "It has every file of the other, and more.",
    ),
    Case(
        "RAW and JPEG before a JPEG",
        [file("a.nef"), file()],
        [file("0.jpg")],
        ReasonCode.RAW,
        "It has the RAW file.",
    ),
    Case(
        "a RAW that tells only the size of its preview before a large JPEG",
        [file("a.nef", width=160, height=120)],
        [file("0.jpg")],
        ReasonCode.RAW,
    ),
    Case("a RAW without EXIF before a JPEG", [bare("a.dng")], [file("0.jpg")], ReasonCode.RAW),
    Case(
        "a RAW before an edit, though edits are preferred",
        [file("a.nef")],
        [file("0.jpg", edited=True)],
        ReasonCode.RAW,
        rules=KeeperRules(edited="edit"),
    ),
    Case(
        "a live photo before its still",
        [file("a.heic", sha256=b"1"), file("a.mov")],
        [file("0.heic", sha256=b"1")],
        ReasonCode.LIVE_VIDEO,
        "It has the video of the live photo.",
    ),
    Case(
        "a live photo before a larger JPEG",
        [file("a.heic", width=4032, height=3024), file("a.mov")],
        [file("0.jpg")],
        ReasonCode.LIVE_VIDEO,
    ),
    Case(
        "the original before the one that was enlarged from it",
        [file()],
        [file("0.jpg", **DOUBLED)],
        ReasonCode.NOT_ENLARGED,
        "The other was enlarged.",
    ),
    Case(
        "a bare original before an enlarged one with EXIF",
        [bare(**SMALL)],
        [file("0.jpg", **DOUBLED)],
        ReasonCode.NOT_ENLARGED,
    ),
    Case(
        "a JPEG before a TIFF that was enlarged from it",
        [file()],
        [file("0.tif", **DOUBLED)],
        ReasonCode.NOT_ENLARGED,
    ),
    Case(
        "a shot with one true picture beside an enlarged one",
        [file(), file("a-large.jpg", **DOUBLED)],
        [file("0.jpg", **DOUBLED)],
        ReasonCode.NOT_ENLARGED,
    ),
    Case(
        "the original before a larger edit",
        [file()],
        [file("0.jpg", edited=True, width=7000, height=5000)],
        ReasonCode.ORIGINAL,
        "It is the original, the other an edit.",
    ),
    Case(
        "the edit where edits are preferred",
        [file("b.jpg", edited=True)],
        [file("0.jpg")],
        ReasonCode.EDIT,
        "It has the edit, which you prefer.",
        KeeperRules(edited="edit"),
    ),
    Case(
        "more pixels",
        [file()],
        [file("0.jpg", **SMALL)],
        ReasonCode.LARGER,
        "It is larger: 6048 x 4024, the other 1600 x 1065.",
    ),
    Case(
        "more pixels before more bytes",
        [file(size=300_000)],
        [file("0.jpg", width=1600, height=1065, size=9_000_000)],
        ReasonCode.LARGER,
    ),
    Case(
        "a large JPEG before a small HEIC",
        [file()],
        [file("0.heic", **SMALL)],
        ReasonCode.LARGER,
    ),
    Case(
        "two per cent cut away on each side",
        [file()],
        [file("0.jpg", width=5806, height=3864)],
        ReasonCode.LARGER,
    ),
    Case(
        "pixels of an edit are not those of its original",
        [file("a.jpg")],
        [file("0.jpg", **SMALL), file("0-edited.jpg", edited=True, width=9000, height=6000)],
        ReasonCode.LARGER,
    ),
    Case(
        "a known size before an unknown one",
        [file()],
        [file("0.jpg", width=None, height=None)],
        ReasonCode.KNOWN_SIZE,
        "Its size is known, 6048 x 4024, that of the other is not.",
    ),
    Case(
        "EXIF before none",
        [file()],
        [bare("0.jpg")],
        ReasonCode.CAMERA,
        "It tells the camera, NIKON Z 6, the other does not.",
    ),
    Case(
        "a JPEG of a camera before a PNG without EXIF",
        [file()],
        [bare("0.png", size=40_000_000)],
        ReasonCode.CAMERA,
    ),
    Case(
        "a time to the second before one to the minute",
        [file()],
        [file("0.jpg", precision=Precision.MINUTE)],
        ReasonCode.TIME,
        "It tells better when it was taken: to the second, the other to the minute.",
    ),
    Case(
        "a time before none, whatever is said of its precision",
        [file(precision=Precision.DAY)],
        [file("0.jpg", taken_at=None)],
        ReasonCode.TIME,
        "It tells better when it was taken: to the day, the other not at all.",
    ),
    Case(
        "a small HEIC before a heavy JPEG of the same size",
        [file("a.heic", size=1_500_000)],
        [file("0.jpg", size=6_000_000)],
        ReasonCode.FORMAT,
        "Its format is nearer to the original: HEIC, the other JPG.",
    ),
    Case(
        "a HEIC of a camera before a PNG made of it",
        [file("a.heif", size=1_500_000)],
        [file("0.png", size=40_000_000)],
        ReasonCode.FORMAT,
    ),
    Case(
        "a screenshot as PNG before a JPEG of it",
        [bare("a.png", size=300_000)],
        [bare("0.jpg", size=700_000)],
        ReasonCode.FORMAT,
        "Its format is nearer to the original: PNG, the other JPG.",
    ),
    Case(
        "a screenshot as PNG before a HEIC of it",
        [bare("a.png", size=300_000)],
        [bare("0.heic", size=200_000)],
        ReasonCode.FORMAT,
    ),
    Case("a JPEG before a WebP", [bare()], [bare("0.webp")], ReasonCode.FORMAT),
    Case(
        "what the camera wrote before a DNG that has some pixels more",
        [file("a.nef", width=6032, height=4012)],
        [file("0.dng")],
        ReasonCode.FORMAT,
        "Its format is nearer to the original: NEF, the other DNG.",
    ),
    Case(
        "a preferred format",
        [file("b.dng")],
        [file("0.nef")],
        ReasonCode.PREFERRED_FORMAT,
        "You prefer its format: DNG, the other is NEF.",
        KeeperRules(formats=("dng",)),
    ),
    Case(
        "a preferred format by another of its endings",
        [file("b.JPEG")],
        [file("0.heic")],
        ReasonCode.PREFERRED_FORMAT,
        "You prefer its format: JPG, the other is HEIC.",
        KeeperRules(formats=("jpg", "heic")),
    ),
    Case(
        "less compressed, at the same size and format",
        [file("b.jpg")],
        [file("0.jpeg", size=2_000_000)],
        ReasonCode.LESS_COMPRESSED,
        "It is less compressed, at the same size and format: 5.0 MB, the other 2.0 MB.",
    ),
    Case(
        "less compressed, and turned",
        [file("b.jpg", width=4024, height=6048)],
        [file("0.jpg", size=2_000_000)],
        ReasonCode.LESS_COMPRESSED,
    ),
    Case(
        "bytes of a PNG tell nothing",
        [bare("a.png", size=200_000)],
        [bare("b.png", size=900_000)],
        ReasonCode.PATH,
        "Nothing else tells them apart, and its path comes first.",
    ),
    Case(
        "an avoided folder",
        [file("Photos/b.jpg")],
        [file("Downloads/a.jpg")],
        ReasonCode.NOT_AVOIDED,
        "The other is in a folder that you avoid: root/Downloads.",
        KeeperRules(avoid=("**/downloads/**",)),
    ),
    Case(
        "a preferred folder",
        [file("Photos/2023/b.jpg")],
        [file("Inbox/a.jpg")],
        ReasonCode.FOLDER,
        "It is in a folder that you prefer: root/Photos/2023.",
        KeeperRules(folders=("Photos/**",)),
    ),
    Case(
        "the folder that is preferred most",
        [file("Photos/b.jpg")],
        [file("Camera/a.jpg")],
        ReasonCode.FOLDER,
        rules=KeeperRules(folders=("Photos", "Camera")),
    ),
    Case(
        "quality before a preferred folder",
        [file("Inbox/b.jpg")],
        [file("Photos/a.jpg", **SMALL)],
        ReasonCode.LARGER,
        rules=KeeperRules(folders=("Photos/**",)),
    ),
    Case(
        "a preferred folder before quality, where it is asked first",
        [file("Photos/b.jpg", **SMALL)],
        [file("Inbox/a.jpg")],
        ReasonCode.FOLDER,
        rules=KeeperRules(folders=("Photos/**",), order=(Criterion.FOLDERS,)),
    ),
    Case(
        "an enlarged one has no size, where resolution is asked first",
        [file(**SMALL)],
        [file("0.jpg", **DOUBLED)],
        ReasonCode.NOT_ENLARGED,
        rules=KeeperRules(order=(Criterion.RESOLUTION,)),
    ),
    Case(
        "an asset of Immich before a file in a folder only",
        [file("b.jpg", in_immich=True)],
        [file("a.jpg")],
        ReasonCode.IN_IMMICH,
        "It is in Immich, the other only in a folder.",
    ),
    Case(
        "a favourite",
        [file("b.jpg", favourite=True)],
        [file("a.jpg", albums=3)],
        ReasonCode.FAVOURITE,
        "It is a favourite in Immich.",
    ),
    Case(
        "more albums, where favourites do not count",
        [file("b.jpg", albums=3)],
        [file("a.jpg", favourite=True, albums=1)],
        ReasonCode.ALBUMS,
        "It is in more albums: 3, the other in 1.",
        KeeperRules(favourites=False),
    ),
    Case(
        "albums do not count either",
        [file("a.jpg")],
        [file("b.jpg", albums=3)],
        ReasonCode.PATH,
        rules=KeeperRules(albums=False),
    ),
    Case(
        "the older file",
        [file("b.jpg")],
        [file("a.jpg", written_at=LATER)],
        ReasonCode.OLDER,
        "Its file is older: 2023-07-09, that of the other 2024-08-12.",
    ),
    Case(
        "a file that is older by some seconds",
        [file("b.jpg")],
        [file("a.jpg", written_at=WRITTEN + timedelta(seconds=3))],
        ReasonCode.OLDER,
        "Its file is older: 2023-07-09 20:09:04, that of the other 2023-07-09 20:09:07.",
    ),
    Case(
        "two seconds and an unknown time are no age",
        [file("a.jpg", written_at=WRITTEN + timedelta(seconds=2))],
        [file("b.jpg")],
        ReasonCode.PATH,
    ),
    Case(
        "some bytes more, where nothing else tells",
        [file("b.jpg", size=5_000_100)],
        [file("a.jpg")],
        ReasonCode.LESS_COMPRESSED,
        "It is less compressed, at the same size and format: "
        "5,000,100 bytes, the other 5,000,000 bytes.",
    ),
    Case(
        "the name without a counter",
        [file("b.jpg")],
        [file("a (1).jpg")],
        ReasonCode.NAME,
        "Its name is shorter: b.jpg, that of the other a (1).jpg.",
    ),
    Case("the path", [file("A/x.jpg")], [file("b/x.jpg")], ReasonCode.PATH),
    Case(
        "a larger video",
        [file("b.mp4", width=3840, height=2160)],
        [file("a.mp4", width=1920, height=1080)],
        ReasonCode.LARGER,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("keys", [(1, 2), (2, 1)], ids=["in order", "turned"])
def test_of_two_shots(case: Case, keys: tuple[int, int]) -> None:
    shots = [KeeperShot(keys[0], tuple(case.keeper)), KeeperShot(keys[1], tuple(case.other))]
    choice = choose(shots, case.rules)
    assert choice.key == keys[0]
    assert choice.reasons[0].code is case.code
    if case.says is not None:
        assert sentence(choice.reasons[0]) == case.says


def of(*files: KeeperFile) -> Choice:
    return choose([KeeperShot(key, (each,)) for key, each in enumerate(files)])


def test_one_alone_is_kept_for_no_reason() -> None:
    assert of(file()) == Choice(0, ())


def test_equal_paths_in_two_sources_are_told_apart() -> None:
    assert of(file(source="b"), file(source="a")).key == 1


def test_the_reason_that_decided_comes_before_one_that_only_helped() -> None:
    choice = of(file("a.jpg", **SMALL), file("b.jpg"), file("c.jpg", written_at=LATER))
    assert choice.key == 1
    assert [sentence(reason) for reason in choice.reasons] == [
        "Its file is older than those of some of the others: 2023-07-09, not 2024-08-12.",
        "It is larger than some of the others: 6048 x 4024, not 1600 x 1065.",
    ]


def test_others_are_told_by_the_best_of_them() -> None:
    choice = of(file(), file("b.jpg", **SMALL), file("c.jpg", width=3000, height=2000))
    assert (
        sentence(choice.reasons[0]) == "It is larger: 6048 x 4024, the others at most 3000 x 2000."
    )


def test_merits_that_were_not_needed_are_told_too() -> None:
    choice = of(file(albums=2, favourite=True), bare("b.jpg", **SMALL))
    assert [reason.code for reason in choice.reasons] == [
        ReasonCode.LARGER,
        ReasonCode.CAMERA,
        ReasonCode.TIME,
        ReasonCode.FAVOURITE,
        ReasonCode.ALBUMS,
    ]


def test_names_are_no_merit_where_something_else_decided() -> None:
    choice = of(file(), file("a (1).jpg", **SMALL))
    assert [reason.code for reason in choice.reasons] == [ReasonCode.LARGER]


def test_a_reason_is_told_once() -> None:
    choice = of(file(), file("b.jpg", size=4_999_999), file("c.jpg", size=1_000_000))
    assert [reason.code for reason in choice.reasons] == [ReasonCode.LESS_COMPRESSED]


def test_of_three_the_one_within_another_goes_first() -> None:
    shots = [
        KeeperShot(1, (file("0.jpg", sha256=b"1"),)),
        KeeperShot(2, (file("b.jpg", sha256=b"1"), file("b.xmp", sha256=b"2"))),
        KeeperShot(3, (file("c.jpg", sha256=b"3", size=6_000_000),)),
    ]
    choice = choose(shots)
    assert choice.key == 3
    assert ReasonCode.EVERY_FILE not in {reason.code for reason in choice.reasons}


def test_a_file_of_unknown_bytes_contains_nothing_and_is_contained_in_nothing() -> None:
    shots = [
        KeeperShot(1, (file("a.jpg", sha256=None),)),
        KeeperShot(2, (file("b.jpg", sha256=b"1"), file("b.xmp", sha256=None))),
    ]
    assert [reason.code for reason in choose(shots).reasons] == [ReasonCode.PATH]


def test_a_shot_of_sidecars_or_unknown_files_can_be_kept() -> None:
    assert of(KeeperFile("b.bin", Kind.OTHER), KeeperFile("a.xmp", Kind.SIDECAR)).key == 1


def test_each_code_has_its_sentences() -> None:
    told = {case.code for case in CASES}
    assert told == set(ReasonCode)


FILES = st.builds(
    KeeperFile,
    path=st.sampled_from(["a.jpg", "a.nef", "b.heic", "P/a.jpg", "Q/a (1).jpg", "a.mov", "a.xmp"]),
    kind=st.sampled_from(list(Kind)),
    size=st.none() | st.sampled_from([900, 995, 1000]),
    width=st.none() | st.sampled_from([400, 398, 300]),
    height=st.none() | st.sampled_from([400, 300]),
    sha256=st.none() | st.sampled_from([b"1", b"2", b"3"]),
    taken_at=st.none() | st.just(TAKEN),
    precision=st.sampled_from(list(Precision)),
    camera=st.none() | st.sampled_from(["A", "B"]),
    written_at=st.none() | st.sampled_from([WRITTEN, WRITTEN + timedelta(seconds=2), LATER]),
    source=st.sampled_from(["x", "y"]),
    edited=st.booleans(),
    upscaled=st.booleans(),
    favourite=st.booleans(),
    albums=st.integers(0, 2),
    in_immich=st.booleans(),
)
SHOTS = st.lists(st.lists(FILES, min_size=1, max_size=3), min_size=1, max_size=5).map(
    lambda rows: [KeeperShot(key, tuple(files)) for key, files in enumerate(rows)]
)
WAYS = st.builds(
    KeeperRules,
    edited=st.sampled_from(["original", "edit"]),
    folders=st.sampled_from([(), ("P/**",), ("Q", "x/P")]),
    avoid=st.sampled_from([(), ("Q/**",)]),
    formats=st.sampled_from([(), ("heic", "jpeg")]),
    favourites=st.booleans(),
    albums=st.booleans(),
    order=st.lists(st.sampled_from(list(Criterion)), unique=True).map(tuple),
)


@given(SHOTS, WAYS, st.data())
def test_neither_the_order_of_shots_nor_that_of_their_files_makes_a_difference(
    shots: list[KeeperShot], rules: KeeperRules, data: st.DataObject
) -> None:
    shuffled = [
        KeeperShot(shot.key, tuple(data.draw(st.permutations(shot.files))))
        for shot in data.draw(st.permutations(shots))
    ]
    assert choose(shuffled, rules) == choose(shots, rules)


@given(SHOTS, WAYS)
def test_one_of_them_is_kept_for_reasons_that_can_be_told(
    shots: list[KeeperShot], rules: KeeperRules
) -> None:
    choice = choose(shots, rules)
    assert choice.key in {shot.key for shot in shots}
    assert len(choice.reasons) <= 5
    assert all(sentence(reason).endswith(".") for reason in choice.reasons)
    assert restored(stored(choice.reasons)) == choice.reasons


@given(st.lists(FILES.filter(lambda file: file.kind is not Kind.RAW), min_size=1))
def test_an_enlarged_picture_is_never_kept_before_a_true_one(files: list[KeeperFile]) -> None:
    kept = files[of(*files).key]
    assert not kept.upscaled or all(each.upscaled for each in files)


def test_a_reason_of_another_version_is_left_out() -> None:
    assert restored([("charm", '["all"]'), ("raw", '["other"]')]) == restored(
        [("raw", '["other"]')]
    )
