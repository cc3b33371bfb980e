"""What the cache counts."""

from __future__ import annotations

from pentaprism.gateway.counters import CLASSES


class CacheCounts:
    """Numbers that only grow; ``answered`` and ``passed`` are by class of status, as in `Counters`.

    They count requests that were answered with what is kept, and those that Immich answered.

    Of requests that were looked up: ``hits`` were answered without asking Immich, ``stale`` after
    asking it whether what is kept still holds, ``misses`` by Immich. ``bypassed`` were not looked
    up, because of what they ask for.
    """

    __slots__ = (
        "answered",
        "bypassed",
        "dropped",
        "hits",
        "misses",
        "passed",
        "renewed",
        "shared_failed",
        "shared_hits",
        "shared_misses",
        "stale",
        "stored",
    )

    def __init__(self) -> None:
        self.answered = [0] * CLASSES
        self.passed = [0] * CLASSES
        self.hits = 0
        self.stale = 0
        self.misses = 0
        self.bypassed = 0
        self.stored = 0
        self.renewed = 0
        self.dropped = 0
        self.shared_hits = 0
        self.shared_misses = 0
        self.shared_failed = 0
