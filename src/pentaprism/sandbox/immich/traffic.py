"""Counts what was asked for and sent, by route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Count:
    """Requests of one route and the bytes of their bodies."""

    requests: int = 0
    bytes: int = 0


class Traffic:
    """Counters by route name."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names
        self.counts: dict[str, Count] = {}
        self.reset()

    def reset(self) -> None:
        """Set all counters to zero."""
        self.counts = {name: Count() for name in self.names}

    def of(self, name: str) -> Count:
        """Return the counters of a route; ``original`` counts downloads, ``search`` pages."""
        return self.counts.setdefault(name, Count())

    def listed(self) -> dict[str, Any]:
        """Return all counters as JSON."""
        return {
            name: {"requests": count.requests, "bytes": count.bytes}
            for name, count in self.counts.items()
        }
