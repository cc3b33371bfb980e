"""The options of a mirror in a folder: the form, the checks and the docs come from this model."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ByteSize, Field, field_validator

from pentaprism.destinations.choices import FileOptions


class FolderOptions(FileOptions):
    """Where a mirror writes, and how."""

    path: Path = Field(
        title="Folder",
        description="The folder that shall equal the album: an absolute path; ~ is your home. It "
        "is made when it is missing.",
    )
    hard_links: bool = Field(
        True,
        title="Hard links",
        description="Share a file with another mirror on the same disk that holds the same "
        "content, instead of downloading it again.",
    )
    min_free: ByteSize = Field(
        ByteSize(100 * 1024 * 1024),
        ge=0,
        title="Space to leave free",
        description="The run stops before the disk has less free space than this, such as 100MiB.",
    )

    @field_validator("path")
    @classmethod
    def _expand(cls, path: Path) -> Path:
        try:
            path = path.expanduser()
        except RuntimeError as error:
            raise ValueError("no home folder is known for ~; give the whole path") from error
        if not path.is_absolute():
            raise ValueError("the path must be absolute, such as /photos/holiday")
        if "\0" in str(path):
            raise ValueError("the path holds a NUL character")
        return Path(os.path.normpath(path))


def from_spec(spec: str) -> FolderOptions:
    """Return the options for what stands behind ``folder:``; a relative path starts here."""
    path = Path(spec)
    if spec and not spec.startswith("~"):
        path = Path.cwd() / path
    elif not spec:
        raise ValueError("the path is missing")
    return FolderOptions.model_validate({"path": path})


def place(options: FolderOptions) -> str:
    """Return the one true path of the folder, with links resolved."""
    return os.path.realpath(options.path)
