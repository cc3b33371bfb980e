"""Sidecars: files beside a picture, by the name of the file or of the shot that they are of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from pentaprism.groups.files import Kind
from pentaprism.groups.names import Beside
from pentaprism.groups.rules import Rules
from pentaprism.groups.shots import Item, Shot
from pentaprism.groups.times import nearest, span

_LIKES = {
    "aae": Kind.IMAGE,
    "json": None,
    "lrf": Kind.VIDEO,
    "lrv": Kind.VIDEO,
    "srt": Kind.VIDEO,
    "thm": Kind.VIDEO,
    "wav": Kind.IMAGE,
    "xml": Kind.VIDEO,
}
_DARKTABLE = re.compile(r"_\d{2}(\.[^.]+)\Z")


def attach(sidecars: Iterable[Item], shots: list[Shot], beside: Beside, rules: Rules) -> list[Shot]:
    """Put each sidecar into its shot; return the shots, with those sidecars that found none.

    ``x.ext.xmp`` is of ``x.ext`` and of nothing else; ``x.xmp`` is of the shot with the stem x: the
    one with a RAW file, where several have it, then the one nearest in time.
    """
    places = _Places(shots)
    left: list[Shot] = []
    for sidecar in sorted(sidecars, key=lambda item: item.place):
        owner, stem = sidecar.spelling.owner, sidecar.spelling.stem
        if owner is not None:
            found = places.choose(sidecar, "name", owner, _DARKTABLE.sub(r"\1", owner))
            sidecar.rule = "sidecar_name"
        else:
            base, _, _ = rules.patterns.read(stem, beside)
            found = places.choose(sidecar, "stem", stem) or places.choose(sidecar, "base", base)
            sidecar.rule = "sidecar_stem"
        if found is None:
            left.append(Shot([sidecar]))
        else:
            found.items.append(sidecar)
    return shots + left


class _Places:
    """Where sidecars may belong, by names, stems and bases of files."""

    def __init__(self, shots: Iterable[Shot]) -> None:
        self._found: dict[tuple[str, str], dict[int, Shot]] = defaultdict(dict)
        self._choices: dict[tuple[str, str, Kind | None], _Choice] = {}
        for shot in shots:
            for item in shot.items:
                if item.kind is not Kind.OTHER:
                    for key in (
                        ("name", item.name), ("stem", item.spelling.stem), ("base", item.base)
                    ):  # fmt: skip
                        self._found[key].setdefault(id(shot), shot)

    def choose(self, sidecar: Item, by: str, *words: str) -> Shot | None:
        """Return the shot for ``sidecar`` that has the first of ``words`` that any has."""
        likes = _LIKES.get(sidecar.spelling.ending, Kind.RAW)
        for word in words:
            if (by, word) in self._found:
                key = (by, word, likes)
                choice = self._choices.get(key)
                if choice is None:
                    choice = _Choice(self._found[by, word].values(), likes)
                    self._choices[key] = choice
                return choice.near(sidecar)
        return None


class _Choice:
    """Shots of one name: those with the kind of file that a sidecar is of, if there are any."""

    def __init__(self, shots: Iterable[Shot], likes: Kind | None) -> None:
        every = list(shots)
        liked = [shot for shot in every if likes is not None and shot.has(likes)]
        self._shots: Sequence[Shot] = liked or every
        timed: list[tuple[datetime, Shot]] = []
        for shot in self._shots:
            starts = [span(item)[0] for item in shot.items if item.start is not None]
            if starts:
                timed.append((min(starts), shot))
        self._timed = sorted(timed, key=lambda pair: (pair[0], pair[1].primary().place))
        self._moments = [moment for moment, _ in self._timed]

    def near(self, sidecar: Item) -> Shot | None:
        if len(self._shots) == 1:
            return self._shots[0]
        if sidecar.start is None or not self._moments:
            return None
        return self._timed[nearest(self._moments, span(sidecar)[0])][1]
