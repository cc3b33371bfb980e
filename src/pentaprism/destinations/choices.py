"""What a person chooses for a mirror: the options that all kinds of destination share."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Removals(StrEnum):
    """What happens to what was put for an asset that has left the album.

    ``trash``: it is moved to a trash of the destination. ``remove``: it is taken out of the
    destination's album, and stays in the account. Each kind of destination takes one of the two.
    """

    KEEP = "keep"
    TRASH = "trash"
    REMOVE = "remove"


class RawPolicy(StrEnum):
    """Which files of a shot are mirrored, where it has several: RAW, JPEG, edits.

    ``primary`` is the one shown first, ``raw`` the RAW files where the shot has any.
    """

    ALL = "all"
    PRIMARY = "primary"
    RAW = "raw"


class Missing(StrEnum):
    """What happens when a person deleted what was put."""

    FETCH = "fetch"
    LEAVE = "leave"


class MirrorOptions(BaseModel):
    """What a person chooses for a mirror, whatever its destination; each kind adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    removals: Removals = Field(
        Removals.KEEP,
        title="Removed from the album",
        description="What happens here when an asset has left the album.",
    )
    raw: RawPolicy = Field(
        RawPolicy.ALL,
        title="Files of one shot",
        description="Which files of a shot are mirrored where it has several, such as RAW, JPEG "
        "and edits: all, the primary one only, or the RAW only. A shot of which the album holds "
        "one file is always mirrored, and so is each shot of a burst.",
    )
    edited: bool = Field(
        False,
        title="Edited pictures",
        description="Take pictures that were edited inside Immich (3.x) with their edits, instead "
        "of untouched.",
    )


class FileOptions(MirrorOptions):
    """What a person chooses for a mirror whose items are files with paths."""

    template: str = Field(
        "{filename}",
        min_length=1,
        title="Path template",
        description="Where each file goes at the destination, such as {year}/{month}/{filename}.",
    )
    removals: Removals = Field(
        Removals.KEEP,
        title="Removed from the album",
        description="What happens to a file whose asset has left the album: keep it, or move it "
        "to a trash from where it can be restored.",
    )
    missing: Missing = Field(
        Missing.FETCH,
        title="Deleted at the destination",
        description="What happens when a person has deleted a mirrored file: fetch it again, or "
        "leave it out.",
    )
    sidecars: bool = Field(
        False,
        title="XMP sidecars",
        description="Write Immich's description, rating, tags and place beside each file, as "
        "FILENAME.xmp.",
    )

    @field_validator("removals")
    @classmethod
    def _keep_or_trash(cls, removals: Removals) -> Removals:
        if removals is Removals.REMOVE:
            raise ValueError("files are moved to a trash, never just removed: take keep or trash")
        return removals
