"""What holds for all files, whatever they are called and whenever they were taken."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from dataclasses import replace

from group_samples import at
from hypothesis import given, settings
from hypothesis import strategies as st

from pentaprism.groups.explaining import alone, sentences
from pentaprism.groups.files import Group, Precision, ShotFile
from pentaprism.groups.grouping import group
from pentaprism.groups.keys import Keys, Spelling, keys_of
from pentaprism.groups.rules import RULES

STEMS = (
    "IMG_1234", "IMG_E1234", "IMG_1235", "X", "Müller", "PXL_20240115_143022345",
    "20231207_101605_001", "20231207_101605_002", "DSC_0001_BURST20230709220904977",
    "DSC_0002_BURST20230709220904977",
)  # fmt: skip
MARKS = (
    "", "", "", "", "-edited", "-modifié", "~2", "-1", "(1)", " (2)", "_1", "_a", ".MP", "_COVER",
    ".RAW-01.COVER", ".RAW-02.ORIGINAL", "-final", "_HEVC", "_CR2_embedded", "-e",
)  # fmt: skip
ENDINGS = (".jpg", ".jpg", ".CR2", ".HEIC", ".MOV", ".xmp", ".jpg.xmp", ".psd", ".txt", ".MP")
TIMES = st.one_of(
    st.none(),
    st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.9, 1.0, 2.0, 3600.0, 90_000.0]),
)

paths = st.builds(
    lambda folder, stem, marks, ending: f"{folder}{stem}{''.join(marks)}{ending}",
    st.sampled_from(["", "", "a/"]),
    st.sampled_from(STEMS),
    st.lists(st.sampled_from(MARKS), max_size=2),
    st.sampled_from(ENDINGS),
)
known = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.sampled_from(Precision),
        "in_utc": st.booleans(),
        "camera": st.sampled_from(["x", "y"]),
        "content_identifier": st.sampled_from(["A", "B"]),
        "burst_id": st.sampled_from(["p", "q"]),
        "apart": st.sampled_from(["1"]),
        "together": st.sampled_from(["t"]),
        "first": st.booleans(),
    },
)
one_file = st.builds(lambda path, seconds, more: at(path, seconds, **more), paths, TIMES, known)
libraries = st.lists(one_file, max_size=14, unique_by=lambda file: file.path.casefold())
plain = st.lists(
    st.builds(at, paths, TIMES), max_size=14, unique_by=lambda file: file.path.casefold()
)


@given(libraries)
@settings(max_examples=80, deadline=None)
def test_a_file_is_in_one_group_at_most_at_each_level(files: list[ShotFile]) -> None:
    found = group(files)
    for level in (0, 1):
        counts = Counter(key for one in found if one.level == level for key in one.members)
        assert set(counts.values()) <= {1}
    shots = {key: one for one in found if one.level == 0 for key in one.members}
    says = sentences()
    for one in found:
        assert len(one.members) > 1
        assert one.primary in one.members
        assert set(one.reasons) == set(one.members)
        assert {says[rule] for rule in one.reasons.values()}
        if one.level:
            assert all(key not in shots or shots[key].primary == key for key in one.members)
    grouped = {key for one in found for key in one.members}
    assert set(alone(files, found)) == {file.key for file in files} - grouped


@given(libraries, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_files_does_not_matter(
    files: list[ShotFile], random: random.Random
) -> None:
    mixed = list(files)
    random.shuffle(mixed)
    assert group(mixed) == group(files)


@given(libraries, st.sampled_from(["", "a/", "b/"]), TIMES)
@settings(max_examples=80, deadline=None)
def test_an_unrelated_file_changes_nothing(
    files: list[ShotFile], folder: str, seconds: float | None
) -> None:
    assert group([*files, at(f"{folder}unrelated.jpg", seconds)]) == group(files)


@given(libraries, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_case_and_unicode_form_do_not_matter(files: list[ShotFile], random: random.Random) -> None:
    def respelled(path: str) -> str:
        path = random.choice([str.upper, str.lower, str.swapcase])(path)
        return unicodedata.normalize(random.choice(["NFC", "NFD"]), path)

    def plain(groups: list[Group]) -> set[tuple[object, ...]]:
        return {(g.level, g.type, g.primary, frozenset(g.members)) for g in groups}

    same = [replace(file, path=respelled(file.path)) for file in files]
    assert plain(group(same)) == plain(group(files))


@given(plain)
@settings(max_examples=80, deadline=None)
def test_what_is_linked_by_name_has_the_same_keys(files: list[ShotFile]) -> None:
    keys = {file.key: keys_of(file.path, RULES) for file in files}
    for one in group(files):
        some = {keys[key] for key in one.members}
        assert len({found.folder for found in some}) == 1
        if one.level == 0:
            assert len({found.name for found in some}) == 1
        elif "burst_name" in one.reasons.values():
            assert len({found.burst for found in some}) == 1


@given(paths)
def test_a_stem_without_a_mark_has_the_same_root(path: str) -> None:
    spelling = Spelling(path.rpartition("/")[2], RULES)
    for _, _, rest in RULES.patterns.layers(spelling.stem):
        assert RULES.patterns.root(rest) == spelling.root


def _near(one: ShotFile, other: ShotFile, keys: dict[str, Keys]) -> bool:
    """Tell whether an index finds ``other`` as a neighbour of ``one``."""
    if one.together and one.together == other.together:
        return True
    mine, theirs = keys[one.path], keys[other.path]
    if mine.folder != theirs.folder:
        return False
    return (
        mine.name == theirs.name
        or (mine.burst is not None and mine.burst == theirs.burst)
        or (one.content_identifier is not None
            and one.content_identifier == other.content_identifier)
        or (one.burst_id is not None and one.burst_id == other.burst_id)
        or (one.taken_at is not None and other.taken_at is not None
            and abs(one.taken_at - other.taken_at) <= RULES.burst_gap)
    )  # fmt: skip


@given(libraries.filter(bool))
@settings(max_examples=80, deadline=None)
def test_a_closed_neighbourhood_is_grouped_as_in_the_whole(files: list[ShotFile]) -> None:
    keys = {file.path: keys_of(file.path, RULES) for file in files}
    closed = {files[0].path: files[0]}
    waiting = [files[0]]
    while waiting:
        one = waiting.pop()
        for other in files:
            if other.path not in closed and _near(one, other, keys):
                closed[other.path] = other
                waiting.append(other)
    wanted = [one for one in group(files) if set(one.members) & set(closed)]
    assert group(closed.values()) == wanted


def test_ten_thousand_files_of_one_stem_take_no_time() -> None:
    for folder, step in (("", 0.3), ("", 0.0), ("", None), ("", 5000.0)):
        files = [
            replace(
                at(f"{folder}IMG_1{mark}.{ending}", None if step is None else n * step),
                key=f"{n}{mark}{ending}",
            )
            for n in range(2_000)
            for mark, ending in (
                ("", "jpg"), ("", "mov"), ("-edited", "jpg"), ("(1)", "jpg"), ("", "xmp"),
            )
        ]  # fmt: skip
        assert isinstance(group(files), list)
        utc = [replace(f, in_utc=f.path.endswith("mov"), taken_at=f.taken_at) for f in files]
        assert isinstance(group(utc), list)
