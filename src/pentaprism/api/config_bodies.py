"""The bodies of ``/api/config``."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, SecretStr

from pentaprism.api.bodies import (
    ACCOUNT_ID,
    ALBUM_ID,
    CONNECTION_ID,
    MIRROR_ID,
    WHEN,
    Answer,
    Request,
    example,
)


class ImmichConfig(Request):
    """An Immich server and a key of one of its users."""

    model_config = Request.model_config | example(
        immich_url="http://immich.example.org:2283", immich_api_key="the-key-of-ann"
    )

    immich_url: str = Field(
        max_length=2000, description="The address, with or without /api at its end."
    )
    immich_api_key: SecretStr = Field(max_length=1000, description="An API key; never shown again.")


class ImmichTested(Answer):
    """What was found at an Immich server."""

    model_config = Answer.model_config | example(
        success=True,
        url="http://immich.example.org:2283",
        version="3.1.0",
        user="Ann",
        permissions=["album.read", "asset.read"],
        missing=[],
        message="Immich 3.1.0 answers, as Ann.",
    )

    success: bool = Field(description="Whether the key has all needed permissions.")
    url: str = Field(description="The address in its one true form.")
    version: str = Field(description="Immich's version.")
    user: str | None = Field(description="The key's user, where the key may tell.")
    permissions: list[str] = Field(description="The permissions that the key has.")
    missing: list[str] = Field(description="Permissions that it lacks, also for comfort alone.")
    message: str = Field(description="The same in a sentence.")


class ImmichSaved(ImmichTested):
    """What was found at an Immich server that is a connection now."""

    model_config = Answer.model_config | example(
        success=True,
        url="http://immich.example.org:2283",
        version="3.1.0",
        user="Ann",
        permissions=["album.read", "asset.read"],
        missing=[],
        message="Immich 3.1.0 answers, as Ann.",
        connection_id=CONNECTION_ID,
    )

    connection_id: str = Field(description="The connection.")


class AlbumConfig(Request):
    """An album that shall be mirrored to Google Photos."""

    model_config = Request.model_config | example(album_id=ALBUM_ID, album_name="Summer")

    album_id: str = Field(max_length=100, description="The album in Immich.")
    album_name: str | None = Field(
        None, max_length=1000, description="Its name; Immich's own is what counts."
    )
    account_id: str | None = Field(
        None, max_length=100, description="The Google account; without it, the only connected one."
    )
    mirror_id: str | None = Field(
        None, max_length=100, description="The mirror that is meant, if it is of this album."
    )


class AlbumChosen(Answer):
    """The mirror of an album."""

    model_config = Answer.model_config | example(
        success=True, mirror_id=MIRROR_ID, message="“Summer” is mirrored to Google Photos."
    )

    success: bool = Field(description="Always true.")
    mirror_id: str = Field(description="The mirror; the first one unless you name it elsewhere.")
    message: str = Field(description="The same in a sentence.")


class SyncConfig(Request):
    """Whether and how often a mirror runs by itself."""

    model_config = Request.model_config | example(enabled=True, interval_minutes=60)

    enabled: bool = Field(description="Whether it runs; false pauses it and keeps its schedule.")
    interval_minutes: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Minutes from one run to the next, 5 at least; without it, as before.",
    )
    mirror_id: str | None = Field(
        None, max_length=100, description="The mirror; without it, your first one."
    )


class SyncConfigured(Answer):
    """How a mirror runs by itself."""

    model_config = Answer.model_config | example(
        success=True,
        mirror_id=MIRROR_ID,
        enabled=True,
        interval_minutes=60,
        next_run_at=WHEN,
        message="“Summer” runs every 60 minutes.",
    )

    success: bool = Field(description="Always true.")
    mirror_id: str = Field(description="The mirror.")
    enabled: bool = Field(description="Whether it runs by itself.")
    interval_minutes: float | None = Field(description="Minutes between runs; null for none.")
    next_run_at: datetime | None = Field(description="When its next run is due.")
    message: str = Field(description="The same in a sentence.")


class ConfigStatus(Answer):
    """How far the set-up of a mirror is."""

    model_config = Answer.model_config | example(
        configured=True,
        immich_configured=True,
        immich_url="http://immich.example.org:2283",
        immich_user="Ann",
        immich_ok=True,
        google_connected=True,
        account_id=ACCOUNT_ID,
        album_configured=True,
        album_id=ALBUM_ID,
        album_name="Summer",
        mirror_id=MIRROR_ID,
        sync_enabled=True,
        interval_minutes=60,
        cron=None,
        next_run_at=WHEN,
    )

    configured: bool = Field(description="Whether there is a mirror that can run.")
    immich_configured: bool = Field(description="Whether you have a connection.")
    immich_url: str | None = Field(description="The address of Immich.")
    immich_user: str | None = Field(description="The user whose key is used.")
    immich_ok: bool | None = Field(description="Whether Immich answered last; null if not asked.")
    google_connected: bool = Field(description="Whether a Google account is connected.")
    account_id: str | None = Field(description="The connected account that is the oldest.")
    album_configured: bool = Field(description="Whether there is a mirror.")
    album_id: str | None = Field(description="The mirror's album.")
    album_name: str | None = Field(description="The name of that album.")
    mirror_id: str | None = Field(description="The mirror.")
    sync_enabled: bool = Field(description="Whether the mirror runs by itself.")
    interval_minutes: float | None = Field(description="Minutes between its runs.")
    cron: str | None = Field(description="Its cron expression, where it has one.")
    next_run_at: datetime | None = Field(description="When its next run is due.")
