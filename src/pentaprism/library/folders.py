"""Which folders and files of a root count, and how their paths are written.

Paths in a root have slashes, "" is the root itself. What file servers, synchronisers and desktops
leave behind is left out: hidden files and folders, bins, and folders of previews.
"""

from __future__ import annotations

from collections.abc import Iterator

WHOLE = "/"
"""Stands for a whole root where folders of it are named: no folder has this path in its root."""

SKIPPED = frozenset(
    {
        "@eadir",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "lost+found",
        "system volume information",
        "thumbs.db",
    }
)
"""Names of files and folders that are passed over, in small letters."""

MARKERS = frozenset({".nomedia", ".pentaprismignore"})
"""Names of files that keep the folder they lie in, and all below it, out of the index."""


def is_skipped(name: str) -> bool:
    """Tell whether a file or folder of this name is passed over, with all that is below it."""
    return name.startswith(".") or name.casefold() in SKIPPED


def lies_in_skipped(path: str) -> bool:
    """Tell whether ``path``, in a root, has a folder that is passed over, or is one."""
    return any(is_skipped(part) for part in path.split("/") if part)


def join(folder: str, name: str) -> str:
    """Return the path of ``name`` in ``folder``."""
    return f"{folder}/{name}" if folder else name


def parent(folder: str) -> str:
    """Return the folder that ``folder``, which is not the root itself, lies in."""
    return folder.rpartition("/")[0]


def lies_below(path: str, folder: str) -> bool:
    """Tell whether ``path`` is ``folder`` or lies below it."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def real_path(top: str, path: str) -> str:
    """Return where ``path`` of the root at ``top`` is on this machine."""
    if not path:
        return top
    return f"{top}{path}" if top.endswith("/") else f"{top}/{path}"


def steps(path: str) -> Iterator[tuple[str, str]]:
    """Yield each folder that ``path`` lies in, from the root on, and the name that leads on."""
    above = ""
    for name in path.split("/") if path else ():
        yield above, name
        above = join(above, name)
