"""Names of files as grouping compares them: folded, without their marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from pentaprism.groups.marks import Makes, Mark

_STAMP = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:(?: at |[-_ t.]{0,3})(?:[01]\d|2[0-3])[-_.:h]?[0-5]\d[-_.:m]?[0-5]\d(\d{3})?)?(?!\d)"
)
_DATE_DIGITS = 10
_TAIL = re.compile(r" ?\(\d{1,2}\)\Z")
_DIGITS = re.compile(r"\d+")
_BURST_STAMP = re.compile(r"burst\d{8,}")
_BURST_FRAME = re.compile(r"(.*burst)\d{1,4}\Z")
_SAMSUNG_FRAME = re.compile(r"(.*(?:19|20)\d{6}_\d{6})_(?:0\d\d|100)\Z")

type Layer = tuple[Mark, int, str]
"""A mark, the number in it (1 without one), and the stem that is left without it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What files are beside the one whose name is read, by their bare stems.

    ``present`` are all of them, ``working`` those of which there are only working files.
    """

    present: Collection[str]
    working: Collection[str] = ()


def fold(text: str) -> str:
    """Return ``text`` so that neither case nor Unicode form makes a difference."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


class MarkPatterns:
    """The marks of a table, compiled into one expression for each end of a stem."""

    def __init__(self, marks: tuple[Mark, ...]) -> None:
        self._ends = [mark for mark in marks if mark.keeps is None and not mark.beside_working]
        self._exports = [(re.compile(mark.pattern), mark) for mark in marks if mark.beside_working]
        self._starts = [mark for mark in marks if mark.keeps is not None]
        # None of the known marks ends in a long number, as most names do: they need no search.
        self._long = any(mark.pattern[-3:].isdigit() for mark in self._ends)

    @cached_property
    def _end(self) -> re.Pattern[str]:
        return re.compile(f"(?:{'|'.join(f'({m.pattern})' for m in self._ends)})\\Z")

    @cached_property
    def _start(self) -> re.Pattern[str]:
        return re.compile("|".join(f"({m.pattern})" for m in self._starts))

    def root(self, stem: str) -> str:
        """Return ``stem`` without anything that may be a mark, wherever it is."""
        if (found := self._start.match(stem)) and found.end() < len(stem):
            stem = f"{self._starts[(found.lastindex or 1) - 1].keeps}{stem[found.end() :]}"
        if stem[-3:].isdigit() and not self._long:
            return stem
        if (found := self._end.search(stem, 1)) is None:
            return stem
        after = max(1, _stamp_end(stem))
        while found := self._end.search(stem, after):
            stem = stem[: found.start()]
        return stem

    def layers(self, stem: str) -> Iterator[Layer]:
        """Yield the marks of ``stem`` from the outermost on, each with what is left without it."""
        if (found := self._start.match(stem)) and found.end() < len(stem):
            mark = self._starts[(found.lastindex or 1) - 1]
            stem = f"{mark.keeps}{stem[found.end() :]}"
            yield mark, 1, stem
        after = max(1, _stamp_end(stem))
        if tail := _TAIL.search(stem, after):
            # Takeout counts behind the mark: X-edited(1) is the edit of X(1).
            for mark, number, rest in self._peeled(stem[: tail.start()], after):
                if mark.beside_bare:
                    break
                stem = rest + tail[0]
                yield mark, number, stem
        yield from self._peeled(stem, after)

    def _peeled(self, stem: str, after: int) -> Iterator[Layer]:
        while found := self._end.search(stem, after):
            mark = self._ends[(found.lastindex or 1) - 1]
            stem = stem[: found.start()]
            digits = _DIGITS.findall(found[0])
            yield mark, int(digits[-1]) if digits else 1, stem

    def bare(self, stem: str) -> str:
        """Return ``stem`` without those marks that need nothing beside them and make no edit."""
        for mark, _, rest in self._peeled(stem, max(1, _stamp_end(stem))):
            if mark.beside_bare or mark.makes is Makes.EDIT:
                break
            stem = rest
        return stem

    def read(
        self, stem: str, beside: Beside
    ) -> tuple[str, tuple[tuple[Mark, int], ...], str | None]:
        """Return the stem of the shot, the marks, and the stem that it may be a copy of.

        The marks have their numbers with them, the outermost first.
        """
        marks: list[tuple[Mark, int]] = []
        for found, number, rest in self.layers(stem):
            mark = found
            if mark.beside_bare and self.bare(rest) not in beside.present:
                break
            if mark.makes is Makes.COPY:
                exported = self._export(stem, rest) if rest in beside.working else None
                if exported is None:
                    return stem, tuple(marks), rest
                mark = exported
            marks.append((mark, number))
            stem = rest
        return stem, tuple(marks), None

    def _export(self, stem: str, rest: str) -> Mark | None:
        """Return the mark of an export of the working file ``rest`` that is called ``stem``."""
        cut = stem.removeprefix(rest)
        return next((mark for known, mark in self._exports if known.fullmatch(cut)), None)


def own_time(stem: str) -> int:
    """Return how finely ``stem`` tells when it was taken: 0 not at all, 1 seconds, 2 below."""
    found = _stamp(stem) if len(stem) > _DATE_DIGITS else None
    if found is None or len(found[0]) <= _DATE_DIGITS:
        return 0
    return 2 if found[2] else 1


def burst_of(root: str) -> str | None:
    """Return what the names of all frames of a burst have in common, by one of them."""
    if "burst" in root:
        if found := _BURST_STAMP.search(root):
            return found[0]
        frame = _BURST_FRAME.match(root)
        return frame[1] if frame else None
    if root[-4:-3] == "_" and root[-3:].isdigit() and (frame := _SAMSUNG_FRAME.match(root)):
        return f"{frame[1]}_"
    return None


def natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a key by which numbers in names count as numbers."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts)


def _stamp(stem: str) -> re.Match[str] | None:
    return _STAMP.search(stem)


def _stamp_end(stem: str) -> int:
    """Return where a date in ``stem`` ends: nothing of it is a mark."""
    found = _stamp(stem)
    return found.end() if found else 0
