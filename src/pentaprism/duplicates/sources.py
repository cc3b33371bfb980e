"""Where the pictures of a person are: in folders that are there, and at Immich where it answers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pentaprism.duplicates.progress import DuplicateProgress
from pentaprism.errors import PentaprismError, PermanentError
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.groups.files import Kind
from pentaprism.immich import ImmichClient
from pentaprism.store import Connection, Store
from pentaprism.store.fingerprint_records import Unfingerprinted
from pentaprism.store.library_records import Root, RootState

log = logging.getLogger(__name__)

type OpenImmich = Callable[[Connection], ImmichClient]

_AT_ONCE = 4
"""Pictures that are asked of one Immich at the same time: people look at theirs meanwhile."""


@dataclass(slots=True, eq=False)
class _Server:
    connection: Connection
    client: ImmichClient
    turns: asyncio.Semaphore


class Sources:
    """The roots and connections of a person; use it with ``async with``.

    `ids` are those that can be read now. An Immich that does not answer, or refuses, is left alone
    from then on; ``progress`` says why.
    """

    def __init__(
        self, store: Store, owner_id: str, open_immich: OpenImmich, progress: DuplicateProgress
    ) -> None:
        self._store = store
        self._owner_id = owner_id
        self._open = open_immich
        self._progress = progress
        self._resources = AsyncExitStack()
        self._roots: dict[str, Root] = {}
        self._servers: dict[str, _Server] = {}
        self.every: tuple[str, ...] = ()

    async def __aenter__(self) -> Self:
        """Find out what there is; nothing is asked of Immich yet."""
        roots = await self._store.roots.list(self._owner_id)
        connections = await self._store.connections.list(self._owner_id)
        self.every = (*(root.id for root in roots), *(one.id for one in connections))
        for root in roots:
            if root.state is RootState.AWAY:
                self._progress.wait_for(f"The folder {root.name} is away: {root.reason or ''}")
            else:
                self._roots[root.id] = root
        for connection in connections:
            client = await self._resources.enter_async_context(self._open(connection))
            self._servers[connection.id] = _Server(connection, client, asyncio.Semaphore(_AT_ONCE))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._resources.aclose()

    @property
    def ids(self) -> list[str]:
        """The ids of the roots and connections that can be read now."""
        return [*self._roots, *self._servers]

    @property
    def connections(self) -> list[Connection]:
        """The connections of which Immich answers, as far as is known."""
        return [server.connection for server in self._servers.values()]

    def path(self, file: Unfingerprinted) -> str | None:
        """Return where a file of a root is on this machine, None for an asset."""
        root = self._roots.get(file.root_id or "")
        if root is None:
            return None
        return f"{root.path.rstrip('/')}/{file.path}"

    @asynccontextmanager
    async def pictures(
        self, files: Iterable[Unfingerprinted]
    ) -> AsyncIterator[Mapping[int, PictureFile]]:
        """Lend what can be looked at of ``files``, by their rows.

        Files of roots are looked at where they are. Of an asset Immich's preview is brought here
        for as long as the context lasts. What cannot be had now is left out.
        """
        found: dict[int, PictureFile] = {}
        assets: list[Unfingerprinted] = []
        for file in files:
            path = self.path(file)
            if path is not None:
                found[file.row] = PictureFile(path, file.kind)
            elif file.connection_id in self._servers:
                assets.append(file)
        if not assets:
            yield found
            return
        with tempfile.TemporaryDirectory(prefix="pentaprism-") as folder:
            previews = await asyncio.gather(*(self._preview(one, folder) for one in assets))
            found.update(
                (file.row, preview)
                for file, preview in zip(assets, previews, strict=True)
                if preview is not None
            )
            yield found

    async def sha256_of(self, files: Sequence[Unfingerprinted]) -> dict[int, bytes]:
        """Read assets to their ends, one after the other, and return the hashes of those that go.

        Nothing is written to a disk.
        """
        found: dict[int, bytes] = {}
        for file in files:
            digest = await self._ask(file, _sha256)
            if digest is not None:
                found[file.row] = digest
        return found

    async def _preview(self, file: Unfingerprinted, folder: str) -> PictureFile | None:
        data = await self._ask(file, _preview)
        if data is None:
            return None
        path = os.path.join(folder, str(file.row))
        await asyncio.to_thread(Path(path).write_bytes, data)
        return PictureFile(path, Kind.IMAGE, Origin.PREVIEW)

    async def _ask[T](
        self, file: Unfingerprinted, ask: Callable[[ImmichClient, str], Awaitable[T | None]]
    ) -> T | None:
        """Return the answer of the Immich of an asset, None where it cannot be had now."""
        asset_id = file.asset_id or ""
        return await self.ask(file.connection_id or "", lambda client: ask(client, asset_id))

    async def ask[T](
        self,
        connection_id: str,
        ask: Callable[[ImmichClient], Awaitable[T | None]],
        what: str = "The assets",
    ) -> T | None:
        """Return the answer of an Immich, None where it cannot be had now.

        ``what`` is left for later then, as ``progress`` says.
        """
        server = self._servers.get(connection_id)
        if server is None:
            return None
        async with server.turns:
            if server.connection.id not in self._servers:
                return None
            try:
                return await ask(server.client)
            except PermanentError as error:
                log.debug("%s: %s", server.connection.name, error)
            except PentaprismError as error:
                self._servers.pop(server.connection.id, None)
                name = server.connection.name
                self._progress.wait_for(f"{what} of {name} are left for later: {error}")
        return None


async def _preview(client: ImmichClient, asset_id: str) -> bytes | None:
    found = await client.thumbnail(asset_id, "preview")
    return None if found is None else found.data


async def _sha256(client: ImmichClient, asset_id: str) -> bytes:
    content = client.content(await client.asset(asset_id))
    digest = hashlib.sha256()
    async for piece in content.stream():
        digest.update(piece)
    return digest.digest()
