"""Why a file could not be read, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pentaprism.overview.phrases import mark

_OTHER = (mark("It could not be read."), mark("The log may tell more."))

_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "vanished": (
        mark("It was gone when it was to be read."),
        mark("Nothing to do: the next scan looks again."),
    ),
    "unreadable": (
        mark("The disk did not give its data."),
        mark("Look whether the disk is failing, and restore the file from a copy."),
    ),
    "not_permitted": (
        mark("Pentaprism may not read it."),
        mark("Give the user that Pentaprism runs as the right to read it, then scan again."),
    ),
    "not_a_file": (
        mark("It is no plain file."),
        mark("Nothing to do, unless a photo should be there."),
    ),
    "empty": (
        mark("It has no content: 0 bytes."),
        mark("Restore it from a copy, or copy it again."),
    ),
    "damaged": (
        mark("Its data is damaged, or it is not what its name says."),
        mark("Open it elsewhere; if that fails as well, restore it from a copy."),
    ),
    "unsupported": (
        mark("Its format cannot be read here."),
        mark("It is grouped by its name alone. Installing ExifTool may help."),
    ),
    "too_large": (
        mark("It has more pixels than are safe to read."),
        mark("Nothing to do, unless it is a photo of yours: then save it smaller."),
    ),
    "crashed": (
        mark("What reads this format crashed at it."),
        mark("The file is likely damaged. It is grouped by its name alone."),
    ),
    "timed_out": (
        mark("Reading it took too long."),
        mark("The next scan tries again; the disk may be slow or asleep."),
    ),
}


def told(code: str, translate: Callable[[str], str] = str) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do."""
    what, then = _PROBLEMS.get(code, _OTHER)
    return translate(what), translate(then)
