"""Shots: what grouping makes of files before it tells of groups."""

from __future__ import annotations

from datetime import datetime

from pentaprism.groups.files import Kind, Precision, ShotFile
from pentaprism.groups.keys import Spelling
from pentaprism.groups.kinds import RAW
from pentaprism.groups.marks import FINAL, Makes, Mark
from pentaprism.groups.names import Beside, fold
from pentaprism.groups.rules import Rules

type Order = tuple[object, ...]

_STILLS = (Kind.IMAGE, Kind.RAW)
_WORKING = frozenset({"psd", "psb", "tif", "tiff"})
_LOOSE = frozenset({"psd", "psb"})
_NO_EDIT: Order = (True, True, True, 0, 0, 0)
_FORMATS = {
    **dict.fromkeys(("heic", "heif", "hif"), 0),
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "mpo", "insp"), 1),
    **dict.fromkeys(_WORKING, 4),
    **dict.fromkeys(RAW, 5),
}
_OTHER_FORMAT = 3
_RAW_FORMAT = 5
_WORKING_FORMAT = 4


class Item:
    """A file, what its name says, and by which rule it is where it is.

    ``is_edit`` tells that its name says so; ``is_loose`` that it may have been written long after
    the shot: an edit or a working file. ``base`` is the stem of its shot, ``copy_of`` the one that
    it may be a copy of.
    """

    __slots__ = (
        "base", "copy_of", "file", "is_edit", "is_loose", "kind", "marks", "name", "rule",
        "spelling", "start",
    )  # fmt: skip

    def __init__(self, file: ShotFile, name: str, rules: Rules) -> None:
        self.file = file
        self.spelling = Spelling(name, rules)
        self.name = self.spelling.name
        self.base = self.spelling.stem
        self.copy_of: str | None = None
        self.marks: tuple[tuple[Mark, int], ...] = ()
        self.is_edit = False
        self.is_loose = self.spelling.ending in _LOOSE
        self.kind = self.spelling.kind
        self.rule = ""
        self.start: datetime | None = None if file.precision is Precision.NONE else file.taken_at

    def read(self, beside: Beside, rules: Rules) -> None:
        """Read its marks, beside other files."""
        self.base, self.marks, self.copy_of = rules.patterns.read(self.base, beside)
        self.is_edit = any(mark.makes is Makes.EDIT for mark, _ in self.marks)
        self.is_loose = self.is_loose or self.is_edit

    @property
    def is_plain(self) -> bool:
        """Whether nothing in its name may be a mark."""
        return self.base == self.spelling.root

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """What files are ordered by where nothing else tells them apart."""
        file = self.file
        return (self.name, fold(file.path), file.path, type(file.key).__name__, str(file.key))

    def order(self) -> Order:
        """Return the key by which the files of a shot are ordered, the one shown first first."""
        kind, ending = self.kind, self.spelling.ending
        form = _FORMATS.get(ending, _OTHER_FORMAT)
        # A picture that browsers show goes first among edits, and no edit makes a RAW file one.
        rough = form >= _WORKING_FORMAT
        return (
            not self.file.first,
            kind is Kind.SIDECAR,
            kind is Kind.OTHER,
            kind is Kind.VIDEO,
            form == _RAW_FORMAT,
            *(self._edit_order(rough=rough) if self.is_edit else _NO_EDIT),
            not (self.marks and any(mark.makes is Makes.COVER for mark, _ in self.marks)),
            rough,
            form > 1,
            self.copy_of is not None,
            -max((mark.rank for mark, _ in self.marks), key=abs) if self.marks else 0,
            form,
            self.place,
        )

    def _edit_order(self, *, rough: bool) -> Order:
        edits = [(mark, number) for mark, number in self.marks if mark.makes is Makes.EDIT]
        rank = max(mark.rank for mark, _ in edits)
        number = max(number for _, number in edits)
        return (False, rank < FINAL, rough, -len(edits), -rank, -number)


class Shot:
    """Files that belong together; ``items`` are never none."""

    __slots__ = ("items",)

    def __init__(self, items: list[Item]) -> None:
        self.items = items

    def primary(self) -> Item:
        """Return the file that is shown first."""
        items = self.items
        return items[0] if len(items) == 1 else min(items, key=Item.order)

    def has(self, *kinds: Kind) -> bool:
        """Tell whether a file of one of ``kinds`` is in it."""
        return any(item.kind in kinds for item in self.items)

    def has_still(self) -> bool:
        """Tell whether there is a picture in it, RAW or not."""
        return self.has(*_STILLS)

    def begins(self) -> datetime | None:
        """Return the first time of a still that is known below the second and was not edited.

        One of two formats may have lost its fraction of the second: the other one's counts.
        """
        earliest: datetime | None = None
        for item in self.items:
            start = item.start
            if (
                start is not None
                and item.file.precision is Precision.SUBSECOND
                and item.kind in _STILLS
                and not item.is_loose
                and (
                    earliest is None
                    or (not start.microsecond, start) < (not earliest.microsecond, earliest)
                )
            ):
                earliest = start
        return earliest
