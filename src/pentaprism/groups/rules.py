"""The rules in force: the table of marks, with a person's own rows and settings from a TOML file.

burst_gap_ms = 500
pair_seconds = 5
edit_hours = 24
sibling_folders = [["RAW", "JPG"], ["Originals", "."]]   # "." is the folder that they are in

[[edit]]
ending = "-retouched"

[[variant]]
ending = "_bw"
beside_bare = true

[[sidecar]]
extension = "xyz"
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from pentaprism.errors import InvalidError
from pentaprism.groups.kinds import ENDINGS
from pentaprism.groups.marks import MARKS, Makes, Mark
from pentaprism.groups.names import MarkPatterns, fold
from pentaprism.rule_files import read_rules

VERSION = 2
"""Counts up whenever the same files would be grouped otherwise, or get other keys."""


@dataclass(frozen=True)
class Rules:
    """What decides which files belong together.

    Originals of one stem are one shot when they were taken within ``pair_window``; an edit belongs
    to the original that it follows within ``edit_window``. Shots are a burst by time when none
    follows the one before by more than ``burst_gap``. The folders in one row of
    ``sibling_folders`` (folded names) count as one where they lie side by side. ``sidecars`` are
    endings beyond those that are known.
    """

    marks: tuple[Mark, ...] = MARKS
    sidecars: frozenset[str] = frozenset()
    sibling_folders: tuple[tuple[str, ...], ...] = ()
    pair_window: timedelta = timedelta(seconds=5)
    edit_window: timedelta = timedelta(hours=24)
    burst_gap: timedelta = timedelta(milliseconds=500)

    @cached_property
    def patterns(self) -> MarkPatterns:
        """The marks, compiled."""
        return MarkPatterns(self.marks)

    @cached_property
    def siblings(self) -> Mapping[str, str | None]:
        """What stands for the last folder of a path; None leaves the folder that it is in."""
        return {
            name: None if "." in row else "+".join(sorted(row))
            for row in self.sibling_folders
            for name in row
            if name != "."
        }

    @property
    def digest(self) -> str:
        """A short text that changes when the rules do: what was grouped before is grouped anew."""
        marks = [
            (m.name, m.makes.name, m.pattern, m.beside_bare, m.beside_working, m.rank, m.keeps)
            for m in self.marks
        ]
        told = repr((
            VERSION, marks, sorted(self.sidecars), self.sibling_folders,
            self.pair_window, self.edit_window, self.burst_gap,
        ))  # fmt: skip
        return hashlib.sha256(told.encode()).hexdigest()[:16]


RULES = Rules()
"""The rules without anything of one's own."""


def load_rules(path: Path | None) -> Rules:
    """Return the rules with what the TOML file ``path`` adds to them; None adds nothing.

    An InvalidError tells what is wrong in the file, or why it cannot be read.
    """
    if path is None:
        return RULES
    told = read_rules(path, _wrong, '[[edit]] and, below it, ending = "-retouched"')
    return _Reader(path, told).rules()


_WINDOWS = {
    "pair_seconds": (timedelta(seconds=1), 60),
    "edit_hours": (timedelta(hours=1), 24 * 365),
    "burst_gap_ms": (timedelta(milliseconds=1), 10_000),
}
"""The unit of each, and the most that it may be."""

_MAKES = {"edit": Makes.EDIT, "variant": Makes.VARIANT}
_SAYS = {"edit": "An edit, by your own rules.", "variant": "A variant, by your own rules."}
_MARK_KEYS = ("ending", "beginning", "beside_bare", "rank")
_MOST_RANK = 8


