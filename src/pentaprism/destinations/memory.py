"""A destination in memory, on the same contract as the others; for tests.

It keeps files by path, as a folder does, and forgets them with the `MemoryPlace`, which outlives
the destinations that are opened on it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from pydantic import ConfigDict, Field

from pentaprism.assets import Album, Asset, Received
from pentaprism.destinations.base import (
    END,
    DestinationType,
    Features,
    Opening,
    Part,
    Position,
    Presence,
    RemoteAlbum,
    RemoteItem,
    Removal,
    Result,
    Shot,
    Staged,
)
from pentaprism.destinations.choices import FileOptions
from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError, PentaprismError

FEATURES = Features(
    removal=Removal.FROM_ALBUM,
    paths=True,
    survey=True,
    companions=True,
    sidecars=True,
    commit_batch=10,
    transfers=4,
    removed="moved to the trash",
)


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """One file: its bytes, and a time that says when it was written."""

    data: bytes
    mtime_ns: int


@dataclass(slots=True)
class MemoryPlace:
    """What a memory destination writes to; ``trash`` holds what was removed or replaced.

    ``mirror_id`` is its marker, ``locked`` tells whether it is in use.
    """

    files: dict[str, MemoryFile] = field(default_factory=dict)
    trash: list[tuple[str, MemoryFile]] = field(default_factory=list)
    mirror_id: str | None = None
    locked: bool = False


class MemoryOptions(FileOptions):
    """The name of a place in memory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(title="Name", description="Which of the places in memory.", min_length=1)


