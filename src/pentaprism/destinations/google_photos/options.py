"""The options of a mirror to Google Photos: the form, the checks and the docs come from these."""

from __future__ import annotations

from pydantic import Field, field_validator

from pentaprism.destinations.choices import MirrorOptions, Removals


class GooglePhotosOptions(MirrorOptions):
    """Which account a mirror fills, and how."""

    account: str = Field(
        title="Account",
        description="The connected Google account: its id, name or e-mail address; the only one "
        "where nothing is given.",
    )
    removals: Removals = Field(
        Removals.KEEP,
        title="Removed from the album",
        description="What happens to a photo whose asset has left the album: keep it, or remove it "
        "from the album at Google; in the account it stays either way. Removing needs an account "
        "that was connected with --removals.",
    )
    captions: bool = Field(
        True,
        title="Captions",
        description="Send Immich's description of each asset as its caption.",
    )
    motion_photos: bool = Field(
        False,
        title="Motion photos",
        description="Send a live photo as one Motion Photo file, which Google plays, instead of "
        "its still alone.",
    )
    write_dates: bool = Field(
        False,
        title="Missing dates",
        description="Where a JPEG or PNG has no date of capture, write the one Immich knows into "
        "the copy that is sent; else Google takes the day of the upload.",
    )
    follow_title: bool = Field(
        False,
        title="Follow the title",
        description="Rename the album at Google when it is renamed in Immich. Needs an account "
        "that was connected with --removals.",
    )
    album_text: bool = Field(
        False,
        title="Description of the album",
        description="Put the album's description in Immich as a text at the start of the album "
        "when it is made at Google.",
    )

    @field_validator("removals")
    @classmethod
    def _keep_or_remove(cls, removals: Removals) -> Removals:
        if removals is Removals.TRASH:
            raise ValueError("Google gives apps no trash: take keep or remove")
        return removals


def from_spec(spec: str) -> GooglePhotosOptions:
    """Return the options for what stands behind ``google-photos:``; nothing means the account."""
    return GooglePhotosOptions(account=spec)


def place(options: GooglePhotosOptions) -> str:
    """Return the account."""
    return options.account
