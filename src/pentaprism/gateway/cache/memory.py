"""Kept replies in the memory of this process, bounded in bytes."""

from __future__ import annotations

from collections.abc import Iterable

from cachetools import LRUCache

from pentaprism.gateway.cache.kept import Kept


class Memory:
    """The replies that were used last, as many as fit into ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._of_subject: dict[bytes, set[bytes]] = {}
        self._replies = _Bounded(most, self._of_subject)

    @property
    def entries(self) -> int:
        """How many replies are held."""
        return len(self._replies)

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return int(self._replies.currsize)

    def get(self, key: bytes) -> Kept | None:
        """Return the reply under ``key``, which counts as used by it."""
        try:
            return self._replies[key]
        except KeyError:
            return None

    def put(self, key: bytes, kept: Kept) -> bool:
        """Keep a reply in place of the one before; return whether it fits at all."""
        self.remove(key)
        if kept.size > self._replies.maxsize:
            return False
        self._replies[key] = kept
        self._of_subject.setdefault(kept.subject, set()).add(key)
        return True

    def remove(self, key: bytes) -> bool:
        """Forget the reply under ``key``; return whether there was one."""
        return self._replies.pop(key, None) is not None

    def drop(self, subjects: Iterable[bytes]) -> int:
        """Forget all replies of ``subjects``, whoever they were for; return how many."""
        keys = [key for subject in subjects for key in self._of_subject.get(subject, ())]
        for key in keys:
            del self._replies[key]
        return len(keys)

    def clear(self) -> int:
        """Forget all; return how many there were."""
        count = len(self._replies)
        self._replies.clear()
        self._of_subject.clear()
        return count


class _Bounded(LRUCache[bytes, Kept]):
    """Replies by their keys; each that goes, for want of room too, goes from its subject as well.

    cachetools takes out by ``del`` whatever it removes for want of room.
    """

    def __init__(self, most: int, of_subject: dict[bytes, set[bytes]]) -> None:
        super().__init__(most, lambda kept: kept.size)
        self._of_subject = of_subject

    def __delitem__(self, key: bytes) -> None:
        subject = self[key].subject
        super().__delitem__(key)
        keys = self._of_subject[subject]
        keys.discard(key)
        if not keys:
            del self._of_subject[subject]
