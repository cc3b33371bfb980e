"""What lies in a mirror's folder unrecorded: from before the mirror, or from a lost database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from pentaprism.assets import Asset
from pentaprism.destinations.base import RemoteItem
from pentaprism.mirrors.names import name_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAME_TIME = timedelta(seconds=2)  # FAT keeps no finer times


class Found:
    """Files with their hashes, by content and by the key of their path."""

    def __init__(self, items: Iterable[RemoteItem] = ()) -> None:
        self._by_content: defaultdict[bytes, list[PurePosixPath]] = defaultdict(list)
        self._by_key: defaultdict[str, list[RemoteItem]] = defaultdict(list)
        self._count = 0
        for item in sorted(items, key=lambda item: item.id):
            if item.sha1 is not None:
                self._by_content[item.sha1].append(PurePosixPath(item.id))
                self._by_key[name_key(item.id)].append(item)
                self._count += 1

    def __len__(self) -> int:
        """Return how many files there are."""
        return self._count

    def paths(self, asset: Asset) -> Sequence[PurePosixPath]:
        """Return where the content of ``asset`` lies, as far as Immich knows its hash."""
        return self._by_content.get(asset.checksum.sha1, ()) if asset.checksum.of_content else ()

    def admits(self, key: str, asset: Asset) -> bool:
        """Tell whether ``asset`` may claim a path: it is free, or what lies there may be ours."""
        items = self._by_key.get(key)
        return not items or any(_may_be(asset, item) for item in items)


def _may_be(asset: Asset, item: RemoteItem) -> bool:
    """Tell whether a file may be that of ``asset``: by its hash, or by its size and time."""
    if asset.checksum.of_content:
        return item.sha1 == asset.checksum.sha1
    if asset.exif is None or item.mtime_ns is None or item.size != asset.exif.size:
        return False
    return (
        abs(_EPOCH + timedelta(microseconds=item.mtime_ns // 1000) - asset.taken_at) <= _SAME_TIME
    )
