"""Keys: what files have in common that may belong together.

Grouping compares names only among files with equal `Keys.folder` and `Keys.name`, and makes
bursts by name only of files with equal `Keys.folder` and `Keys.burst`: an index that holds the
keys finds the neighbours of a file without looking at all the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pentaprism.groups.files import Kind
from pentaprism.groups.kinds import ENDINGS, split
from pentaprism.groups.names import burst_of, fold
from pentaprism.groups.rules import Rules

_TAKEOUT = "supplemental-metadata"
_COUNTED = re.compile(r"(.+?)(\(\d{1,2}\))\Z")
_CLIP_DATA = re.compile(r"m\d\d\Z")


@dataclass(frozen=True, slots=True)
class Keys:
    """The folder, the stem without anything that may be a mark, and the burst, all folded."""

    folder: str
    name: str
    burst: str | None


class Spelling:
    """A file's name, folded and taken apart.

    ``owner`` is the whole name of the file that a sidecar names (``x.ext`` of ``x.ext.xmp``); None
    for one that names a stem only, and for what is no sidecar. ``root`` is the stem without
    anything that may be a mark.
    """

    __slots__ = ("ending", "kind", "name", "owner", "root", "stem")

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = fold(name)
        self.stem, self.ending = split(self.name)
        self.owner: str | None = None
        kind = ENDINGS.get(self.ending)
        if kind is None:
            kind = Kind.SIDECAR if self.ending in rules.sidecars else Kind.OTHER
        self.kind = kind
        if kind is Kind.SIDECAR:
            self._read_sidecar()
        self.root = rules.patterns.root(self.stem)

    def _read_sidecar(self) -> None:
        stem = self.stem
        if self.ending == "json":
            stem = _without_takeout(stem)
        elif self.ending == "xml":
            # Sony's cameras write C0001M01.XML beside C0001.MP4.
            stem = _CLIP_DATA.sub("", stem) or stem
        inner, ending = split(stem)
        if ENDINGS.get(ending, Kind.SIDECAR) is not Kind.SIDECAR:
            self.owner = stem
            stem = inner
        self.stem = stem


def keys_of(path: str, rules: Rules) -> Keys:
    """Return the keys of the file ``path`` (with slashes, relative to its library)."""
    folder, _, name = path.rpartition("/")
    root = Spelling(name, rules).root
    return Keys(folder_key(folder, rules), root, burst_of(root))


def folder_key(folder: str, rules: Rules) -> str:
    """Return what stands for ``folder``: the same for folders whose files belong together."""
    folded = fold(folder)
    if not rules.siblings:
        return folded
    above, slash, last = folded.rpartition("/")
    if last not in rules.siblings:
        return folded
    instead = rules.siblings[last]
    return above if instead is None else f"{above}{slash}{instead}"


def _without_takeout(stem: str) -> str:
    """Return ``stem`` of a Takeout JSON file as the name that it tells of.

    ``x.jpg.supplemental-metadata(1)`` (of a newer Takeout, often cut short) and ``x.jpg(1)`` (of an
    older one) both tell of ``x(1).jpg``.
    """
    counter = ""
    if counted := _COUNTED.match(stem):
        stem, counter = counted[1], counted[2]
    name, dot, last = stem.rpartition(".")
    if dot and _TAKEOUT.startswith(last):
        stem = name
    inner, ending = split(stem)
    if counter and ENDINGS.get(ending, Kind.SIDECAR) is not Kind.SIDECAR:
        return f"{inner}{counter}.{ending}"
    return stem + counter
