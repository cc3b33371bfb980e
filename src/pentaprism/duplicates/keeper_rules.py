"""The rules by which a keeper is proposed, with a person's own settings from a TOML file.

edited = "original"                     # or "edit"
folders = ["Photos/**", "Camera/**"]    # preferred, the first most
avoid = ["**/Downloads/**", "WhatsApp"]
formats = ["dng", "heic"]               # preferred to all others, the first most
favourites = true                       # whether favourites in Immich count
albums = true                           # whether the number of albums counts
order = ["folders", "resolution"]       # asked first; the others follow in their usual order

A pattern is compared with the path of a file within its root, and with that path behind the name of
the root, whatever the case of their letters: ``*`` and ``?`` stand for letters within a folder's
name, ``**`` for any folders. A pattern that ends with a folder's name counts for all below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from pentaprism.errors import InvalidError
from pentaprism.groups.names import fold
from pentaprism.rule_files import read_rules


class Criterion(StrEnum):
    """What shots are compared by, in the usual order."""

    FILES = "files"
    """All files of the other and more, the RAW file, the video of a live photo."""

    ENLARGED = "enlarged"
    """Not enlarged from the other."""

    EDITED = "edited"
    """The original or the edit."""

    RESOLUTION = "resolution"
    """More pixels, by more than a hundredth; those of enlarged files do not count."""

    DETAILS = "details"
    """The camera, and a time that is known to the second."""

    FORMAT = "format"
    """Nearer to what the camera wrote, or a preferred one."""

    COMPRESSION = "compression"
    """More bytes by a tenth, where format and size in pixels are the same."""

    FOLDERS = "folders"
    """Not in an avoided folder; in a preferred one."""

    IMMICH = "immich"
    """In Immich, and not in a folder only."""

    FAVOURITES = "favourites"
    ALBUMS = "albums"

    AGE = "age"
    """The older file."""

    BYTES = "bytes"
    """More bytes by however little, where format and size in pixels are the same."""

    NAME = "name"
    """The shorter name: a copy's has something added. At last the path."""


type Edited = Literal["original", "edit"]


@dataclass(frozen=True)
class KeeperRules:
    """What decides which of several shots is proposed to be kept.

    ``folders`` and ``avoid`` are patterns of paths, ``formats`` endings in small letters without a
    dot. ``order`` holds what is asked first; all other criteria follow in their usual order.
    """

    edited: Edited = "original"
    folders: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    favourites: bool = True
    albums: bool = True
    order: tuple[Criterion, ...] = ()

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """What is asked, in this order; the name is always last, as it leaves none equal."""
        left_out = {Criterion.NAME}
        if not self.favourites:
            left_out.add(Criterion.FAVOURITES)
        if not self.albums:
            left_out.add(Criterion.ALBUMS)
        first = dict.fromkeys((*self.order, *Criterion))
        return (*(each for each in first if each not in left_out), Criterion.NAME)

    def folder_rank(self, source: str, path: str) -> int:
        """Return which of ``folders`` holds the file, the number of them for none."""
        return _rank(self._folders, source, path)

    def avoids(self, source: str, path: str) -> bool:
        """Tell whether the file is in an avoided folder."""
        return _rank(self._avoid, source, path) < len(self._avoid)

    @cached_property
    def _folders(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(_compiled, self.folders))

    @cached_property
    def _avoid(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(_compiled, self.avoid))


RULES = KeeperRules()
"""The rules without anything of one's own."""


def load_keeper_rules(path: Path | None) -> KeeperRules:
    """Return the rules that the TOML file ``path`` tells; None gives the usual ones.

    An InvalidError tells what is wrong in the file, or why it cannot be read.
    """
    if path is None:
        return RULES
    return _Reader(path, read_rules(path, _wrong, 'folders = ["Photos/**"]')).rules()


_KEYS = ("edited", "folders", "avoid", "formats", "favourites", "albums", "order")
_FORMAT = re.compile(r"[a-z0-9]{1,8}")


