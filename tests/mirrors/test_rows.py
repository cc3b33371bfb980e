"""The set of rows against Python's own, and the counts of a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.mirrors.tally import Tally
from pentaprism.row_set import RowSet

rows = st.one_of(st.integers(0, 100), st.integers(0, 3_000_000))
counts = st.builds(Tally, *[st.integers(0, 9)] * 6)


@given(st.lists(rows, max_size=50), st.lists(rows, max_size=50))
def test_a_set_of_rows_is_a_set(added: list[int], asked: list[int]) -> None:
    mine, theirs = RowSet(), set[int]()
    for row in added:
        mine.add(row)
        theirs.add(row)
    assert [row in mine for row in added + asked] == [row in theirs for row in added + asked]


@given(counts, counts)
def test_counts_add_up(one: Tally, other: Tally) -> None:
    before = one.counters()
    expected = one.expected
    one.add(other)
    assert one.expected == expected
    after = one.counters()
    assert after.total == after.uploaded + after.skipped + after.failed
    for name in ("total", "uploaded", "skipped", "failed", "removed", "bytes"):
        assert getattr(after, name) == getattr(before, name) + getattr(other, name)
