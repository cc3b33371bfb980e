"""What a decision changes in Immich, by table; nothing is asked here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.planning import ResolutionPlan, plan
from pentaprism.resolution.remarks import NoteCode, RefusalCode
from pentaprism.resolution.seen import SeenAlbum, SeenAsset, SeenStack, SeenTag
from pentaprism.store.journal_records import PlannedStep, StepKind

HERE, ME = "home", "me"
TRIP, SEA = SeenAlbum("trip", "Trip", editable=True), SeenAlbum("sea", "Sea", editable=True)
CLOSED = SeenAlbum("closed", "Theirs", editable=False)
PARIS = (48.85, 2.35)


def asset(id_: str, **values: Any) -> SeenAsset:
    return replace(SeenAsset(id_, ME, id_.encode()), **values)


def asset_file(id_: str, path: str | None = None) -> DecidedFile:
    return DecidedFile(ord(id_[0]), path or f"{id_}.jpg", 9, id_.encode(), None, HERE, id_)


def root_file(name: str) -> DecidedFile:
    return DecidedFile(1000 + ord(name[0]), name, 9, None, "root")


def shot(number: int, *files: DecidedFile) -> DecidedShot:
    return DecidedShot(number, files)


def decision(*shots: DecidedShot, **options: Any) -> Decision:
    return Decision(ME, "group", "identical", 1.0, shots[0], shots[1:], **options)


def planned(*assets: SeenAsset, **options: Any) -> ResolutionPlan:
    """The plan to keep the first of some assets."""
    shots = [shot(n, asset_file(one.id)) for n, one in enumerate(assets)]
    seen = {one.id: one for one in assets}
    return plan(decision(*shots, **options), HERE, ME, seen)


def merges(found: ResolutionPlan) -> list[tuple[Any, ...]]:
    """The steps before the trash, which is the last one."""
    assert found.refusals == []
    *steps, last = found.steps
    assert last.kind is StepKind.TRASH
    return [(s.kind, s.target, s.before, s.after) for s in steps]


def metadata(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(StepKind.METADATA, None, before, after)]


K, L = asset("k"), asset("l")
ALBUM, COVER = StepKind.ALBUM, StepKind.COVER
SHOWN = replace(TRIP, cover_id="l")
TAG_A, TAG_B = SeenTag("1", "a"), SeenTag("2", "a/b")
CASES: dict[str, tuple[SeenAsset, SeenAsset, list[tuple[Any, ...]]]] = {
    "nothing to merge": (K, L, []),
    "an album": (K, replace(L, albums=(TRIP,)), [(ALBUM, "trip", False, True)]),
    "the same album": (replace(K, albums=(TRIP,)), replace(L, albums=(TRIP,)), []),
    "an album that shows the loser": (
        K,
        replace(L, albums=(SHOWN,)),
        [(ALBUM, "trip", False, True), (COVER, "trip", "l", "k")],
    ),
    "the same album, which shows the loser": (
        replace(K, albums=(SHOWN,)),
        replace(L, albums=(SHOWN,)),
        [(COVER, "trip", "l", "k")],
    ),
    "a closed album that the keeper is in": (
        replace(K, albums=(CLOSED,)),
        replace(L, albums=(CLOSED, SEA)),
        [(ALBUM, "sea", False, True)],
    ),
    "a favourite": (
        K,
        replace(L, favourite=True),
        metadata({"favourite": False}, {"favourite": True}),
    ),
    "the keeper's favourite": (replace(K, favourite=True), L, []),
    "a description": (
        K,
        replace(L, description=" By the sea. "),
        metadata({"description": ""}, {"description": "By the sea."}),
    ),
    "another description": (
        replace(K, description="A day."),
        replace(L, description="By the sea."),
        metadata({"description": "A day."}, {"description": "A day.\nBy the sea."}),
    ),
    "a description that is in the keeper's": (
        replace(K, description="A day by the sea."),
        replace(L, description="by the sea."),
        [],
    ),
    "a word that is only part of one": (
        replace(K, description="Romero"),
        replace(L, description="Rome"),
        metadata({"description": "Romero"}, {"description": "Romero\nRome"}),
    ),
    "a rating": (K, replace(L, rating=3), metadata({"rating": None}, {"rating": 3})),
    "the keeper's rating": (replace(K, rating=2), replace(L, rating=5), []),
    "a rejection": (K, replace(L, rating=-1), []),
    "a place": (
        K,
        replace(L, place=PARIS),
        metadata({"place": None}, {"place": [*PARIS]}),
    ),
    "the keeper's place": (replace(K, place=(1.0, 2.0)), replace(L, place=PARIS), []),
    "tags": (
        replace(K, tags=(TAG_A,)),
        replace(L, tags=(TAG_A, TAG_B)),
        [(StepKind.TAGS, None, [], [["2", "a/b"]])],
    ),
    "a stack that goes as a whole": (K, replace(L, stack=SeenStack("s", ("l",))), []),
    "a stack in which the keeper takes the place": (
        K,
        replace(L, stack=SeenStack("s", ("x", "l", "y"))),
        [
            (StepKind.UNSTACK, "s", ["x", "l", "y"], []),
            (StepKind.STACK, None, [], ["x", "k", "y"]),
        ],
    ),
    "a stack that showed the loser": (
        K,
        replace(L, stack=SeenStack("s", ("l", "y"))),
        [
            (StepKind.UNSTACK, "s", ["l", "y"], []),
            (StepKind.STACK, None, [], ["k", "y"]),
        ],
    ),
    "a stack with the keeper that showed the loser": (
        replace(K, stack=SeenStack("s", ("l", "x", "k"))),
        replace(L, stack=SeenStack("s", ("l", "x", "k"))),
        [(StepKind.SHOW_FIRST, "s", ["l", "x", "k"], ["k", "l", "x"])],
    ),
    "a stack with the keeper in front": (
        replace(K, stack=SeenStack("s", ("k", "l"))),
        replace(L, stack=SeenStack("s", ("k", "l"))),
        [],
    ),
    "a stack, and the keeper in another one": (
        replace(K, stack=SeenStack("t", ("k", "z"))),
        replace(L, stack=SeenStack("s", ("l", "y"))),
        [(StepKind.SHOW_FIRST, "s", ["l", "y"], ["y", "l"])],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_merged(name: str) -> None:
    keeper, loser, expected = CASES[name]
    found = planned(keeper, loser)
    assert merges(found) == expected
    assert found.trashed == ("l",)
    assert found.keeper_asset_id == "k"


REFUSED: dict[str, tuple[SeenAsset, SeenAsset, RefusalCode]] = {
    "a keeper in the trash": (replace(K, trashed=True), L, RefusalCode.KEEPER_TRASHED),
    "a keeper without its file": (replace(K, offline=True), L, RefusalCode.KEEPER_OFFLINE),
    "a keeper that is hidden": (replace(K, hidden=True), L, RefusalCode.KEEPER_HIDDEN),
    "a locked keeper": (replace(K, locked=True), L, RefusalCode.LOCKED),
    "another keeper than was indexed": (replace(K, sha1=b"x"), L, RefusalCode.CHANGED),
    "somebody else's keeper": (replace(K, owner_id="bob"), L, RefusalCode.NOT_OURS),
    "a loser without its file": (K, replace(L, offline=True), RefusalCode.OFFLINE),
    "a locked loser": (K, replace(L, locked=True), RefusalCode.LOCKED),
    "a hidden loser": (K, replace(L, hidden=True), RefusalCode.HIDDEN),
    "a partner's loser": (K, replace(L, owner_id="bob"), RefusalCode.NOT_OURS),
    "another loser than was indexed": (K, replace(L, sha1=b"x"), RefusalCode.CHANGED),
    "a loser in an album of others": (
        K, replace(L, albums=(CLOSED,)), RefusalCode.ALBUM_CLOSED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    keeper, loser, code = REFUSED[name]
    found = planned(keeper, loser)
    assert [refusal.code for refusal in found.refusals] == [code]
    assert found.steps == []
    assert found.refusals[0].sentence.endswith(".")


def test_one_that_may_not_be_trashed_keeps_all_where_they_are() -> None:
    found = planned(K, L, asset("m", locked=True))
    assert (found.steps, len(found.refusals)) == ([], 1)


def test_a_keeper_that_is_gone_is_told() -> None:
    shots = shot(0, asset_file("k")), shot(1, asset_file("l"))
    found = plan(decision(*shots), HERE, ME, {"l": L})
    assert [refusal.code for refusal in found.refusals] == [RefusalCode.KEEPER_GONE]


def test_the_picture_leaves_immich_only_where_that_is_wanted() -> None:
    shots = shot(0, root_file("a.jpg")), shot(1, asset_file("l"))
    refused = plan(decision(*shots), HERE, ME, {"l": L})
    assert [one.code for one in refused.refusals] == [RefusalCode.KEEPER_NOT_IN_IMMICH]
    wanted = decision(*shots, allow_leaving_immich=True)
    found = plan(wanted, HERE, ME, {"l": L})
    assert (merges(found), found.keeper_asset_id) == ([], None)
    assert [note.code for note in found.notes] == [NoteCode.LEAVES_IMMICH]
    # The file of an external library may be the very one in the folder.
    external = plan(wanted, HERE, ME, {"l": replace(L, external=True)})
    assert [one.code for one in external.refusals] == [RefusalCode.MAYBE_SAME_FILE]


def test_two_external_assets_of_one_file_are_not_duplicates() -> None:
    shots = shot(0, asset_file("k", "/photos/a.jpg")), shot(1, asset_file("l", "/photos/a.jpg"))
    seen = {"k": replace(K, external=True), "l": replace(L, external=True)}
    found = plan(decision(*shots), HERE, ME, seen)
    assert [one.code for one in found.refusals] == [RefusalCode.SAME_FILE]
    other = plan(decision(shots[0], shot(1, asset_file("l", "/photos/b.jpg"))), HERE, ME, seen)
    assert [note.code for note in other.notes] == [NoteCode.EXTERNAL]


def test_whole_shots_go_and_files_in_folders_are_only_marked() -> None:
    raw, still = asset("r"), asset("s", live_video_id="v", albums=(TRIP,))
    video = asset("v", hidden=True)
    losers = shot(
        1, root_file("s.jpg"), asset_file("s"), asset_file("r"), asset_file("v"), root_file("x")
    )
    elsewhere = DecidedFile(7, "far.jpg", 9, None, None, "another", "far")
    seen = {one.id: one for one in (K, raw, still, video)}
    decided = decision(shot(0, asset_file("k")), losers, shot(2, elsewhere))
    found = plan(decided, HERE, ME, seen)
    assert found.trashed == ("s", "r")
    assert [file.path for file in found.marks] == ["s.jpg", "x"]
    assert [note.code for note in found.notes] == [NoteCode.OTHER_CONNECTION]
    assert decided.connection_ids()[0] == HERE


def test_what_is_in_the_trash_already_is_left() -> None:
    found = planned(K, replace(L, trashed=True, albums=(TRIP,)), asset("m"))
    assert (merges(found), found.trashed) == ([], ("m",))
    nothing = planned(K, replace(L, trashed=True))
    assert (nothing.steps, nothing.refusals) == ([], [])
    assert [note.code for note in nothing.notes] == [NoteCode.ALREADY_TRASHED]


def test_an_album_with_any_of_the_keepers_assets_has_the_picture() -> None:
    second = asset("q", albums=(TRIP,))
    loser = replace(L, albums=(TRIP, SEA))
    decided = decision(shot(0, asset_file("k"), asset_file("q")), shot(1, asset_file("l")))
    found = plan(decided, HERE, ME, {"k": K, "q": second, "l": loser})
    assert merges(found) == [(ALBUM, "sea", False, True)]


def test_an_album_shows_the_asset_of_the_keeper_that_is_in_it() -> None:
    second = asset("q", albums=(SHOWN,))
    decided = decision(shot(0, asset_file("k"), asset_file("q")), shot(1, asset_file("l")))
    found = plan(decided, HERE, ME, {"k": K, "q": second, "l": replace(L, albums=(SHOWN,))})
    assert merges(found) == [(COVER, "trip", "l", "q")]
    assert found.notes == []


def test_a_cover_that_has_to_be_left_to_immich_is_told() -> None:
    closed = replace(CLOSED, cover_id="l")
    found = planned(replace(K, albums=(closed,)), replace(L, albums=(closed,)))
    assert merges(found) == []
    assert [note.code for note in found.notes] == [NoteCode.COVER]


def test_a_decision_is_read_back_as_it_was_written() -> None:
    name = "caf\udce9.jpg"
    made = decision(shot(0, asset_file("k")), shot(1, root_file(name)), allow_leaving_immich=True)
    assert Decision.parse(made.as_json()) == made


THINGS = st.builds(
    asset,
    st.just("l"),
    favourite=st.booleans(),
    description=st.text("ab \n.", max_size=5),
    rating=st.sampled_from([None, 1, 5]),
    place=st.sampled_from([None, PARIS, (0.5, -3.0)]),
    tags=st.sets(st.sampled_from([TAG_A, TAG_B])).map(tuple),
    albums=st.sets(st.sampled_from([TRIP, SEA])).map(tuple),
)


@given(keeper=THINGS, losers=st.lists(THINGS, min_size=1, max_size=3))
def test_merged_once_there_is_nothing_more_to_merge(
    keeper: SeenAsset, losers: list[SeenAsset]
) -> None:
    keeper = replace(keeper, id="k", sha1=b"k")
    named = [replace(loser, id=f"l{n}", sha1=f"l{n}".encode()) for n, loser in enumerate(losers)]
    merged = keeper
    for step in planned(keeper, *named).steps:
        merged = _taken(merged, step)
    assert merges(planned(merged, *named)) == []


def _taken(keeper: SeenAsset, step: PlannedStep) -> SeenAsset:
    if step.kind is StepKind.ALBUM:
        album = next(one for one in (TRIP, SEA) if one.id == step.target)
        return replace(keeper, albums=(*keeper.albums, album))
    if step.kind is StepKind.COVER:
        shown = (replace(a, cover_id=step.after) for a in keeper.albums if a.id == step.target)
        return replace(keeper, albums=(*(a for a in keeper.albums if a.id != step.target), *shown))
    if step.kind is StepKind.TAGS:
        more = tuple(SeenTag(id_, value) for id_, value in step.after)
        return replace(keeper, tags=keeper.tags + more)
    if step.kind is StepKind.METADATA:
        values = dict(step.after)
        if "place" in values:
            values["place"] = tuple(values["place"])
        return replace(keeper, **values)
    return keeper