class _Reader:
    """Reads what a TOML file says, and tells what is wrong in it."""

    def __init__(self, path: Path, told: Mapping[str, Any]) -> None:
        self._path = path
        self._told = told

    def rules(self) -> KeeperRules:
        for key in self._told:
            if key not in _KEYS:
                raise self._fault(f"there is no “{key}”", f"There are: {', '.join(_KEYS)}.")
        return KeeperRules(
            edited=self._edited(),
            folders=self._patterns("folders", "Photos/**"),
            avoid=self._patterns("avoid", "**/Downloads/**"),
            formats=self._formats(),
            favourites=self._switch("favourites"),
            albums=self._switch("albums"),
            order=self._order(),
        )

    def _edited(self) -> Edited:
        choices: tuple[Edited, ...] = get_args(Edited.__value__)
        value = self._told.get("edited", RULES.edited)
        for choice in choices:
            if value == choice:
                return choice
        raise self._fault(f"“edited” is {value!r}", 'Write "original" or "edit".')

    def _switch(self, key: str) -> bool:
        value = self._told.get(key, True)
        if not isinstance(value, bool):
            raise self._fault(f"“{key}” is {value!r}", "Write true or false.")
        return value

    def _texts(self, key: str, example: str) -> tuple[str, ...]:
        rows = self._told.get(key, [])
        hint = f'Write {key} = ["{example}"], each once.'
        if not isinstance(rows, list):
            raise self._fault(f"“{key}” is no list", hint)
        for number, row in enumerate(rows):
            if not isinstance(row, str) or not row.strip(" /"):
                raise self._fault(f"“{key}” has {row!r}", hint)
            if row in rows[:number]:
                raise self._fault(f"“{key}” has {row} twice", hint)
        return tuple(rows)

    def _patterns(self, key: str, example: str) -> tuple[str, ...]:
        found = self._texts(key, example)
        for pattern in found:
            if any("**" in step and step != "**" for step in pattern.split("/")):
                raise self._fault(
                    f"“{key}” has {pattern}, where ** is part of a name",
                    f'Let ** stand alone between slashes, as in "{example}".',
                )
        return found

    def _formats(self) -> tuple[str, ...]:
        found = tuple(text.lower().removeprefix(".") for text in self._texts("formats", "heic"))
        for text in found:
            if not _FORMAT.fullmatch(text):
                raise self._fault(f"“formats” has {text!r}", 'Write endings such as "heic".')
        return found

    def _order(self) -> tuple[Criterion, ...]:
        told = self._texts("order", "folders")
        for name in told:
            if name not in Criterion:
                raise self._fault(f"“order” has {name!r}", f"There are: {', '.join(Criterion)}.")
        return tuple(map(Criterion, told))

    def _fault(self, what: str, hint: str) -> InvalidError:
        return _wrong(self._path, f"has a mistake: {what}", hint)


def _wrong(path: Path, what: str, hint: str) -> InvalidError:
    return InvalidError(f"The file of rules {path} {what}.", code="keeper_rules", hint=hint)


def _rank(patterns: tuple[re.Pattern[str], ...], source: str, path: str) -> int:
    if not patterns:
        return 0
    inside = fold(path)
    within = fold(f"{source}/{path}")
    for rank, pattern in enumerate(patterns):
        if pattern.fullmatch(inside) or pattern.fullmatch(within):
            return rank
    return len(patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression for ``pattern``; see the head of this file."""
    steps = fold(pattern).strip("/").split("/")
    if steps[-1] == "**":
        steps.pop()
    text = "".join("(?:[^/]+/)*" if step == "**" else f"{_step(step)}/" for step in steps)
    return re.compile(f"/?{text}.+", re.DOTALL)


def _step(step: str) -> str:
    letters = {"*": "[^/]*", "?": "[^/]"}
    return "".join(letters.get(letter, re.escape(letter)) for letter in step)
