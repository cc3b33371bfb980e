"""Whatever stood in Immich, and wherever a push or an undo is killed: nothing of anybody is lost.

The changes of a push end in the middle, heard by Immich or not, and the next one goes on.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stack_world import Immich, Killed, clock, copy_template, make_template, opened, pages

from pentaprism.stacks.pushing import push, undo
from pentaprism.stacks.work import Outcome
from pentaprism.store import Connection, Store

type Groups = Sequence[tuple[str, ...]]
ASSETS = "abcdefghij"


@st.composite
def disjoint(draw: st.DrawFn) -> Groups:
    """Some stacks of two assets or more, no asset in two of them."""
    order = draw(st.permutations(ASSETS))
    groups: list[tuple[str, ...]] = []
    while len(order) > 1 and draw(st.booleans()):
        size = draw(st.integers(2, min(4, len(order))))
        groups.append(tuple(order[:size]))
        order = order[size:]
    return groups


class Case(NamedTuple):
    """What a person had stacked, what was pushed before, and what is pushed now."""

    theirs: Groups
    before: Groups
    meddled: Sequence[str]
    now: Groups


CASES = st.builds(
    Case, disjoint(), disjoint(), st.lists(st.sampled_from(ASSETS), max_size=2), disjoint()
)


class Home:
    def __init__(self, store: Store, connection: Connection, immich: Immich) -> None:
        self.store, self.connection, self.immich = store, connection, immich

    async def push(self, groups: Groups) -> Outcome:
        return await push(self.store, self.immich, self.connection, clock, pages(*groups))

    async def undo(self) -> Outcome | None:
        return await undo(self.store, self.immich, self.connection, clock)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(make_template(tmp_path_factory.mktemp("template")))


@settings(max_examples=20, deadline=None)
@given(case=CASES)
def test_pushing_twice_does_nothing_more_and_undo_restores(template: Path, case: Case) -> None:
    async def check(home: Home) -> None:
        await _prepare(home, case)
        theirs = await _not_ours(home)
        before = home.immich.state()
        told = await home.push(case.now)
        assert theirs <= home.immich.state()
        assert await _not_ours(home) >= theirs
        asked = len(home.immich.calls)
        again = await home.push(case.now)
        assert (again.done, len(home.immich.calls)) == (0, asked)
        assert again.kept + len(again.skipped) == len(case.now)
        if told.done:
            await home.undo()
        assert home.immich.state() == before

    _in_a_home(template, check)


@settings(max_examples=20, deadline=None)
@given(case=CASES, at=st.integers(0, 7), heard=st.booleans(), undone=st.booleans())
def test_killed_anywhere_the_next_one_goes_on(
    template: Path, case: Case, at: int, *, heard: bool, undone: bool
) -> None:
    async def check(home: Home) -> None:
        await _prepare(home, case)
        theirs, before = await _not_ours(home), home.immich.state()
        _break(home.immich, at, heard=heard)
        killed = await _killed(home, case.now)
        assert theirs <= home.immich.state()
        if undone:
            if home.immich.state() != before:
                await home.undo()
            assert home.immich.state() == before
            return
        await home.push(case.now)
        assert theirs <= home.immich.state()
        assert (await home.push(case.now)).done == 0
        for _ in range(2 if killed else 1):
            if home.immich.state() != before:
                await home.undo()
        assert home.immich.state() == before

    _in_a_home(template, check)


@settings(max_examples=20, deadline=None)
@given(case=CASES, at=st.integers(0, 7), heard=st.booleans(), pushed=st.booleans())
def test_an_undo_that_is_killed_goes_on(
    template: Path, case: Case, at: int, *, heard: bool, pushed: bool
) -> None:
    async def check(home: Home) -> None:
        await _prepare(home, case)
        before = home.immich.state()
        if not (await home.push(case.now)).done:
            return
        after = home.immich.state()
        _break(home.immich, at, heard=heard)
        try:
            await home.undo()
        except Killed:
            if not pushed:
                await home.undo()
        home.immich.break_at = None
        assert pushed or home.immich.state() == before
        await home.push(case.now)
        assert home.immich.state() == after

    _in_a_home(template, check)


async def _prepare(home: Home, case: Case) -> None:
    """Let a person stack, push, and let the person take assets out of whatever they are in."""
    for group in case.theirs:
        home.immich.stack(*group)
    await home.push(case.before)
    for asset_id in case.meddled:
        home.immich.take_out(asset_id)


async def _not_ours(home: Home) -> set[tuple[str, frozenset[str]]]:
    """The stacks that are not as we left one, so that nobody but a person may change them."""
    ours = await home.store.stacks.ours(home.connection.id)
    return {
        (members[0], frozenset(members))
        for id_, members in home.immich.kept.items()
        if id_ not in ours or set(ours[id_].asset_ids) != set(members)
    }


def _break(immich: Immich, at: int, *, heard: bool) -> None:
    immich.break_at, immich.break_with, immich.heard = len(immich.calls) + at, Killed(), heard


async def _killed(home: Home, groups: Groups) -> bool:
    try:
        await home.push(groups)
    except Killed:
        return True
    finally:
        home.immich.break_at = None
    return False


def _in_a_home(template: Path, check: object) -> None:
    assert callable(check)

    async def run(folder: Path) -> None:
        async with opened(folder) as (store, connection):
            await check(Home(store, connection, Immich()))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(copy_template(template, Path(folder) / "home")))


def test_the_model_absorbs_as_immich_does() -> None:
    immich = Immich()
    immich.stack("a", "b")
    copied = deepcopy(immich)
    immich.stack("c", "a")
    assert immich.state() == {("c", frozenset("abc"))}
    copied.stack("c", "b")
    assert copied.state() == {("c", frozenset("bc"))}
