"""The folder as a destination: the contract on one side, worker threads on the other.

Shots are staged in as many threads as `FEATURES.transfers`. Commits, removals and surveys have one
thread of their own, so that they never wait for a long download, nor run at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from itertools import batched, islice

from pentaprism.assets import Album, Asset
from pentaprism.destinations.base import (
    END,
    DestinationType,
    Features,
    Identity,
    Opening,
    Position,
    Presence,
    RemoteAlbum,
    RemoteItem,
    Removal,
    Result,
    Shot,
    Staged,
)
from pentaprism.destinations.local_folder.faults import explain
from pentaprism.destinations.local_folder.listing import add_hash, walk
from pentaprism.destinations.local_folder.marker import read_marker
from pentaprism.destinations.local_folder.opening import OpenFolder, check_marker, open_folder
from pentaprism.destinations.local_folder.options import FolderOptions, from_spec, place
from pentaprism.destinations.local_folder.publication import publish
from pentaprism.destinations.local_folder.survey import look, survey
from pentaprism.destinations.local_folder.threads import Threads
from pentaprism.destinations.local_folder.trash import Trash
from pentaprism.errors import ConflictError, PentaprismError

_THREADS = 8
"""How many files are downloaded at once."""

FEATURES = Features(
    removal=Removal.FROM_ALBUM,
    paths=True,
    survey=True,
    companions=True,
    sidecars=True,
    commit_batch=50,
    transfers=2 * _THREADS,  # so that a thread always finds the next shot waiting
    removed="moved to the folder's trash",
)

_LISTED_AT_ONCE = 64


def local_today() -> date:
    """Return the day it is where this computer is."""
    return datetime.now().astimezone().date()


class LocalFolder:
    """A folder that is kept equal to an album; `check` opens it, `close` releases it."""

    def __init__(
        self,
        options: FolderOptions,
        opening: Opening,
        *,
        today: Callable[[], date] = local_today,
    ) -> None:
        self._options = options
        self._opening = opening
        self._today = today
        self._opened: OpenFolder | None = None
        self._transfers = Threads(_THREADS, "folder-transfer")
        self._writer = ThreadPoolExecutor(1, "folder-writer")

    @property
    def features(self) -> Features:
        """What a folder can do."""
        return FEATURES

    @property
    def trash(self) -> Trash:
        """The folder's trash; its methods block, and need `check` before."""
        return self._use().trash

    def refusal(self, asset: Asset) -> PentaprismError | None:
        """Return None: any file is taken."""
        del asset
        return None

    async def check(self) -> None:
        """Open the folder, prove that it is this mirror's, lock it, and clear what a kill left."""
        await self._write(self._check)

    async def ensure_album(self, known: RemoteAlbum | None, album: Album) -> RemoteAlbum:
        """Return the album that the folder is; it keeps the title that it was made with."""
        return known or RemoteAlbum(self._opening.mirror_id, album.name)

    async def survey(
        self, album: RemoteAlbum, items: Sequence[RemoteItem], *, thorough: bool = False
    ) -> Sequence[Presence]:
        """Compare sizes and times with what was recorded; a touched file gets its time back.

        With ``thorough`` all contents are read, in as many threads as there are.
        """
        del album
        tree = self._use().tree
        if not thorough:
            return await self._write(lambda: survey(tree, items, thorough=False))
        read = partial(survey, tree, thorough=True)
        answers = await self._transfer(read, [list(batch) for batch in batched(items, 16)])
        return [presence for answer in answers for presence in answer]

    async def stage(self, album: RemoteAlbum, shot: Shot) -> Staged:
        """Write all files of ``shot`` to the temporary folder, durably, or none."""
        del album
        staging = self._use().staging
        return await self._transfers.run(partial(staging.stage, shot))

    async def commit(
        self, album: RemoteAlbum, staged: Sequence[Staged], position: Position = END
    ) -> Sequence[Result]:
        """Rename staged files to their places and bring the names to the disk."""
        del album, position  # a folder has no order but that of its names
        opened = self._use()
        return await self._write(
            lambda: publish(opened.tree, opened.trash, opened.tmp, opened.flush, staged)
        )

    async def discard(self, staged: Staged) -> None:
        """Delete the temporary files of a shot."""
        staging = self._use().staging
        await self._write(lambda: staging.discard(staged.state))

    async def remove(
        self, album: RemoteAlbum, shots: Sequence[Sequence[RemoteItem]]
    ) -> Sequence[Result]:
        """Move the files of shots to the trash, each shot whole; an edited one stays whole."""
        del album
        opened = self._use()
        return await self._write(lambda: [_remove(opened, shot) for shot in shots])

    async def list(self, album: RemoteAlbum) -> AsyncIterator[RemoteItem]:
        """Yield every file with its hash; one that cannot be read has none (see `walk`)."""
        del album
        tree = self._use().tree
        files = walk(tree)
        while batch := await self._write(lambda: list(islice(files, _LISTED_AT_ONCE))):
            for item in await self._transfer(partial(add_hash, tree), batch):
                if item is not None:
                    yield item

    async def close(self) -> None:
        """Wait for the threads, delete what is temporary, and release the lock."""
        await asyncio.to_thread(self._close)

    async def _write[T](self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _transfer[T, R](self, work: Callable[[T], R], things: Sequence[T]) -> Sequence[R]:
        return await asyncio.gather(
            *(self._transfers.run(partial(work, thing)) for thing in things)
        )

    def _use(self) -> OpenFolder:
        if self._opened is None:
            raise RuntimeError("the folder is not open: call check() first")
        return self._opened

    def _close(self) -> None:
        self._transfers.close()
        self._writer.shutdown(cancel_futures=True)
        if self._opened is not None:
            opened, self._opened = self._opened, None
            opened.close()

    def _check(self) -> None:
        if self._opened is None:
            self._opened = open_folder(self._options, self._opening, self._today)
        else:
            check_marker(self._options.path, self._opening)


def _remove(opened: OpenFolder, shot: Sequence[RemoteItem]) -> Result:
    """Move one shot to the trash, whole, unless a person has edited a file of it."""
    try:
        presences = [(item, look(opened.tree, item)) for item in shot]
        for item, presence in presences:
            if presence is Presence.EDITED:
                raise ConflictError(
                    f"{item.id} was edited by a person; it is kept where it is.",
                    code="edited",
                    hint="Delete it yourself when it is not wanted any more.",
                )
        there = [item.id for item, presence in presences if presence is not Presence.MISSING]
        opened.trash.move(there)
    except OSError as error:
        return Result(error=explain(error, shot[0].id if shot else ""))
    except PentaprismError as error:
        return Result(error=error)
    for path in there:
        opened.tree.prune(tuple(path.split("/")[:-1]))
    return Result()


def identify(options: FolderOptions) -> Identity | None:
    """Return whose folder it is by its marker; None without one."""
    marker = read_marker(options.path)
    return Identity(marker.mirror_id, marker.album_id) if marker else None


LOCAL_FOLDER = DestinationType(
    kind="local_folder",
    prefix="folder",
    label="Folder",
    options=FolderOptions,
    features=FEATURES,
    open=LocalFolder,
    from_spec=from_spec,
    place=place,
    identify=identify,
)
"""The kind of destination that a folder is."""
