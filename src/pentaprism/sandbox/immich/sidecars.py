"""What Immich does after a change of description, rating, place or tags.

It writes them into a sidecar beside the file and reads them back: that moves the asset's time, and
shortly after settles the values. What is changed meanwhile is overwritten (as 3.1.0 often does it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pentaprism.sandbox.immich.entities import Asset, Place
from pentaprism.sandbox.immich.library import Library

_DECIMALS = 6


@dataclass(slots=True)
class Sidecars:
    """The sidecars of one server; ``delay`` is how many seconds one takes, 0 none at all."""

    library: Library
    delay: float = 0.0
    _writing: dict[str, dict[str, Any]] = field(default_factory=dict)

    def change(self, asset: Asset, values: Mapping[str, Any]) -> None:
        """Give fields of an asset other ``values``, and write them when its reply is made."""
        for name, value in values.items():
            setattr(asset, name, value)
        self.library.forget(asset.id)

    def write(self, asset: Asset, values: Mapping[str, Any]) -> None:
        """Write what was changed; a field that is being written keeps what is written first."""
        if not values:
            return
        if not self.delay:
            self._move(asset)
            self._settle(asset, values)
            return
        writing = self._writing.setdefault(asset.id, {})
        fresh = {name: value for name, value in values.items() if name not in writing}
        writing.update(fresh)
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay / 2, self._move, asset)
        loop.call_later(self.delay, self._settle, asset, fresh)

    def _move(self, asset: Asset) -> None:
        if asset.id in self.library.assets:
            before = asset.updated
            self.library.touch(asset.id)
            asset.updated = max(asset.updated, before + 1)

    def _settle(self, asset: Asset, values: Mapping[str, Any]) -> None:
        writing = self._writing.get(asset.id, {})
        for name, value in values.items():
            writing.pop(name, None)
            setattr(asset, name, _settled(name, value))
        self.library.forget(asset.id)
        if asset.id in self.library.assets:
            self.library.tell("on_asset_update", asset.owner_id, asset.id)


def _settled(name: str, value: Any) -> Any:
    if name == "description":
        return value.strip()
    if name == "rating":
        return None if value == -1 else value
    if isinstance(value, Place):
        return _settled_place(value)
    return value


def _settled_place(place: Place) -> Place | None:
    if (place.latitude, place.longitude) == (0, 0):
        return None
    return replace(
        place,
        latitude=round(place.latitude, _DECIMALS),
        longitude=round(place.longitude, _DECIMALS),
    )
