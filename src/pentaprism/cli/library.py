"""``connect`` and ``albums``: what Immich has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pentaprism.cli.options import CaOption, JsonOption, KeyOption, UrlOption, opened, work
from pentaprism.cli.output import console, print_json, safe, table
from pentaprism.errors import InvalidError

WHAT_FOR = {
    "asset.view": "thumbnails",
    "server.about": "details of the server",
}


def connect(
    url: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="Address of the Immich server.")
    ] = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check an Immich server and an API key, and save them; the key is encrypted."""
    work(_connect(url, api_key, ca_file=ca_file, as_json=as_json))


async def _connect(
    url: str | None, api_key: str | None, *, ca_file: Path | None, as_json: bool
) -> None:

    async with opened(url, api_key, ca_file) as app:
        settings = app.settings
        address = settings.immich_url
        if address is None:
            raise InvalidError(
                "The address of the Immich server is missing.",
                code="usage",
                hint="Such as: pentaprism connect http://photos.local:2283",
            )
        secret = settings.immich_api_key
        key = secret.get_secret_value() if secret else typer.prompt("API key", hide_input=True)
        connection, preflight = await app.connect(address, key, ca_file=settings.immich_ca_file)
    if as_json:
        print_json(
            {
                "id": connection.id,
                "url": connection.url,
                "user": connection.user_name,
                "version": connection.server_version,
                "missing": sorted(preflight.missing),
            }
        )
        return
    console.print(
        f"Connected to Immich {connection.server_version} at {safe(connection.url)} "
        f"as {safe(connection.user_name)}."
    )
    for permission in sorted(preflight.missing):
        console.print(f"  The key lacks {permission} ({WHAT_FOR.get(permission, 'comfort')}).")
    console.print("Next: pentaprism albums")


def albums(
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the albums that the key's user owns or was given."""
    work(_albums(url, api_key, ca_file, as_json=as_json))


async def _albums(
    url: str | None, api_key: str | None, ca_file: Path | None, *, as_json: bool
) -> None:

    async with opened(url, api_key, ca_file) as app:
        connection = await app.connection()
        async with app.immich(connection) as client:
            found = sorted(await client.albums(), key=lambda album: album.name.casefold())
    if as_json:
        print_json(
            [
                {
                    "id": album.id,
                    "name": album.name,
                    "assets": album.asset_count,
                    "owner": album.owner_name,
                    "shared": album.shared,
                }
                for album in found
            ]
        )
        return
    if not found:
        console.print("This user has no albums yet. Make one in Immich first.")
        return
    shown = table("Album", "Assets", "Owner", "Id", right=["Assets"])
    for album in found:
        shown.add_row(safe(album.name), f"{album.asset_count:,}", safe(album.owner_name), album.id)
    console.print(shown)
