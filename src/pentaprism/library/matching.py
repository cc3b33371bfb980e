"""Which of Immich's assets are which files in the media folders: by path, then by SHA-1."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import batched, groupby, product

from pentaprism.hashing import Hashes
from pentaprism.store import Store
from pentaprism.store.library_records import Root, RootState
from pentaprism.store.twins import FileHashes, FilePlace, SameContent, Unhashed

_FILES_AT_ONCE = 64
"""Files that are hashed before what was found of them is written down."""

type HashFiles = Callable[[Sequence[str]], Awaitable[Sequence[Hashes | OSError]]]
"""Hashes files, by their paths, in order; a file that cannot be read is an error in its place."""


@dataclass(slots=True)
class Matched:
    """What matching has found.

    ``by_path`` and ``by_content`` count new twins, ``parted`` those that no longer are; ``hashed``
    files were read for it, and ``unread`` could not be.
    """

    by_path: int = 0
    by_content: int = 0
    parted: int = 0
    hashed: int = 0
    unread: int = 0


async def match(store: Store, connection_id: str, *, hash_files: HashFiles) -> Matched:
    """Find the twins of a connection's assets in the roots of its owner, and return how many.

    An asset of an external library is the file at its path, where a root says where this Immich
    sees it. Any other is a file with its SHA-1; files are hashed for that only where one has the
    size of an asset that is still without a twin. Twins that were found before are kept as long as
    they hold. Raises `NotFoundError` for a connection that is not there.
    """
    connection = await store.connections.get(connection_id)
    roots = await store.roots.list(connection.owner_id)
    return await _Matching(store, connection_id, roots, hash_files).run()


class _Matching:
    def __init__(
        self, store: Store, connection_id: str, roots: Sequence[Root], hash_files: HashFiles
    ) -> None:
        self._twins = store.library_assets.twins
        self._connection_id = connection_id
        self._roots = {root.id: root for root in roots}
        self._mapped = [
            (root, _plain(root.immich_path))
            for root in roots
            if root.connection_id == connection_id and root.immich_path
        ]
        self._hash_files = hash_files
        self._matched = Matched()

    async def run(self) -> Matched:
        """Match, and return what was found."""
        await self._part()
        if self._roots:
            await self._match_paths()
            await self._match_content()
            if await self._hash():
                await self._match_content()
        return self._matched

    async def _part(self) -> None:
        """Undo what no longer holds; it may find another twin then."""
        after = ""
        while links := await self._twins.doubtful(self._connection_id, after):
            after = links[-1].asset_id
            parted = [
                link.row
                for link in links
                if not link.present or not self._maps(link.folder, link.name, link.file)
            ]
            await self._twins.link(dict.fromkeys(parted))
            self._matched.parted += len(parted)

    def _maps(self, folder: str, name: str, file: FilePlace) -> bool:
        """Say whether the asset's path is that of the file, as Immich sees its root."""
        for root, base in self._mapped:
            if root.id == file.root_id:
                below = _below(base, folder)
                return below is not None and (below, _plain(name)) == (
                    _plain(file.folder),
                    _plain(file.name),
                )
        return False

    async def _match_paths(self) -> None:
        after = ""
        while self._mapped and (assets := await self._twins.unmatched(self._connection_id, after)):
            after = assets[-1].asset_id
            links: dict[int, int | None] = {}
            for root, base in self._mapped:
                wanted: dict[tuple[str, str], int] = {}
                for asset in assets:
                    below = _below(base, asset.folder)
                    if below is not None and asset.row not in links:
                        wanted |= dict.fromkeys(_forms(below, asset.name), asset.row)
                found = await self._twins.files_at(root.id, list(wanted))
                links |= {wanted[path]: row for path, row in found.items()}
            await self._twins.link(links)
            self._matched.by_path += len(links)

    async def _match_content(self) -> None:
        after = ""
        while pairs := await self._twins.same_content(
            self._connection_id, list(self._roots), after
        ):
            after = pairs[-1].asset_id
            links: dict[int, int | None] = {
                row: min(same, key=_preference).file.row
                for row, same in groupby(pairs, key=lambda pair: pair.row)
            }
            await self._twins.link(links)
            self._matched.by_content += len(links)

    async def _hash(self) -> int:
        """Hash the files that may be assets, and return how many that were."""
        present = [id_ for id_, root in self._roots.items() if root.state is RootState.PRESENT]
        before, after = self._matched.hashed, 0
        while files := await self._twins.unhashed(self._connection_id, present, after):
            after = files[-1].file.row
            for some in batched(files, _FILES_AT_ONCE):
                await self._hash_some(some)
        return self._matched.hashed - before

    async def _hash_some(self, files: Sequence[Unhashed]) -> None:
        answers = await self._hash_files([self._path(one.file) for one in files])
        found: list[FileHashes] = []
        for one, answer in zip(files, answers, strict=True):
            if isinstance(answer, OSError):
                self._matched.unread += 1
            elif answer.size == one.size:  # else it has changed, and the next scan sees it
                found.append(
                    FileHashes(one.file.row, one.size, one.mtime_ns, answer.sha1, answer.sha256)
                )
        await self._twins.hashed(found)
        self._matched.hashed += len(found)

    def _path(self, file: FilePlace) -> str:
        parts = (self._roots[file.root_id].path, file.folder, file.name)
        return "/".join(part for part in parts if part)


def _preference(pair: SameContent) -> tuple[bool, str, str, str]:
    """Sort the file with the asset's name to the front, then by path."""
    other_name = _plain(pair.name) != _plain(pair.file.name)
    return other_name, pair.file.folder, pair.file.name, pair.file.root_id


def _plain(path: str | None) -> str:
    """Return a path in one of its many forms: composed, without doubled or trailing slashes."""
    text = unicodedata.normalize("NFC", path or "")
    joined = "/".join(part for part in text.split("/") if part)
    return f"/{joined}" if text.startswith("/") else joined


def _below(base: str, folder: str) -> str | None:
    """Return where ``folder`` is below ``base``, "" for the same, None for elsewhere."""
    folder = _plain(folder)
    if folder == base:
        return ""
    start = base if base.endswith("/") else f"{base}/"
    return folder.removeprefix(start) if folder.startswith(start) else None


def _forms(folder: str, name: str) -> list[tuple[str, str]]:
    """Return the ways to write a path: file systems compose or decompose letters, or neither."""
    if folder.isascii() and name.isascii():
        return [(folder, name)]
    folders, names = (
        dict.fromkeys((text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))))
        for text in (folder, name)
    )
    return list(product(folders, names))