class _Reader:
    """Reads what a TOML file says, and tells what is wrong in it."""

    def __init__(self, path: Path, told: Mapping[str, Any]) -> None:
        self._path = path
        self._told = told

    def rules(self) -> Rules:
        self._only("", self._told, (*_WINDOWS, *_MAKES, "sidecar", "sibling_folders"))
        marks = [self._mark(kind, row) for kind in _MAKES for row in self._rows(kind)]
        return Rules(
            marks=(*marks, *MARKS),
            sidecars=frozenset(self._sidecar(row) for row in self._rows("sidecar")),
            sibling_folders=self._siblings(),
            pair_window=self._window("pair_seconds", RULES.pair_window),
            edit_window=self._window("edit_hours", RULES.edit_window),
            burst_gap=self._window("burst_gap_ms", RULES.burst_gap),
        )

    def _rows(self, key: str) -> list[Mapping[str, Any]]:
        rows = self._told.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._fault(f"“{key}” is not a table", f"Write [[{key}]] with its lines below.")
        return rows

    def _only(self, where: str, told: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in told:
            if key not in known:
                place = f"[[{where}]] has no “{key}”" if where else f"there is no “{key}”"
                raise self._fault(place, f"There are: {', '.join(known)}.")

    def _window(self, key: str, usual: timedelta) -> timedelta:
        if key not in self._told:
            return usual
        value = self._told[key]
        unit, most = _WINDOWS[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise self._fault(f"“{key}” is {value!r}", f"Write a number from 0 to {most:,}.")
        return value * unit

    def _text(self, kind: str, key: str, row: Mapping[str, Any], example: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._fault(f"[[{kind}]] has no {key}", f'Write {key} = "{example}".')
        return fold(value)

    def _mark(self, kind: str, row: Mapping[str, Any]) -> Mark:
        self._only(kind, row, _MARK_KEYS)
        at_start = "beginning" in row
        if at_start and "ending" in row:
            raise self._fault(f"[[{kind}]] has an ending and a beginning", "Make two rows of it.")
        key = "beginning" if at_start else "ending"
        text = self._text(kind, key, row, "-retouched")
        rank = row.get("rank", 2 if kind == "edit" else 0)
        if isinstance(rank, bool) or not isinstance(rank, int) or abs(rank) > _MOST_RANK:
            raise self._fault(
                f"The rank of [[{kind}]] {text} is {rank!r}",
                f"Write a whole number from -{_MOST_RANK} to {_MOST_RANK}.",
            )
        beside_bare = row.get("beside_bare", False)
        if not isinstance(beside_bare, bool):
            raise self._fault(
                f"“beside_bare” of [[{kind}]] {text} is {beside_bare!r}", "Write true or false."
            )
        if at_start and beside_bare:
            raise self._fault(
                f"[[{kind}]] {text} is a beginning beside bare names", "Only an ending can be that."
            )
        return Mark(
            f"own {kind} {text}",
            _MAKES[kind],
            re.escape(text),
            f"{text}X.jpg" if at_start else f"X{text}.jpg",
            _SAYS[kind],
            beside_bare=beside_bare,
            rank=rank,
            keeps="" if at_start else None,
        )

    def _sidecar(self, row: Mapping[str, Any]) -> str:
        self._only("sidecar", row, ("extension",))
        ending = self._text("sidecar", "extension", row, "xyz").removeprefix(".")
        if not ending or "." in ending or "/" in ending or ending in ENDINGS:
            known = ENDINGS.get(ending)
            raise self._fault(
                f"[[sidecar]] {ending} is {'known already' if known else 'no extension'}",
                "Write the last part of the file's name, without dots, such as xyz.",
            )
        return ending

    def _siblings(self) -> tuple[tuple[str, ...], ...]:
        rows = self._told.get("sibling_folders", [])
        hint = 'Write sibling_folders = [["RAW", "JPG"]], each name once.'
        if not isinstance(rows, list):
            raise self._fault("“sibling_folders” is no list", hint)
        seen: set[str] = set()
        for row in rows:
            if not isinstance(row, list) or len(row) < 2:  # noqa: PLR2004 - one has no sibling
                raise self._fault("A row of “sibling_folders” has not two names", hint)
            for name in row:
                if not isinstance(name, str) or not name or "/" in name:
                    raise self._fault(f"“sibling_folders” has {name!r}", hint)
                if fold(name) in seen:
                    raise self._fault(f"“sibling_folders” has {name} twice", hint)
                if name != ".":
                    seen.add(fold(name))
        return tuple(tuple(sorted(fold(name) for name in row)) for row in rows)

    def _fault(self, what: str, hint: str) -> InvalidError:
        return _wrong(self._path, f"has a mistake: {what}", hint)


def _wrong(path: Path, what: str, hint: str) -> InvalidError:
    return InvalidError(f"The file of rules {path} {what}.", code="group_rules", hint=hint)
