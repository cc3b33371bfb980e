"""The options of a mirror in a folder: the form, the checks and the docs come from this model."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator


class Removals(StrEnum):
    """What happens to a file whose asset has left the album."""

    KEEP = "keep"
    TRASH = "trash"


class Missing(StrEnum):
    """What happens when a person has deleted a mirrored file."""

    FETCH = "fetch"
    LEAVE = "leave"


class FolderOptions(BaseModel):
    """Where a mirror writes, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        title="Folder",
        description="The folder that shall equal the album: an absolute path; ~ is your home. It "
        "is made when it is missing.",
    )
    template: str = Field(
        "{filename}",
        min_length=1,
        title="Path template",
        description="Where each file goes below the folder, such as {year}/{month}/{filename}.",
    )
    removals: Removals = Field(
        Removals.KEEP,
        title="Removed from the album",
        description="What happens to a file whose asset has left the album: keep it, or move it "
        "to the trash in .pentaprism/trash, from where it can be restored.",
    )
    missing: Missing = Field(
        Missing.FETCH,
        title="Deleted from the folder",
        description="What happens when a person has deleted a mirrored file: fetch it again, or "
        "leave it out.",
    )
    hard_links: bool = Field(
        True,
        title="Hard links",
        description="Share a file with another mirror on the same disk that holds the same "
        "content, instead of downloading it again.",
    )
    sidecars: bool = Field(
        False,
        title="XMP sidecars",
        description="Write Immich's description, rating, tags and place beside each file, as "
        "FILENAME.xmp.",
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
