"""Which folders lie on file systems that do not tell of changes: those of other machines."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_TABLE = Path("/proc/self/mounts")

_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "davfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    }
)
"""Types whose files other machines change, of which the kernel hears nothing."""

_LOCAL_FUSE = frozenset({"fuse.exfat", "fuse.lxcfs", "fuse.ntfs-3g"})
_ESCAPED = re.compile(r"\\([0-7]{3})")


def needs_polling(path: str, table: str | None = None) -> bool:
    """Tell whether changes in the folder at ``path`` are noticed only by looking again and again.

    ``table`` is what Linux tells of its mounts, see proc(5); elsewhere the answer is no.
    """
    if table is None:
        if not sys.platform.startswith("linux"):
            return False
        try:
            table = os.fsdecode(_TABLE.read_bytes())
        except OSError:
            return False
    kind = _type_of(os.path.realpath(path), table)
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _type_of(path: str, table: str) -> str:
    """Return the type of the file system that ``path`` is on: the last mounted of the longest."""
    best, kind = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, place and type
            continue
        place = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[1])
        inside = path == place or path.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= best:
            best, kind = len(place), fields[2]
    return kind
