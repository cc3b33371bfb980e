"""A bounded memory of what replies show of assets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from pentaprism.gateway.facts import NOTHING

_ENTRY = 140
"""About the bytes that an asset takes beside its text: its id, and its place in a dictionary."""

type _ByOwner = dict[str, dict[str, bytes]]


class KeptFacts:
    """The texts of assets as each owner sees them; those not used for longest go first.

    There are a younger and an older half: what is found in the older one moves to the younger one,
    and when that is full it becomes the older, whose place is given up. Looking up thus takes no
    more than a dictionary does. ``most_bytes`` bounds both together.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._young: _ByOwner = {}
        self._old: _ByOwner = {}
        self._size = 0

    def emptied(self) -> Self:
        """Return another one of the same size with nothing in it."""
        return type(self)(self._most)

    def look_up(self, owner_id: str, asset_ids: Sequence[str]) -> tuple[list[bytes], list[str]]:
        """Return what is kept of each asset, empty for those of which nothing is, and these."""
        young = self._young.get(owner_id)
        if young is not None:
            try:
                return [young[asset_id] for asset_id in asset_ids], []
            except KeyError:
                pass
        found = self._find(owner_id, asset_ids)
        return found, [one for one, text in zip(asset_ids, found, strict=True) if not text]

    def keep(self, owner_id: str, texts: Mapping[str, bytes]) -> None:
        """Keep ``texts`` by the ids of their assets."""
        young = self._young.setdefault(owner_id, {})
        for asset_id, text in texts.items():
            if asset_id not in young:
                young[asset_id] = text
                self._size += _ENTRY + (0 if text is NOTHING else len(text))
        if self._size > self._most // 2:
            self._old, self._young, self._size = self._young, {}, 0

    def _find(self, owner_id: str, asset_ids: Sequence[str]) -> list[bytes]:
        young = self._young.get(owner_id, {})
        old = self._old.get(owner_id, {})
        found = [young.get(one) or old.get(one, b"") for one in asset_ids]
        again = {
            one: text
            for one, text in zip(asset_ids, found, strict=True)
            if text and one not in young
        }
        if again:
            self.keep(owner_id, again)
        return found
