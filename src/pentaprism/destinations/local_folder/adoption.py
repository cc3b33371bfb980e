"""Adoption: what is at a part's path already, and whether it is ours, the same, or a stranger's."""

from __future__ import annotations

import os
import stat

from pentaprism.destinations.base import Part, Presence, RemoteItem
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.fingerprint import (
    judge,
    nanoseconds,
    read_sha1,
    same_time,
    sha1_of,
    sha1_of_bytes,
)
from pentaprism.destinations.local_folder.tree import Tree, open_regular, split
from pentaprism.errors import ConflictError, InvalidError


def look_at(tree: Tree, part: Part) -> tuple[RemoteItem | None, os.stat_result | None]:
    """Return the item that is at the part's path already, or else the file of ours to replace.

    Both are None when the path is free. Raises `ConflictError` when something is there that may
    not be touched: code ``edited`` for a person's change, ``target_taken`` for anything else.
    """
    path = path_of(part)
    folders, name = split(path)
    try:
        with tree.folder(folders) as folder:
            seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
            return _compare(part, path, folder, seen)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise explain(error, path) from error


def path_of(part: Part) -> str:
    """Return where the part goes, relative to the mirror's folder."""
    if part.path is None:
        raise InvalidError(
            f"No path was chosen for {part.asset.filename!r}.", code="no_path", hint=""
        )
    return str(part.path)


def _compare(
    part: Part, path: str, folder: int, seen: os.stat_result
) -> tuple[RemoteItem | None, os.stat_result | None]:
    if not stat.S_ISREG(seen.st_mode):
        raise _taken(path)
    name = path.rpartition("/")[2]
    ours = part.replaces if part.replaces is not None and part.replaces.id == path else None
    presence = ours and judge(seen, ours, lambda: read_sha1(folder, name))
    replaceable = presence in {Presence.PRESENT, Presence.DAMAGED}
    wanted = _wanted_sha1(part)
    if replaceable and ours is not None and ours.sha1 != wanted:
        return None, seen
    adopted = _adopt(part, path, folder, wanted)
    if adopted is not None:
        return adopted, None
    if replaceable:
        return None, seen
    if ours is not None:
        raise ConflictError(
            f"{path} was edited by a person; it is kept as it is.",
            code="edited",
            hint="The new version goes to a conflict copy beside it.",
        )
    raise _taken(path)


def _taken(path: str) -> ConflictError:
    return ConflictError(
        f"Something that is not of this mirror is at {path}; it is left alone.",
        code="target_taken",
        hint="The mirror chooses another name; or move that file away and run the mirror again.",
    )


def _wanted_sha1(part: Part) -> bytes | None:
    """Return the hash that the bytes will have; None when nobody knows."""
    if part.data is not None:
        return sha1_of_bytes(part.data)
    return part.asset.checksum.sha1 if part.asset.checksum.of_content else None


def _adopt(part: Part, path: str, folder: int, wanted: bytes | None) -> RemoteItem | None:
    """Return the item for a file that is there already, if it is what the part would become.

    Without a hash to compare, it is adopted only when both the size and the time of capture
    agree with what Immich says.
    """
    fd, seen = open_regular(path.rpartition("/")[2], folder)
    try:
        if wanted is None and not _looks_like(seen, part):
            return None
        sha1 = sha1_of(fd, seen.st_size)
    finally:
        os.close(fd)
    if wanted is not None and sha1 != wanted:
        return None
    verified = wanted is not None and part.data is None
    return RemoteItem(path, seen.st_size, seen.st_mtime_ns, sha1, verified)


def _looks_like(seen: os.stat_result, part: Part) -> bool:
    exif = part.asset.exif
    return (
        exif is not None
        and exif.size == seen.st_size
        and same_time(seen.st_mtime_ns, nanoseconds(part.asset.taken_at))
    )
