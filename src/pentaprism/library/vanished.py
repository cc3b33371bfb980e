"""Which folders are gone, and which are only not mounted."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pentaprism.library.away import find_absence
from pentaprism.library.folders import lies_below, parent, real_path
from pentaprism.library.listing import signed
from pentaprism.library.walk import Walk
from pentaprism.store.library_records import FolderMark

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Vanished:
    """``folders`` are gone with all that was in them; ``unmounted`` ones may come back."""

    folders: list[str] = field(default_factory=list)
    unmounted: list[str] = field(default_factory=list)


def nearest_known(folder: str, marks: Mapping[str, FolderMark]) -> str:
    """Return ``folder``, or the nearest above it that was indexed."""
    while folder and folder not in marks:
        folder = parent(folder)
    return folder


def find_vanished(
    top: str, marks: Mapping[str, FolderMark], walk: Walk, unseen: Collection[str]
) -> Vanished:
    """Return what has become of the indexed folders that ``walk`` did not come upon.

    One that had a file system of its own may not be mounted. The same goes for all of them when
    the root, or what they lie in, went away in the middle of the walk.
    """
    vanished = Vanished()
    kept = list(walk.kept)
    if unseen and find_absence(top, known=True) is not None:
        return vanished
    for folder in sorted(unseen, key=lambda path: path.count("/")):
        if any(lies_below(folder, other) for other in kept):
            continue
        if folder and _is_unmounted(top, folder, marks, walk):
            log.info("%s: a file system is not mounted there.", real_path(top, folder))
            vanished.unmounted.append(folder)
            kept.append(folder)
        else:
            vanished.folders.append(folder)
    return vanished


def _is_unmounted(top: str, folder: str, marks: Mapping[str, FolderMark], walk: Walk) -> bool:
    above = parent(folder)
    held_by = marks.get(above)
    if held_by is not None and held_by.device != marks[folder].device:
        return True
    seen_on = walk.seen.get(above)
    if seen_on is None:
        return False
    try:
        return signed(os.stat(real_path(top, above)).st_dev) != seen_on
    except OSError:
        return False
