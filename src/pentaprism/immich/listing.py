"""An album's contents, a page at a time, and the proof that nothing was missed.

Immich pages by offset: an asset that leaves the album during a listing makes the next page skip
one, silently, and one that joins makes a page repeat one. So a listing proves itself by its count.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b

from pentaprism.assets import Album, Asset, Visibility
from pentaprism.immich.conversion import to_asset
from pentaprism.immich.models import AssetPage

PAGE = 1000
"""Assets on a page; Immich allows no more."""

_MODULUS = 1 << 64
_UNCOUNTED = frozenset({Visibility.HIDDEN, Visibility.LOCKED})


@dataclass(frozen=True, slots=True)
class Proof:
    """What a listing that was read to its end has shown.

    ``listed`` counts distinct assets. ``expected`` is the album's ``assetCount``, read after the
    last page. ``fingerprint`` is an order-independent digest of the ids, so that two sweeps
    compare in constant memory. ``hidden`` counts the assets that are listed and not expected:
    Immich does not count a live photo's video that is itself in the album. ``steady`` tells that
    the album had the same count, and no additions, before the first page; without that an asset
    that left and one that was skipped for it cancel out.
    """

    listed: int
    expected: int
    fingerprint: int
    hidden: int = 0
    steady: bool = True

    @property
    def complete(self) -> bool:
        """Whether the count proves that nothing was missed."""
        return self.steady and self.listed - self.hidden == self.expected


class Listing:
    """An album's contents. Memory does not grow with the album.

    ``proof`` is None until the last page has been read; it may be read once.
    """

    def __init__(
        self,
        fetch: Callable[[int], Awaitable[AssetPage]],
        look: Callable[[], Awaitable[Album]],
    ) -> None:
        """Take what fetches a page by its number, from 1, and what reads the album itself."""
        self._fetch = fetch
        self._look = look
        self.proof: Proof | None = None

    async def pages(self) -> AsyncIterator[list[Asset]]:
        """Yield pages of assets, ascending by capture time, no asset twice.

        The next page is fetched while the caller works on this one. A shift between
        neighbouring pages repeats assets of the page before: those are left out.
        """
        tally = _Tally()
        before = await self._look()
        number = 1
        ahead = asyncio.ensure_future(self._fetch(number))
        try:
            while True:
                page = await ahead
                following = following_page(page.next_page, number)
                if following is not None:
                    number = following
                    ahead = asyncio.ensure_future(self._fetch(number))
                    await asyncio.sleep(0)  # lets the request out before this page takes the CPU
                assets = tally.add(page)
                if assets:
                    yield assets
                if following is None:
                    break
            self.proof = tally.proof(before, await self._look())
        finally:
            if not ahead.done():
                ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)


class _Tally:
    """Counts and fingerprints what is listed, remembering no more than two pages of ids."""

    def __init__(self) -> None:
        self._before: set[str] = set()
        self._listed = 0
        self._hidden = 0
        self._sum = 0

    def add(self, page: AssetPage) -> list[Asset]:
        """Count a page and return its assets that are new."""
        seen: set[str] = set()
        assets: list[Asset] = []
        for item in page.items:
            if item.id in seen or item.id in self._before:
                continue
            seen.add(item.id)
            asset = to_asset(item)
            assets.append(asset)
            self._sum += int.from_bytes(blake2b(item.id.encode(), digest_size=8).digest())
            self._hidden += asset.visibility in _UNCOUNTED or asset.is_trashed
        self._listed += len(assets)
        self._before = {item.id for item in page.items}
        return assets

    def proof(self, before: Album, after: Album) -> Proof:
        """Return what was counted, beside what the album said ``before`` and ``after``."""
        return Proof(
            self._listed,
            after.asset_count,
            self._sum % _MODULUS,
            self._hidden,
            # Additions move an album's time, removals its count.
            (before.asset_count, before.updated_at) == (after.asset_count, after.updated_at),
        )


def following_page(told: str | int | None, number: int) -> int | None:
    """Return the page after ``number`` that Immich told; one that does not lead on ends it all.

    (An album's count then falls short of what it should be, and the proof says so.)
    """
    try:
        following = int(told) if told is not None else 0
    except ValueError:
        return None
    return following if following > number else None
