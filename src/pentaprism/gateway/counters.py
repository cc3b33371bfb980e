"""What the gateway counts while it works: plain numbers, so that counting costs next to nothing."""

from __future__ import annotations

from typing import Final

CLASSES: Final = 6
"""How many classes of status are told apart: none (nothing was answered), and 1xx to 5xx."""


class Counters:
    """Numbers that only grow while the gateway runs, and one that does not.

    ``passed`` and its neighbours are lists of `CLASSES` numbers of requests, one for each class of
    status: ``counters.passed[status // 100] += 1``; the first is for requests that ended without an
    answer. ``plain`` counts replies that were left as Immich made them although they were to be
    enriched, by why; ``upstream_errors`` what went wrong between here and Immich, by the code of
    the problem.
    """

    __slots__ = (
        "enriched",
        "events",
        "own",
        "passed",
        "plain",
        "upstream_errors",
        "websockets",
        "websockets_open",
    )

    def __init__(self) -> None:
        self.passed = [0] * CLASSES
        self.enriched = [0] * CLASSES
        self.own = [0] * CLASSES
        self.websockets = [0] * CLASSES
        self.websockets_open = 0
        self.events = 0
        self.plain: dict[str, int] = {}
        self.upstream_errors: dict[str, int] = {}

    def left_plain(self, why: str) -> None:
        """Count a reply that was not enriched because of ``why``, one of a few short names."""
        self.plain[why] = self.plain.get(why, 0) + 1

    def went_wrong(self, code: str) -> None:
        """Count a failure of the upstream by the code of its problem."""
        self.upstream_errors[code] = self.upstream_errors.get(code, 0) + 1
