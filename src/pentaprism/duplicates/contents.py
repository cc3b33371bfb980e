"""Which files have the same bytes.

Files of another size than all others are not read for it. Of equal ones one stands for all: it
alone is looked at, so that a thousand copies cost no more than one.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from pentaprism.duplicates.plain_files import Phase, PlainFile, Progress

type HashFiles = Callable[[Sequence[str]], Awaitable[list[bytes | OSError]]]
"""Tells the SHA-256 of files, as `pentaprism.hashing.hash_files_sha256` does."""

_AT_ONCE = 256
_BYTES_AT_ONCE = 1 << 30
_REASONS = {
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EINVAL: "not_a_file",
    errno.EBUSY: "changed",
}


def reason_of(error: OSError) -> str:
    """Return why a file could not be read, as in `Fingerprint.problem`, or ``changed``."""
    return _REASONS.get(error.errno or 0, "unreadable")


class Contents:
    """The bytes of files, which are known by their places in ``files``.

    ``digests`` are SHA-256; ``problems`` the reasons why there is none.
    """

    def __init__(self, files: Sequence[PlainFile], hash_files: HashFiles) -> None:
        self._files = files
        self._hash_files = hash_files
        self.digests: dict[int, bytes] = {}
        self.problems: dict[int, str] = {}
        self._first: dict[int, int] = {}
        self._classes: dict[int, list[int]] = {}

    async def compare(self, keys: Sequence[int], progress: Progress) -> None:
        """Find out which of ``keys``, in ascending order, have the same bytes."""
        sizes = Counter(self._files[key].size for key in keys)
        asked = [key for key in keys if sizes[self._files[key].size] > 1 and self._files[key].size]
        progress.begin(Phase.HASHING, len(asked))
        await self.hash(asked, progress)
        first: dict[bytes, int] = {}
        for key in asked:
            digest = self.digests.get(key)
            if digest is not None:
                one = first.setdefault(digest, key)
                if one != key:
                    self._first[key] = one
                    self._classes.setdefault(one, [one]).append(key)

    async def hash(self, keys: Iterable[int], progress: Progress) -> None:
        """Read files and note their digests."""
        for some in self._batches(keys):
            answers = await self._hash_files([self._files[key].path for key in some])
            for key, answer in zip(some, answers, strict=True):
                if isinstance(answer, OSError):
                    self.problems[key] = reason_of(answer)
                else:
                    self.digests[key] = answer
            progress.done += len(some)

    def _batches(self, keys: Iterable[int]) -> Iterator[list[int]]:
        """Yield ``keys`` in lists, of large files in short ones: after each progress is told."""
        some: list[int] = []
        size = 0
        for key in keys:
            some.append(key)
            size += self._files[key].size
            if len(some) == _AT_ONCE or size >= _BYTES_AT_ONCE:
                yield some
                some, size = [], 0
        if some:
            yield some

    def first(self, key: int) -> int:
        """Return the one that stands for all with the bytes of ``key``: the first of them."""
        return self._first.get(key, key)

    def equals(self, first: int) -> Sequence[int]:
        """Return all files that ``first`` stands for, itself included."""
        return self._classes.get(first, (first,))

    @property
    def repeated(self) -> Mapping[int, Sequence[int]]:
        """All sets of files with the same bytes, by their first ones."""
        return self._classes
