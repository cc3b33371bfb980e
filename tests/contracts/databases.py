"""Empty databases, copied from one that was made before: migrating costs a tenth of a second."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

from pentaprism.store import schema


def place_database(path: Path) -> Path:
    """Put an empty database at ``path`` unless something is there, and return the path."""
    if not path.exists() and not path.parent.is_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_template(), path)
        path.chmod(0o600)
    return path


@functools.cache
def _template() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="pentaprism-template-")
    _folders.append(folder)
    path = Path(folder.name) / "empty.db"
    schema.prepare(path, patience=30)
    return path


_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Kept until the process ends, when they are removed."""
