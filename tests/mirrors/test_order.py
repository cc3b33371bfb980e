"""Where new shots go in an album with an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.destinations.base import END, Position
from pentaprism.mirrors.order import Order, Tail

START = datetime(2024, 5, 1, tzinfo=UTC)


def at(number: int) -> datetime:
    return START + timedelta(minutes=number)


def test_an_empty_album_is_filled_at_its_end() -> None:
    order = Order(0, None)
    assert [order.position(at(n)) for n in range(3)] == [END] * 3


def test_what_comes_before_everything_goes_first() -> None:
    order = Order(1, None)
    assert order.position(at(0)) == Position(None)
    order.pass_by("kept")
    assert order.position(at(2)) == Position("kept", end=True)


def test_what_comes_between_goes_behind_the_one_before() -> None:
    order = Order(2, None)
    order.pass_by("a")
    assert order.position(at(1)) == Position("a")
    order.pass_by("b")
    assert order.position(at(3)) == Position("b", end=True)


def test_an_item_without_a_name_is_not_a_place() -> None:
    order = Order(1, None)
    order.pass_by("a")
    order.pass_by("")
    order.pass_by(None)
    assert order.position(at(1)) == Position("a", end=True)


def test_orphans_that_come_later_are_not_overtaken() -> None:
    order = Order(1, orphans_until=at(5))
    order.pass_by("a")
    assert order.position(at(4)) == Position("a")
    assert order.position(at(6)) == Position("a", end=True)


def test_one_that_returns_is_a_place_and_was_not_counted() -> None:
    order = Order(1, orphans_until=at(1))
    order.pass_by("back", orphaned=True)
    assert order.position(at(2)) == Position("back")
    order.pass_by("a")
    assert order.position(at(3)) == Position("a", end=True)


def test_shots_of_one_place_follow_each_other() -> None:
    tail = Tail()
    behind_a, behind_b = Position("a"), Position("b")
    assert tail.place(behind_a) == behind_a
    tail.put(behind_a, "new")
    assert tail.place(behind_a) == Position("new")
    tail.put(behind_a, "")  # put, and not told under which name
    assert tail.place(behind_a) == Position("new")
    assert tail.place(behind_b) == behind_b
    assert tail.place(END) == END
    tail.put(END, "last")
    assert tail.place(END) == Position("last", end=True)


@given(
    st.lists(st.sampled_from(["there", "new", "fails"]), max_size=30),
    st.integers(1, 4),
)
def test_the_album_ends_up_in_the_order_of_the_listing(kinds: Sequence[str], batch: int) -> None:
    listing = [f"{n}" for n in range(len(kinds))]
    there = [name for name, kind in zip(listing, kinds, strict=True) if kind == "there"]
    order, tail, album = Order(len(there), None), Tail(), list(there)
    new: list[tuple[str, Position]] = []
    for number, (name, kind) in enumerate(zip(listing, kinds, strict=True)):
        if kind == "there":
            order.pass_by(name)
        else:
            new.append((name, order.position(at(number))))
    while new:
        position = new[0][1]
        together = [one for one in new[:batch] if one[1] == position]
        new = new[len(together) :]
        put = [name for name, _ in together if kinds[int(name)] != "fails"]
        place = tail.place(position)
        behind = 0 if place.after is None else album.index(place.after) + 1
        index = len(album) if place.end else behind
        assert not place.end or not album or place.after in {None, album[-1]}
        album[index:index] = put
        if put:
            tail.put(position, put[-1])
    assert album == [name for name, kind in zip(listing, kinds, strict=True) if kind != "fails"]
