"""Whatever the pictures have, and wherever a decision or its undo breaks off: nothing is lost.

Each change of Immich ends in the middle, heard or not, and the next use brings it to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resolution_world import Home, Immich, Killed, Thing, copy_template, lost, opened, settle_in

from pentaprism.errors import ConflictError, PentaprismError, PermanentError, RetryableError
from pentaprism.store import Store
from pentaprism.store.journal_records import ResolutionState

type Drawn = dict[str, st.SearchStrategy[Any]]
type Check = Callable[[Home], Coroutine[Any, Any, None]]
KEEPER, LOSERS, OTHERS = "k", "lm", "xy"
ASSETS = KEEPER + LOSERS + OTHERS
FEW, MANY = (settings(max_examples=number, deadline=None) for number in (8, 200))
SETTLED = {ResolutionState.DONE, ResolutionState.FAILED, ResolutionState.UNDONE}


class Rooms:
    """One store for many examples, each with a connection and a person of its own."""

    def __init__(self, runner: asyncio.Runner, store: Store) -> None:
        self._runner = runner
        self._store = store
        self._numbers = count()

    def run(self, immich: Immich, check: Check) -> None:
        async def enter() -> None:
            name = f"example-{next(self._numbers)}"
            await check(await settle_in(self._store, immich, name))

        self._runner.run(enter())


@pytest.fixture(scope="module")
def rooms(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    home = opened(copy_template(template, tmp_path_factory.mktemp("rooms") / "home"))
    with asyncio.Runner() as runner:
        yield Rooms(runner, runner.run(home.__aenter__()).store)
        runner.run(home.__aexit__(None, None, None))


THINGS = st.builds(
    Thing,
    favourite=st.booleans(),
    description=st.sampled_from(["", "A lake.", "Two\nlines", "A lake. Two"]),
    rating=st.sampled_from([None, 1, 5]),
    place=st.sampled_from([None, (47.1, 8.5), (-1.2345678, 0.0)]),
    tags=st.sets(st.sampled_from(["trip", "trip/lake", "family"])),
)


@st.composite
def immiches(draw: st.DrawFn) -> Immich:
    """Five assets, each in some of three albums, and some of them in stacks."""
    immich = Immich({id_: draw(THINGS) for id_ in ASSETS})
    immich.albums = {name: set(draw(st.sets(st.sampled_from(ASSETS)))) for name in ("p", "q")}
    immich.covers = {
        name: draw(st.sampled_from(sorted(ids))) for name, ids in immich.albums.items() if ids
    }
    order = draw(st.permutations(ASSETS))
    while len(order) > 1 and draw(st.booleans()):
        size = draw(st.integers(2, len(order)))
        immich.stack(*order[:size])
        order = order[size:]
    return immich


PLAIN: Drawn = {"immich": immiches()}
BROKEN: Drawn = PLAIN | {"at": st.integers(0, 7), "heard": st.booleans()}
KILLED: Drawn = BROKEN | {"undone": st.booleans()}
FAILED: Drawn = BROKEN | {"permanent": st.booleans()}
MEDDLED: Drawn = PLAIN | {
    "at": st.integers(0, 5),
    "meddled": st.sampled_from(["describe", "album", "trash", "untrash", "favourite", "cover"]),
    "killed": st.booleans(),
}


@FEW
@given(**PLAIN)
def test_nothing_is_lost_and_undo_restores(rooms: Rooms, immich: Immich) -> None:
    async def check(home: Home) -> None:
        before = deepcopy(immich)
        done = await home.resolve(home.decision(KEEPER, *LOSERS))
        assert (done.state, done.error) == (ResolutionState.DONE, None)
        _assert_merged(before, immich)
        asked = len(immich.calls)
        with pytest.raises(PentaprismError) as again:
            await home.resolve(home.decision(KEEPER, *LOSERS))
        assert (again.value.code, len(immich.calls)) == ("nothing_to_do", asked)
        undone = await home.undo(done)
        assert (undone.state, undone.error) == (ResolutionState.UNDONE, None)
        assert immich.state() == before.state()
        asked = len(immich.calls)
        assert (await home.undo(done)).state is ResolutionState.UNDONE
        assert len(immich.calls) == asked

    rooms.run(immich, check)


@FEW
@given(**KILLED)
def test_killed_anywhere_it_comes_to_its_end(
    rooms: Rooms, immich: Immich, at: int, *, heard: bool, undone: bool
) -> None:
    async def check(home: Home) -> None:
        before = deepcopy(immich)
        immich.breaks(at, Killed(), heard=heard)
        try:
            await home.resolve(home.decision(KEEPER, *LOSERS))
        except Killed:
            assert await home.begin()
        immich.break_at = None
        await _assert_whole(home, before)
        if undone:
            await home.undo_all()
            assert immich.state() == before.state()

    rooms.run(immich, check)


@FEW
@given(**BROKEN)
def test_an_undo_that_is_killed_goes_on(
    rooms: Rooms, immich: Immich, at: int, *, heard: bool
) -> None:
    async def check(home: Home) -> None:
        before = immich.state()
        done = await home.resolve(home.decision(KEEPER, *LOSERS))
        immich.breaks(at, Killed(), heard=heard)
        try:
            await home.undo(done)
        except Killed:
            assert [one.state for one in await home.begin()] == [ResolutionState.UNDONE]
        assert immich.state() == before

    rooms.run(immich, check)


@FEW
@given(**FAILED)
def test_a_call_that_fails_leaves_all_or_nothing(
    rooms: Rooms, immich: Immich, at: int, *, heard: bool, permanent: bool
) -> None:
    async def check(home: Home) -> None:
        before = deepcopy(immich)
        error = PermanentError("Immich refuses.", code="refused") if permanent else lost()
        immich.breaks(at, error, heard=heard and not permanent)
        try:
            await home.resolve(home.decision(KEEPER, *LOSERS))
        except RetryableError:
            assert not heard
            assert await home.begin()
        await _assert_whole(home, before)

    rooms.run(immich, check)


@FEW
@given(**MEDDLED)
def test_what_a_person_does_meanwhile_stays(
    rooms: Rooms, immich: Immich, at: int, meddled: str, *, killed: bool
) -> None:
    async def check(home: Home) -> None:
        immich.albums["mine"] = {*OTHERS, *LOSERS} if meddled == "cover" else set()
        immich.covers["mine"] = LOSERS[0] if meddled == "cover" else None
        meddle = _MEDDLING[meddled]
        immich.during[at] = meddle
        if killed:
            immich.breaks(at, Killed(), heard=True)
        try:
            await home.resolve(home.decision(KEEPER, *LOSERS))
        except Killed:
            await home.begin()
        except ConflictError:
            return  # the others are in the trash already
        immich.break_at = None
        happened = at not in immich.during
        await home.undo_all()
        if not happened:
            return
        if meddled == "describe":
            assert "Mine." in immich.things[KEEPER].description
        if meddled == "cover":
            assert immich.covers["mine"] == OTHERS[0]
        if meddled == "album":
            assert immich.albums["mine"] == {LOSERS[0]}
        assert await home.states() <= SETTLED | {ResolutionState.PARTLY}

    rooms.run(immich, check)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("test", "drawn"),
    [
        (test_nothing_is_lost_and_undo_restores, PLAIN),
        (test_killed_anywhere_it_comes_to_its_end, KILLED),
        (test_an_undo_that_is_killed_goes_on, BROKEN),
        (test_a_call_that_fails_leaves_all_or_nothing, FAILED),
        (test_what_a_person_does_meanwhile_stays, MEDDLED),
    ],
)
def test_the_same_at_length(rooms: Rooms, test: Any, drawn: Drawn) -> None:
    MANY(given(**drawn)(test.hypothesis.inner_test))(rooms)


def _describe(immich: Immich) -> None:
    immich.things[KEEPER].description = "Mine."


def _put_into_album(immich: Immich) -> None:
    immich.albums["mine"].add(LOSERS[0])


def _trash(immich: Immich) -> None:
    immich.things[LOSERS[0]].trashed = True


def _untrash(immich: Immich) -> None:
    immich.things[LOSERS[0]].trashed = False


def _heart(immich: Immich) -> None:
    immich.things[KEEPER].favourite = not immich.things[KEEPER].favourite


def _show_another(immich: Immich) -> None:
    immich.covers["mine"] = OTHERS[0]


_MEDDLING = {
    "cover": _show_another,
    "describe": _describe,
    "album": _put_into_album,
    "trash": _trash,
    "untrash": _untrash,
    "favourite": _heart,
}


def _assert_merged(before: Immich, after: Immich) -> None:
    """The keeper has all that any of them had, and only the others are in the trash."""
    keeper, was = after.things[KEEPER], [before.things[id_] for id_ in KEEPER + LOSERS]
    assert {id_ for id_, thing in after.things.items() if thing.trashed} == set(LOSERS)
    for name, members in before.albums.items():
        assert (KEEPER in after.albums[name]) == (not members.isdisjoint(KEEPER + LOSERS))
        if (cover := before.covers.get(name)) is not None:
            assert after.covers[name] == (KEEPER if cover in LOSERS else cover)
    assert keeper.favourite == any(thing.favourite for thing in was)
    assert keeper.tags == set().union(*(thing.tags for thing in was))
    assert all(thing.description in keeper.description for thing in was)
    assert (keeper.rating is None) == all(thing.rating is None for thing in was)
    assert (keeper.place is None) == all(thing.place is None for thing in was)
    for stacked in before.kept.values():
        staying = {id_ for id_ in stacked if id_ not in LOSERS}
        if not staying:
            continue
        shown = [ids for ids in after.kept.values() if staying & set(ids)]
        # What stays together stays together, and a picture that is not in the trash is in front.
        assert all(ids[0] not in LOSERS for ids in shown)
        assert len(shown) <= 1


async def _assert_whole(home: Home, before: Immich) -> None:
    """The decision was carried out or it was not: nothing is half-merged."""
    last = await home.last()
    if last is None:
        return
    assert last.state in {ResolutionState.DONE, ResolutionState.FAILED}
    if last.state is ResolutionState.DONE:
        _assert_merged(before, home.immich)
    else:
        assert home.immich.state() == before.state()
