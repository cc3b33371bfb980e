"""Equal files: those of the same size are read, so that their bytes can be compared by hashes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import batched

from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress
from pentaprism.duplicates.sources import Sources
from pentaprism.hashing import Hashes
from pentaprism.store import Store
from pentaprism.store.digests import Digest
from pentaprism.store.fingerprint_records import Unfingerprinted

type HashFiles = Callable[[Sequence[str]], Awaitable[Sequence[Hashes | OSError]]]
"""Hashes files, as `pentaprism.hashing.hash_files` does."""

type Pause = Callable[[], Awaitable[None]]
"""Is called between two batches, and waits as long as others shall go first."""

_AT_ONCE = 32
"""Files that are hashed before what was found of them is written down."""


async def hash_equal_sizes(
    store: Store,
    sources: Sources,
    hash_files: HashFiles,
    progress: DuplicateProgress,
    pause: Pause,
) -> None:
    """Hash what may have the bytes of a new file; what cannot be read now is left for later.

    An asset of an external library is read from Immich for it, since Immich has no hash of its
    bytes.
    """
    ids = sources.ids
    progress.begin(DuplicatePhase.HASHING, await store.digests.count_wanted(ids))
    after = 0
    while files := await store.digests.wanted(ids, after=after):
        after = files[-1].row
        for some in batched(files, _AT_ONCE):
            await store.digests.record(await _hash(some, sources, hash_files, progress))
            progress.done += len(some)
            await pause()


async def hash_beside_equals(  # noqa: PLR0917 - what it works with
    store: Store,
    owner_id: str,
    sources: Sources,
    hash_files: HashFiles,
    progress: DuplicateProgress,
    pause: Pause,
) -> None:
    """Hash what is beside equal pictures, as sidecars are: whether nothing can be lost hangs on it.

    What cannot be read now is left for later.
    """
    after = 0
    while files := await store.digests.of_equals(owner_id, after=after):
        after = files[-1].row
        for some in batched(files, _AT_ONCE):
            await store.digests.record(await _hash(some, sources, hash_files, progress))
            await pause()


async def hash_for_verdict(
    store: Store, files: Sequence[Unfingerprinted], sources: Sources, hash_files: HashFiles
) -> None:
    """Hash files of roots that a person decides about, so that it counts for their bytes."""
    for some in batched(files, _AT_ONCE):
        await store.digests.record(await _hash(some, sources, hash_files, DuplicateProgress()))


async def _hash(
    files: Sequence[Unfingerprinted],
    sources: Sources,
    hash_files: HashFiles,
    progress: DuplicateProgress,
) -> list[Digest]:
    paths = {file: path for file in files if (path := sources.path(file)) is not None}
    answers = await hash_files(list(paths.values()))
    found = []
    for file, answer in zip(paths, answers, strict=True):
        if isinstance(answer, OSError):
            progress.problems += 1
        elif answer.size == file.size:  # else it has changed, and the next scan sees it
            digest = Digest(file.row, file.size, file.mtime_ns, answer.sha1, answer.sha256)
            found.append(digest)
    assets = [file for file in files if file.asset_id is not None]
    read = await sources.sha256_of(assets) if assets else {}
    found += [
        Digest(file.row, file.size, file.mtime_ns, None, read[file.row])
        for file in assets
        if file.row in read
    ]
    progress.hashed += len(found)
    return found
