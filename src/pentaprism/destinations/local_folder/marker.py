"""The marker in a mirror's folder, which tells the mounted disk from its empty mount point."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pentaprism.destinations.local_folder.syscalls import sync_file, sync_folder
from pentaprism.destinations.local_folder.tree import PRIVATE
from pentaprism.errors import ActionRequiredError

_NAME = "mirror.json"
_NOTE = (
    "This folder is a mirror of an Immich album. Pentaprism knows it by this file, "
    "also after it was moved; keep it."
)
_MOST_BYTES = 65536
_MOST_FOLDERS = 10_000


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose folder this is: the mirror's id and the album's id in Immich."""

    mirror_id: str
    album_id: str


def read_marker(path: Path) -> Marker | None:
    """Return the marker of the folder ``path``; None when it has none, or is not there.

    Raises `ActionRequiredError` when there is one that cannot be read.
    """
    file = path / PRIVATE / _NAME
    try:
        with file.open("rb") as stream:
            return _parse(stream.read(_MOST_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ActionRequiredError(
            f"The marker {file} cannot be read: {error}",
            code="bad_marker",
            hint="Let this user read it, or restore it from a backup; if the folder is no mirror "
            "any more, delete the file.",
        ) from error


def _parse(text: bytes) -> Marker:
    document = json.loads(text)
    mirror_id, album_id = document["mirror"], document["album"]
    if not isinstance(mirror_id, str) or not isinstance(album_id, str):
        raise TypeError("mirror and album must be strings")
    return Marker(mirror_id, album_id)


def write_marker(private: int, marker: Marker) -> None:
    """Write the marker durably into the private folder that is open as ``private``."""
    document = {
        "mirror": marker.mirror_id,
        "album": marker.album_id,
        "made_by": "Pentaprism",
        "note": _NOTE,
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    fd = os.open(f"{_NAME}.new", flags, 0o644, dir_fd=private)
    try:
        os.write(fd, json.dumps(document, indent=2).encode() + b"\n")
        sync_file(fd)
    finally:
        os.close(fd)
    os.rename(f"{_NAME}.new", _NAME, src_dir_fd=private, dst_dir_fd=private)
    sync_folder(private)


def refuse_nested(path: Path, *, look_below: bool) -> None:
    """Raise `ActionRequiredError` when a mirror's folder lies around ``path``, or inside it.

    Looking below is bounded by a number of folders, and meant for a folder that is taken over.
    """
    real = Path(os.path.realpath(path))
    others = [folder for folder in real.parents if _is_marked(folder)]
    if look_below and not others:
        others = [folder for folder in _folders_below(real) if _is_marked(folder)][:1]
    if others:
        raise ActionRequiredError(
            f"{path} and the mirror in {others[0]} lie one inside the other.",
            code="nested",
            hint="Choose a folder that is neither inside another mirror nor around one.",
        )


def _is_marked(folder: Path) -> bool:
    return os.path.lexists(folder / PRIVATE / _NAME)


def _folders_below(path: Path) -> Iterator[Path]:
    """Yield folders below ``path``, the nearest first, at most so many."""
    waiting, index = [path], 0
    while index < len(waiting) and index < _MOST_FOLDERS:
        try:
            with os.scandir(waiting[index]) as entries:
                found = [
                    Path(entry.path)
                    for entry in entries
                    if entry.name != PRIVATE and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:  # unreadable: nothing of ours can be written there either
            found = []
        waiting += found
        yield from found
        index += 1
