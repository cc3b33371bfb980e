"""The keeper: the shot of several alike that is proposed to be kept, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pentaprism.duplicates.criteria import Step, steps
from pentaprism.duplicates.keeper_rules import RULES, KeeperRules, load_keeper_rules
from pentaprism.duplicates.keeper_shots import KeeperFile, KeeperShot
from pentaprism.duplicates.reasons import Reason, ReasonCode, Whom, restored, sentence, stored

__all__ = [
    "RULES",
    "Choice",
    "KeeperFile",
    "KeeperRules",
    "KeeperShot",
    "Reason",
    "ReasonCode",
    "choose",
    "load_keeper_rules",
    "restored",
    "sentence",
    "stored",
]

MOST_REASONS = 5
"""How many reasons are told at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The proposed keeper by its key, and why; the reason that decided comes first."""

    key: int
    reasons: tuple[Reason, ...]


def choose(shots: Sequence[KeeperShot], rules: KeeperRules = RULES) -> Choice:
    """Return which of ``shots``, one at least and each with its own key, is proposed to be kept.

    The criteria of ``rules`` are asked one after the other; each leaves those that are best by it.
    The order of the shots makes no difference. A reason is told only where the keeper is better by
    it than one other shot at least.
    """
    left = sorted(shots, key=lambda shot: shot.key)
    every = steps(rules)
    decisive: list[Step] = []
    asked: set[int] = set()
    for place, step in enumerate(every):
        if len(left) == 1:
            break
        best = step.best(left)
        if len(best) < len(left):
            decisive.insert(0 if len(best) == 1 else len(decisive), step)
            asked.add(place)
        elif len(best) == len(shots):
            asked.add(place)  # by what leaves all of them none is better than another
        left = best
    keeper = left[0]
    others = sorted((shot for shot in shots if shot is not keeper), key=lambda shot: shot.key)
    merits = [step for place, step in enumerate(every) if not (step.last_resort or place in asked)]
    told: dict[ReasonCode, Reason] = {}
    for step in (*decisive, *merits):
        reason = _reason(step, keeper, others) if len(told) < MOST_REASONS else None
        if reason is not None:
            told.setdefault(reason.code, reason)
    return Choice(keeper.key, tuple(told.values()))


def _reason(step: Step, keeper: KeeperShot, others: Sequence[KeeperShot]) -> Reason | None:
    pairs = ((other, step.best((keeper, other))) for other in others)
    beaten = [other for other, best in pairs if len(best) == 1 and best[0] is keeper]
    if not beaten:
        return None
    whom = Whom.OTHER if len(others) == 1 else Whom.ALL
    if len(beaten) < len(others):
        whom = Whom.SOME
    return Reason(step.code, step.values(keeper, beaten), whom)
