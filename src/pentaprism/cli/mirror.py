"""``mirror``: makes a destination equal to an album."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pentaprism.cli.options import (
    CaOption,
    GoogleUrlOption,
    JsonOption,
    KeyOption,
    UrlOption,
    WaitOption,
    YesOption,
    confirm,
    opened,
    work,
)
from pentaprism.cli.report import refuse_paused, run_and_report
from pentaprism.errors import InvalidError

if TYPE_CHECKING:
    from pentaprism.app import App
    from pentaprism.mirrors.definition import Definition
    from pentaprism.store.records import Mirror


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asked for."""

    album: str
    to: str
    options: dict[str, Any]
    dry_run: bool
    start_again: bool
    max_removals: int | None
    wait: bool
    as_json: bool


def mirror(
    album: Annotated[
        str, typer.Argument(metavar="ALBUM", help="An album's name, or its id if names repeat.")
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="The destination, such as folder:/photos/trip, or google-photos."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    removals: Annotated[
        Literal["keep", "trash", "remove"] | None,
        typer.Option(
            help="What happens to what was put for an asset that left the album: keep (at first), "
            "trash (folders), remove from the album (Google Photos).",
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(help="Where files go, such as {year}/{filename}; at first {filename}."),
    ] = None,
    missing: Annotated[
        Literal["fetch", "leave"] | None,
        typer.Option(
            help="What happens when you deleted a mirrored file; fetch at first.",
        ),
    ] = None,
    sidecars: Annotated[
        bool | None, typer.Option(help="Write XMP sidecars from Immich's description and tags.")
    ] = None,
    hard_links: Annotated[
        bool | None, typer.Option(help="Share equal files with other mirrors on the same disk.")
    ] = None,
    raw: Annotated[
        Literal["all", "primary", "raw"] | None,
        typer.Option(help="Which files of a shot are mirrored; all at first."),
    ] = None,
    edited: Annotated[
        bool | None, typer.Option(help="Take pictures edited inside Immich with their edits.")
    ] = None,
    min_free: Annotated[
        str | None,
        typer.Option(help="Space to leave free on the disk, such as 5GB; 100MiB at first."),
    ] = None,
    captions: Annotated[
        bool | None, typer.Option(help="Google Photos: send descriptions as captions; at first.")
    ] = None,
    motion_photos: Annotated[
        bool | None, typer.Option(help="Google Photos: send live photos with their video.")
    ] = None,
    write_dates: Annotated[
        bool | None,
        typer.Option(help="Google Photos: write missing dates into the copies that are sent."),
    ] = None,
    follow_title: Annotated[
        bool | None, typer.Option(help="Google Photos: rename the album when Immich's is renamed.")
    ] = None,
    album_text: Annotated[
        bool | None, typer.Option(help="Google Photos: begin the album with its description.")
    ] = None,
    max_removals: Annotated[
        int | None, typer.Option(min=0, help="Allow so many removals in this one run.")
    ] = None,
    start_again: Annotated[
        bool,
        typer.Option(
            "--start-again", help="Forget what was mirrored here, and fill the folder anew."
        ),
    ] = False,
    wait: WaitOption = False,
    google_url: GoogleUrlOption = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    ca_file: CaOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make a folder, or an album in Google Photos, equal to an Immich album.

    The same command again does only what changed.

    Options are remembered: what is not given stays as it was.
    """
    if start_again and dry_run:
        raise InvalidError(
            "--dry-run shows what a run would do to what is known; --start-again forgets it.",
            code="usage",
            hint="Give one of the two.",
        )
    if start_again:
        confirm(f"Forget what was mirrored to {to}? The files there stay.", yes=yes)
    options = {
        "removals": removals,
        "template": template,
        "missing": missing,
        "sidecars": sidecars,
        "hard_links": hard_links,
        "raw": raw,
        "edited": edited,
        "min_free": min_free,
        "captions": captions,
        "motion_photos": motion_photos,
        "write_dates": write_dates,
        "follow_title": follow_title,
        "album_text": album_text,
    }
    wish = _Wish(album, to, options, dry_run, start_again, max_removals, wait, as_json)
    return work(_mirror(wish, opened(url, api_key, ca_file, google_url=google_url)))


async def _mirror(wish: _Wish, opening: AbstractAsyncContextManager[App]) -> int:
    from pentaprism.app import RunOptions, find_album
    from pentaprism.cli.preview import show_plan

    options = RunOptions(max_removals=wish.max_removals)
    async with opening as app:
        connection = await app.connection()
        async with app.immich(connection) as client:
            album = await find_album(client, wish.album)
        definition = await app.definition(connection, album, wish.to, **wish.options)
        if wish.dry_run:
            return await show_plan(app, definition, connection, options, as_json=wish.as_json)
        target = await _target(definition, start_again=wish.start_again)
        return await run_and_report(
            app, target, connection, options, as_json=wish.as_json, wait=wish.wait
        )


async def _target(definition: Definition, *, start_again: bool) -> Mirror:
    """Return the mirror to run, made or brought up to date; a paused one is left as it is."""
    known = await definition.find()
    if known is not None:
        refuse_paused(known)
    return await (definition.start_again() if start_again else definition.save())