class Memory:
    """A mirror in a `MemoryPlace`."""

    def __init__(self, place: MemoryPlace, opening: Opening) -> None:
        self._place = place
        self._opening = opening
        self._holds_lock = False

    @property
    def features(self) -> Features:
        """What a place in memory can do."""
        return FEATURES

    def refusal(self, asset: Asset) -> PentaprismError | None:
        """Return None: any file is taken."""
        del asset
        return None

    async def check(self) -> None:
        """Lock the place, and prove that it is this mirror's."""
        place, mirror_id = self._place, self._opening.mirror_id
        if place.mirror_id is None and not self._opening.fresh:
            raise ActionRequiredError(
                "The place is empty.", code="not_mounted", hint="Start again there."
            )
        if place.mirror_id not in {None, mirror_id}:
            raise ActionRequiredError(
                f"The place belongs to the mirror {place.mirror_id}.",
                code="other_mirror",
                hint="Choose another place.",
            )
        if place.locked and not self._holds_lock:
            raise ConflictError("The place is in use.", code="locked", hint="Try again later.")
        place.mirror_id, place.locked, self._holds_lock = mirror_id, True, True

    async def ensure_album(self, known: RemoteAlbum | None, album: Album) -> RemoteAlbum:
        """Return the album that the place is."""
        return known or RemoteAlbum(self._opening.mirror_id, album.name)

    async def survey(
        self, album: RemoteAlbum, items: Sequence[RemoteItem], *, thorough: bool = False
    ) -> Sequence[Presence]:
        """Compare sizes and times with what was recorded; with ``thorough``, contents too."""
        del album
        return [self._presence(item, thorough=thorough) for item in items]

    async def stage(self, album: RemoteAlbum, shot: Shot) -> Staged:
        """Read all bytes of ``shot``, unless they are at their place already."""
        del album
        adopted = [self._look(part) for part in shot.parts]
        state: list[tuple[RemoteItem, bytes | None]] = []
        downloaded = 0
        for part, item in zip(shot.parts, adopted, strict=True):
            if item is not None:
                state.append((item, None))
                continue
            data, received = await _read(part)
            downloaded += 0 if part.data is not None else received.size
            instant = part.asset.taken_at if part.data is None else part.asset.updated_at
            mtime_ns = int(instant.timestamp()) * 1_000_000_000
            verified = received.verified
            new = RemoteItem(_path(part), received.size, mtime_ns, received.sha1, verified)
            state.append((new, data))
        pictures = [i for p, i in zip(shot.parts, adopted, strict=True) if p.data is None]
        is_adopted = bool(pictures) and all(pictures)
        return Staged(shot, downloaded, adopted=is_adopted, state=state)

    async def commit(
        self, album: RemoteAlbum, staged: Sequence[Staged], position: Position = END
    ) -> Sequence[Result]:
        """Make the bytes visible, each shot whole."""
        del album, position
        return [self._publish(shot) for shot in staged]

    async def discard(self, staged: Staged) -> None:
        """Forget the bytes."""
        staged.state.clear()

    async def remove(
        self, album: RemoteAlbum, shots: Sequence[Sequence[RemoteItem]]
    ) -> Sequence[Result]:
        """Move shots to the trash, each shot whole; an edited one stays."""
        del album
        return [self._remove(shot) for shot in shots]

    async def list(self, album: RemoteAlbum) -> AsyncIterator[RemoteItem]:
        """Yield every file with its hash."""
        del album
        for path, file in sorted(self._place.files.items()):
            yield RemoteItem(path, len(file.data), file.mtime_ns, _sha1(file.data))

    async def close(self) -> None:
        """Release the lock."""
        if self._holds_lock:
            self._place.locked = self._holds_lock = False

    def _presence(self, item: RemoteItem, *, thorough: bool) -> Presence:
        file = self._place.files.get(item.id)
        if file is None:
            return Presence.MISSING
        if not file.data and item.size:
            return Presence.DAMAGED
        same_size = item.size in {None, len(file.data)}
        same_sha1 = item.sha1 in {None, _sha1(file.data)}
        if file.mtime_ns == item.mtime_ns:
            whole = same_size and (same_sha1 or not thorough)
            return Presence.PRESENT if whole else Presence.DAMAGED
        return Presence.PRESENT if same_sha1 else Presence.EDITED

    def _look(self, part: Part) -> RemoteItem | None:
        """Return the item when the content is there already; None when its place is free."""
        path = _path(part)
        file = self._place.files.get(path)
        if file is None:
            return None
        sha1 = _sha1(file.data)
        checksum = part.asset.checksum
        if part.data == file.data:
            return RemoteItem(path, len(file.data), file.mtime_ns, sha1)
        if part.data is None and checksum.of_content and checksum.sha1 == sha1:
            return RemoteItem(path, len(file.data), file.mtime_ns, sha1, verified=True)
        self._refuse_to_replace(path, part.replaces)
        return None

    def _refuse_to_replace(self, path: str, ours: RemoteItem | None) -> None:
        if path not in self._place.files:
            return
        if ours is None or ours.id != path:
            raise ConflictError(f"Something else is at {path}.", code="target_taken")
        if self._presence(ours, thorough=False) is Presence.EDITED:
            raise ConflictError(f"{path} was edited by a person.", code="edited")

    def _publish(self, staged: Staged) -> Result:
        state: Sequence[tuple[RemoteItem, bytes | None]] = staged.state
        files = self._place.files
        new = [(item, data) for item, data in state if data is not None]
        try:
            for part, (item, data) in zip(staged.shot.parts, state, strict=True):
                if data is not None and files.get(item.id) != _file(item, data):
                    self._refuse_to_replace(item.id, part.replaces)
        except PentaprismError as error:
            return Result(error=error)
        for item, data in new:
            old = files.get(item.id)
            if old is not None and old.data != data:
                self._place.trash.append((item.id, old))
            files[item.id] = _file(item, data)
        return Result(items=tuple(item for item, _ in state))

    def _remove(self, shot: Sequence[RemoteItem]) -> Result:
        for item in shot:
            if self._presence(item, thorough=False) is Presence.EDITED:
                error = ConflictError(f"{item.id} was edited by a person.", code="edited")
                return Result(error=error)
        for item in shot:
            file = self._place.files.pop(item.id, None)
            if file is not None:
                self._place.trash.append((item.id, file))
        return Result()


def memory_type(places: dict[str, MemoryPlace]) -> DestinationType:
    """Return the kind of destination that writes to ``places``, which are made when missing."""

    def open_place(options: MemoryOptions, opening: Opening) -> Memory:
        return Memory(places.setdefault(options.name, MemoryPlace()), opening)

    return DestinationType(
        kind="memory",
        prefix="memory",
        label="Memory",
        options=MemoryOptions,
        features=FEATURES,
        open=open_place,
        from_spec=lambda spec: MemoryOptions(name=spec),
        place=lambda options: str(options.name),
    )


def _path(part: Part) -> str:
    if part.path is None:
        raise InvalidError(f"No path was chosen for {part.asset.filename!r}.", code="no_path")
    return str(part.path)


def _file(item: RemoteItem, data: bytes) -> MemoryFile:
    return MemoryFile(data, item.mtime_ns or 0)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


async def _read(part: Part) -> tuple[bytes, Received]:
    """Return the bytes of a part, read in a worker thread through a file without a name."""
    if part.data is not None:
        return part.data, Received(len(part.data), _sha1(part.data), verified=False)
    content = part.content
    if content is None:
        raise InvalidError(f"The part {part.path} has no content.", code="no_content")

    def download() -> tuple[bytes, Received]:
        with tempfile.TemporaryFile() as file:
            received = content.download_to(file.fileno(), lambda _: None)
            return os.pread(file.fileno(), received.size, 0), received

    return await asyncio.to_thread(download)
