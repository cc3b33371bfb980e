"""What a signed-in person may make: mirrors and roots, new ones from a form, and changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pentaprism.app import App
from pentaprism.assets import Album
from pentaprism.destinations.base import DestinationType
from pentaprism.destinations.choices import FileOptions, MirrorOptions
from pentaprism.destinations.google_photos.options import GooglePhotosOptions
from pentaprism.destinations.local_folder.options import FolderOptions
from pentaprism.destinations.registry import by_kind
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.mirrors.definition import Definition
from pentaprism.mirrors.templates import parse_template
from pentaprism.store import Person, not_found
from pentaprism.store.library_records import Root
from pentaprism.store.records import Connection, Mirror

FIXED = frozenset({"path", "account"})
"""The options that say where a mirror is, which is never changed: another place, another mirror."""


class OptionsError(InvalidError):
    """Options of a mirror are wrong; ``fields`` says of each one what."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        wrong = "; ".join(f"{name}: {why}" for name, why in fields.items())
        super().__init__(
            f"Some options are wrong: {wrong}.", code="options", hint="Mend them and try again."
        )
        self.fields = fields


def check_options(kind: DestinationType, values: Mapping[str, Any]) -> MirrorOptions:
    """Return the options that ``values`` are; raises `OptionsError`."""
    try:
        options = kind.options.model_validate(dict(values))
    except ValidationError as error:
        fields: dict[str, str] = {}
        for wrong in error.errors(include_input=False, include_url=False):
            name = str(wrong["loc"][0]) if wrong["loc"] else "options"
            fields.setdefault(name, wrong["msg"].removeprefix("Value error, "))
        raise OptionsError(fields) from error
    if isinstance(options, FileOptions):
        try:
            parse_template(options.template)
        except InvalidError as error:
            raise OptionsError({"template": f"{error.message} {error.hint}".strip()}) from error
    return options


async def define(
    app: App,
    person: Person,
    *,
    connection: Connection,
    album: Album,
    kind: str,
    values: Mapping[str, Any],
) -> Definition:
    """Return what mirror ``person`` means; `Definition.save` makes it.

    Raises `OptionsError`, and `InvalidError` for a folder that the person may not fill.
    """
    chosen = by_kind(kind)
    options = check_options(chosen, values)
    await _check_place(app, person, options)
    # It looks at the folder, whose disk may hang.
    return await asyncio.to_thread(
        Definition, app.store, connection.id, album, chosen, options=options, given=dict(values)
    )


async def reconfigure(app: App, mirror: Mirror, values: Mapping[str, Any]) -> Mirror:
    """Change options of ``mirror``; where it is stays. Raises `OptionsError`."""
    kind = by_kind(mirror.kind)
    wanted = {name: value for name, value in values.items() if name not in FIXED}
    options = check_options(kind, mirror.options | wanted)
    return await app.store.mirrors.update(mirror.id, options=options.model_dump(mode="json"))


async def _check_place(app: App, person: Person, options: MirrorOptions) -> None:
    if isinstance(options, GooglePhotosOptions):
        accounts = await app.store.accounts.list(person.id)
        if options.account not in {account.id for account in accounts}:
            raise OptionsError({"account": "choose one of the connected accounts"})
    elif isinstance(options, FolderOptions) and not person.is_admin:
        allowed = app.settings.mirror_folders
        if not await asyncio.to_thread(_lies_in, options.path, allowed):
            raise OptionsError({"path": _where_allowed(allowed)})


def _lies_in(path: Path, folders: Sequence[Path], *, itself: bool = False) -> bool:
    """Tell whether ``path``, with its links resolved, lies below one of ``folders``.

    ``itself`` counts each of them, too.
    """
    real = os.path.realpath(path)
    return any(
        os.path.commonpath([real, top]) == top and (itself or real != top)
        for top in (os.path.realpath(folder) for folder in folders)
    )


def _where_allowed(folders: Sequence[Path]) -> str:
    if not folders:
        return (
            "only an admin may fill folders of this server; MIRROR_FOLDERS names folders in which "
            "everybody may"
        )
    return f"choose a folder inside {', '.join(str(folder) for folder in folders)}"


async def own_mirror(app: App, person: Person, mirror_id: str) -> Mirror:
    """Return a mirror of ``person``; raises `NotFoundError` for one of somebody else as well."""
    mirror = await app.store.mirrors.get(mirror_id)
    connection = await app.mirror_connection(mirror)
    if connection.owner_id != person.id:
        raise not_found("mirror", mirror_id)
    return mirror


async def own_connection(app: App, person: Person, connection_id: str) -> Connection:
    """Return a connection of ``person``; raises `NotFoundError` for one of somebody else."""
    connection = await app.store.connections.get(connection_id)
    if connection.owner_id != person.id:
        raise not_found("connection", connection_id)
    return connection


async def own_root(app: App, person: Person, root_id: str) -> Root:
    """Return a root of ``person``; raises `NotFoundError` for one of somebody else as well."""
    root = await app.store.roots.get(root_id)
    if root.owner_id != person.id:
        raise NotFoundError(
            f"There is no folder {root_id}.",
            code="root_not_found",
            hint="The page of the folders lists yours.",
        )
    return root


async def check_media_folder(app: App, person: Person, path: str) -> str:
    """Return the folder that ``person`` may have indexed, with its links resolved.

    Raises `InvalidError` with code ``folder`` for what is none, or is none of theirs to show. Who
    may not have it learns nothing of what there is.
    """
    return await asyncio.to_thread(_check_media_folder, app, person, path)


def _check_media_folder(app: App, person: Person, path: str) -> str:
    if "\0" in path or not os.path.isabs(path):
        raise _no_media_folder("Give the whole path of the folder, such as /photos.")
    allowed = app.settings.media_folders
    if not person.is_admin and not _lies_in(Path(path), allowed, itself=True):
        raise _no_media_folder(
            f"Choose a folder inside {', '.join(str(folder) for folder in allowed)}."
            if allowed
            else "Only an admin may have folders of this server indexed; MEDIA_FOLDERS names "
            "folders in which everybody may."
        )
    real = os.path.realpath(path)
    if real == os.path.realpath(app.settings.database_path.parent):
        raise _no_media_folder("This is the folder of Pentaprism's own database.")
    try:
        os.scandir(real).close()
    except OSError as error:
        raise _no_media_folder(f"{path} cannot be listed: {error.strerror}.") from error
    return real


def _no_media_folder(why: str) -> InvalidError:
    return InvalidError(why, code="folder", hint="Give a folder of the machine that serves this.")
