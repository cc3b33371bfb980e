"""What became of each asset that a call for several was about."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

_AS_WANTED = frozenset({"duplicate", "not_found"})


class Outcome(StrEnum):
    """What a call did to one asset: ``already`` is one that was as it should be before."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"


class IdsOrder(msgspec.Struct, rename="camel"):
    """The body of a call about several assets."""

    ids: list[str]


class ResultReply(msgspec.Struct, rename="camel"):
    """What became of one; ``error`` is ``duplicate``, ``not_found`` or ``no_permission``, say."""

    id: str
    success: bool
    error: str | None = None


def to_outcomes(replies: Iterable[ResultReply]) -> dict[str, Outcome]:
    """Return the outcome by asset id; of one that was named twice, what the first did."""
    outcomes: dict[str, Outcome] = {}
    for reply in replies:
        if reply.success:
            outcome = Outcome.DONE
        else:
            outcome = Outcome.ALREADY if reply.error in _AS_WANTED else Outcome.REFUSED
        outcomes.setdefault(reply.id, outcome)
    return outcomes
