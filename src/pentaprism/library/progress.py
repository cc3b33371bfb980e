"""How far a scan of a root is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What a scan does with the files, in this order."""

    LISTING = "listing"
    READING = "reading"
    GROUPING = "grouping"
    DONE = "done"


@dataclass(slots=True)
class ScanProgress:
    """How far a scan is; whoever holds it sees it change.

    ``folder`` is the one that was looked at last, as a path in the root. ``folders`` and ``files``
    count what is there, ``added``, ``changed``, ``moved`` and ``missing`` what is new of it.
    ``to_read`` files have metadata that is wanted, ``read`` of them were read. ``problems`` counts
    what could not be listed or read. ``grouped`` files have been grouped anew.
    """

    phase: Phase = Phase.LISTING
    folder: str = ""
    folders: int = 0
    files: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    to_read: int = 0
    read: int = 0
    problems: int = 0
    grouped: int = 0
