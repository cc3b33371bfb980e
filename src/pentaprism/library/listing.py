"""Lists one folder: what a look at its files costs decides how long a scan of a library takes.

A folder is opened once and its files are looked at through it, so that no path is resolved again
for each file; nothing is made for a file but one tuple.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from pentaprism.library.folders import MARKERS, SKIPPED

_FORM = b"1"
"""Changes when other files of a folder are indexed, so that all folders are looked at anew."""

_KIND = 0o170000
"""The bits of a mode that tell what it is the mode of."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Found(NamedTuple):
    """A file that is there; ``size`` is in bytes, ``mtime_ns`` in nanoseconds since 1970."""

    name: str
    size: int
    mtime_ns: int
    inode: int


@dataclass(slots=True)
class Listing:
    """What is in a folder, by name; links to files are in it as the files that they lead to.

    ``links`` lead to folders, ``dangling`` ones nowhere. ``unknown`` names are of files that could
    not be looked at. ``shut`` tells that a file in it keeps it out of the index.
    """

    device: int
    inode: int
    files: list[tuple[str, int, int, int]] = field(default_factory=list)
    subfolders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    shut: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it, hidden files apart."""
        return not (
            self.shut
            or self.files
            or self.subfolders
            or self.links
            or self.dangling
            or self.unknown
        )


def list_folder(path: str) -> Listing:
    """Return what is in the folder at ``path``; raises `OSError` where it cannot be listed."""
    descriptor = os.open(path, _DIRECTORY)
    try:
        status = os.fstat(descriptor)
        listing = Listing(status.st_dev, status.st_ino)
        names = os.listdir(descriptor)
        if not MARKERS.isdisjoint(names):
            listing.shut = True
            return listing
        names.sort()
        links = _look_at(descriptor, names, listing)
        for name in links:
            _follow(descriptor, name, listing)
    finally:
        os.close(descriptor)
    if links:
        listing.files.sort()
    return listing


def _look_at(descriptor: int, names: list[str], listing: Listing) -> list[str]:
    """Put into ``listing`` what no link is, and return the names of the links.

    Files, folders and links alone count: no FIFO, socket or device is ever opened.
    """
    links: list[str] = []
    add, look = listing.files.append, os.stat
    for name in names:
        if name[0] == ".":
            continue
        try:
            status = look(name, dir_fd=descriptor, follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError:
            listing.unknown.append(name)
            continue
        kind = status.st_mode & _KIND
        if kind == stat.S_IFREG:
            add((name, status.st_size, status.st_mtime_ns, status.st_ino))
        elif kind == stat.S_IFLNK:
            links.append(name)
        elif kind == stat.S_IFDIR and name.casefold() not in SKIPPED:
            listing.subfolders.append(name)
    return links


def _follow(descriptor: int, name: str, listing: Listing) -> None:
    try:
        status = os.stat(name, dir_fd=descriptor)
    except OSError:
        listing.dangling.append(name)
        return
    if stat.S_ISREG(status.st_mode):
        listing.files.append((name, status.st_size, status.st_mtime_ns, status.st_ino))
    elif stat.S_ISDIR(status.st_mode) and name.casefold() not in SKIPPED:
        listing.links.append(name)


def digest(listing: Listing, salt: bytes) -> bytes:
    """Return what is another value when a file of the folder is: 16 bytes."""
    # Version 2 writes equal values alike; newer ones go by which of them are the same object.
    told = marshal.dumps(listing.files, 2)
    return hashlib.blake2b(told, digest_size=16, salt=salt).digest()


def salt_of(sidecars: Collection[str]) -> bytes:
    """Return what `digest` is given where ``sidecars`` are the endings that count beyond ours."""
    told = "\0".join(sorted(sidecars)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told, digest_size=16, key=_FORM).digest()


def signed(number: int) -> int:
    """Return a number of 64 bits, as an inode or device may be, as databases hold them."""
    return number - (1 << 64) if number >= 1 << 63 else number
