"""Which mirror is meant by an album and a destination: one that exists, one that moved, a new one.

A folder says by its marker whose it is, so a folder that was moved is found again, and one whose
database was lost gets its mirror back under the same id.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from pydantic import ValidationError

from pentaprism.assets import Album
from pentaprism.destinations.base import DestinationType, Identity
from pentaprism.destinations.choices import FileOptions, MirrorOptions
from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError, NotFoundError
from pentaprism.mirrors.templates import parse_template
from pentaprism.store import Store
from pentaprism.store.records import JsonObject, Mirror


class Definition:
    """An album and a destination, on their way to being a mirror."""

    def __init__(
        self,
        store: Store,
        connection_id: str,
        album: Album,
        kind: DestinationType,
        *,
        options: MirrorOptions,
        given: JsonObject,
    ) -> None:
        self._store = store
        self._connection_id = connection_id
        self._album = album
        self._kind = kind
        self._place = kind.place(options)
        self._identity = kind.identify(options)
        self._options = options.model_dump(mode="json")
        self._where = options.model_dump(mode="json", exclude_unset=True)
        self._given = given
        self._merged(self._options)  # a wrong option is told before anything is looked up

    async def find(self) -> Mirror | None:
        """Return the mirror that exists for this, also when its place was moved here.

        Raises `ActionRequiredError` when the place belongs to another mirror.
        """
        mirror = await self._store.mirrors.find(
            self._connection_id, self._album.id, self._kind.kind, self._place
        )
        if mirror is not None:
            return mirror
        if self._kind.in_account:
            return None  # where other mirrors have room as well
        other = await self._store.mirrors.at_place(self._kind.kind, self._place)
        if other is not None:
            raise _belongs_to(self._place, await self._named(other))
        return await self._moved() if self._identity is not None else None

    async def save(self) -> Mirror:
        """Return the mirror for this, made or brought up to date."""
        mirror = await self.find()
        if mirror is not None:
            return await self._store.mirrors.update(
                mirror.id, place=self._place, options=self._merged(mirror.options)
            )
        try:
            return await self._create(self._options)
        except ConflictError:
            # Another process was first; whose run it is, its lock decides.
            made = await self.find()
            if made is None:
                raise
            return made

    async def _create(self, options: JsonObject) -> Mirror:
        return await self._store.mirrors.create(
            id=self._identity.mirror_id if self._identity else None,
            connection_id=self._connection_id,
            album_id=self._album.id,
            album_name=self._album.name,
            kind=self._kind.kind,
            place=self._place,
            options=self._merged(options),
        )

    async def start_again(self) -> Mirror:
        """Return a mirror that knows of nothing, in the place of one whose folder was lost.

        It has the options that the other one had.
        """
        mirror = await self.find()
        if mirror is None:
            return await self._create(self._options)
        options = self._merged(mirror.options)
        await self._store.mirrors.delete(mirror.id)
        return await self._create(options)

    async def draft(self, now: datetime) -> Mirror:
        """Return the mirror that `save` would return, without writing anything."""
        mirror = await self.find()
        if mirror is not None:
            return replace(mirror, place=self._place, options=self._merged(mirror.options))
        return Mirror(
            id=self._identity.mirror_id if self._identity else str(uuid4()),
            connection_id=self._connection_id,
            album_id=self._album.id,
            album_name=self._album.name,
            kind=self._kind.kind,
            place=self._place,
            options=self._merged(self._options),
            paused=False,
            remote_album_id=None,
            remote_album_title=None,
            created_at=now,
        )

    def _merged(self, options: JsonObject) -> JsonObject:
        """Return ``options`` with what was given now, at this place, checked."""
        named = {**options, **self._where, **self._given}
        try:
            checked = self._kind.options.model_validate(named)
        except ValidationError as error:
            wrong = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
            raise InvalidError(
                f"An option of the mirror is wrong: {wrong}.",
                code="options",
                hint="`pentaprism mirror --help` tells what each option takes.",
            ) from error
        if isinstance(checked, FileOptions):
            parse_template(checked.template)
        return checked.model_dump(mode="json")

    async def _moved(self) -> Mirror | None:
        """Return the mirror whose marked place lies here now; None if the database lost it."""
        identity = self._identity
        if identity is None:
            return None
        try:
            mirror = await self._store.mirrors.get(identity.mirror_id)
        except NotFoundError:
            if identity.album_id != self._album.id:
                raise _belongs_to(self._place, f"the album {identity.album_id}") from None
            return None
        if (mirror.album_id, mirror.connection_id) != (self._album.id, self._connection_id):
            raise _belongs_to(self._place, await self._named(mirror))
        if self._still_at(mirror, identity):
            raise ConflictError(
                f"{self._place} is a copy of {mirror.place}, which is still there.",
                code="copied_folder",
                hint=f"Delete the folder .pentaprism in {self._place} to make it a mirror of its "
                "own; its pictures are taken over without downloading them.",
            )
        return mirror

    async def _named(self, mirror: Mirror) -> str:
        """Return the album of ``mirror`` as the person may know it, who may be another one."""
        ours = await self._store.connections.get(self._connection_id)
        if await self._store.mirrors.owner_of(mirror.id) != ours.owner_id:
            return "an album of somebody else"
        return f"the album “{mirror.album_name}”"

    def _still_at(self, mirror: Mirror, identity: Identity) -> bool:
        before = self._kind.options.model_validate(mirror.options)
        return mirror.place != self._place and self._kind.identify(before) == identity


def _belongs_to(place: str, album: str) -> ActionRequiredError:
    return ActionRequiredError(
        f"{place} already belongs to the mirror of {album}.",
        code="other_mirror",
        hint="Choose another folder; `pentaprism mirrors` lists what there is.",
    )
