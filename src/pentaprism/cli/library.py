"""``connect`` and ``albums``: what Immich has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pentaprism.cli.options import CaOption, JsonOption, KeyOption, UrlOption, opened, work
from pentaprism.cli.output import is_narrow, print_json, print_table, safe, say, table
from pentaprism.errors import InvalidError

if TYPE_CHECKING:
    from rich.table import Table

    from pentaprism.assets import Album

WHAT_FOR = {
    "asset.view": "thumbnails; mirroring goes without",
    "server.about": "details of the server; mirroring goes without",
}
"""What each permission is for that is missed but not needed."""


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
        key = secret.get_secret_value() if secret else _ask_key()
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
    say(
        f"Connected to Immich {connection.server_version} at {safe(connection.url)} "
        f"as {safe(connection.user_name)}."
    )
    for permission in sorted(preflight.missing):
        say(f"The key lacks {permission}, which is for {WHAT_FOR[permission]}.", indent=2)
    say("Next: pentaprism albums")


def _ask_key() -> str:
    if not sys.stdin.isatty():
        raise InvalidError(
            "The API key is missing, and there is no terminal to ask for it.",
            code="no_connection",
            hint="Set IMMICH_API_KEY, or IMMICH_API_KEY_FILE to a file that holds it.",
        )
    return str(typer.prompt("API key (not shown)", hide_input=True, err=True))


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
        say("This user has no albums yet. Make one in Immich first.")
        return
    print_table(_table(found))


def _table(found: list[Album]) -> Table:
    """Return the albums as a table; ids are whole, because `mirror` takes nothing shorter."""
    if is_narrow():
        shown = table("Album", "Assets", "Id", right=["Assets"], whole=["Id"])
        for album in found:
            shown.add_row(safe(album.name), f"{album.asset_count:,}", album.id)
        return shown
    shown = table("Album", "Assets", "Owner", "Shared", "Id", right=["Assets"], whole=["Id"])
    for album in found:
        shared = "yes" if album.shared else ""
        count = f"{album.asset_count:,}"
        shown.add_row(safe(album.name), count, safe(album.owner_name), shared, album.id)
    return shown
