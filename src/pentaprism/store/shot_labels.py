"""What people decided about files, here or by a stack in Immich, as grouping is told it.

A file in a root takes over what was decided about an asset that it is. A person's decision here
counts for more than a stack in Immich; stacks that we made ourselves do not count at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, exists, select, union_all

from pentaprism.store.given import OF_IDS, OF_ROWS, given_ids, given_rows
from pentaprism.store.library_tables import group_decisions, library_files, pushed_stacks
from pentaprism.store.places import GROUPED_AS

_STACK = "immich:"

_theirs = ~exists().where(
    pushed_stacks.c.stack_id == library_files.c.stack_id,
    pushed_stacks.c.connection_id == library_files.c.connection_id,
)


class _Word(NamedTuple):
    """What one row says of itself, or of the file in a root that it is."""

    row: int
    shot_row: int
    decided: int | None
    apart: str | None
    together: str | None
    first: bool | None
    connection_id: str | None
    stack_id: str | None
    stack_first: bool
    missing: bool
    pushed: bool


def _words(column: Column[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            library_files.c.row,
            GROUPED_AS,
            group_decisions.c.file_row,
            group_decisions.c.apart,
            group_decisions.c.together,
            group_decisions.c.first,
            library_files.c.connection_id,
            library_files.c.stack_id,
            library_files.c.stack_first,
            library_files.c.missing_at.is_not(None),
            ~_theirs,
        )
        .join_from(
            library_files,
            group_decisions,
            group_decisions.c.file_row == library_files.c.row,
            isouter=True,
        )
        .where(
            column.in_(OF_ROWS),
            group_decisions.c.file_row.is_not(None) | library_files.c.stack_id.is_not(None),
        )
    )


_WORDS = union_all(_words(library_files.c.row), _words(library_files.c.twin_row))
_OF_LABELS = (
    select(GROUPED_AS)
    .join_from(group_decisions, library_files, library_files.c.row == group_decisions.c.file_row)
    .where(group_decisions.c.together.in_(OF_IDS))
)
_OF_STACKS = select(GROUPED_AS).where(
    library_files.c.stack_id.in_(OF_IDS), library_files.c.stack_id.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Label:
    """What was decided about a file; see `pentaprism.groups.files.ShotFile`.

    ``decided`` tells whether a person decided it here, and not somebody in Immich.
    """

    apart: str | None
    together: str | None
    first: bool
    decided: bool


NO_LABEL = Label(None, None, first=False, decided=False)


@dataclass(slots=True)
class Labels:
    """The labels of some files, gathered step by step."""

    _words: dict[int, list[_Word]] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def look(self, connection: Connection, rows: Iterable[int]) -> set[int]:
        """Take in what is said of ``rows``, and return those about which the same is said.

        Rows of assets that are files in a root stand for the file.
        """
        togethers, stacks = set[str](), set[str]()
        found = connection.execute(_WORDS, given_rows(rows))
        for word in (_Word(*row) for row in found):
            self._words.setdefault(word.shot_row, []).append(word)
            if word.together is not None:
                togethers.add(word.together)
            if word.stack_id is not None:
                stacks.add(word.stack_id)
        same = set[int]()
        for query, labels in ((_OF_LABELS, togethers), (_OF_STACKS, stacks)):
            if new := labels - self._asked:
                self._asked |= new
                same.update(connection.execute(query, given_ids(new)).scalars())
        return same

    def resolve(self) -> Mapping[int, Label]:
        """Return the label of each file that has one."""
        told = {row: _resolved(row, words) for row, words in self._words.items()}
        # Who chose here what to show first of a stack has chosen for the whole of it.
        chosen = {label.together for label in told.values() if label.first and label.decided}
        return {
            row: Label(label.apart, label.together, first=False, decided=False)
            if label.first and not label.decided and label.together in chosen
            else label
            for row, label in told.items()
        }


def of_immich(together: str | None) -> bool:
    """Tell whether files are together because of a stack in Immich."""
    return together is not None and together.startswith(_STACK)


def _resolved(row: int, words: list[_Word]) -> Label:
    # Its own decision before that of an asset, and the one known longest before others.
    words = sorted(words, key=lambda word: (word.row != row, word.row))
    stack = min(
        (
            word
            for word in words
            if word.stack_id is not None and not word.missing and not word.pushed
        ),
        key=lambda word: (word.connection_id or "", word.stack_id or ""),
        default=None,
    )
    stacked = None if stack is None else f"{_STACK}{stack.stack_id}"
    decision = next((word for word in words if word.decided is not None), None)
    if decision is None:
        return Label(None, stacked, first=stack is not None and stack.stack_first, decided=False)
    if decision.apart is not None or decision.together is not None:
        stacked = None
    return Label(
        decision.apart, decision.together or stacked, first=bool(decision.first), decided=True
    )
