"""Rules for faults: which of the requests that match go wrong."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Rule:
    """Of the requests that match, the first ``skip`` are spared.

    Then each goes wrong with ``probability``, at most ``times`` of them (None: all). ``fired``
    counts those that did.
    """

    route: str | None = None
    probability: float = 1.0
    skip: int = 0
    times: int | None = None
    seed: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    fired: int = 0
    _seen: int = field(default=0, repr=False)
    _rng: random.Random | None = field(default=None, repr=False)

    def strikes(self) -> bool:
        """Say whether a request that matches goes wrong, and count it."""
        self._seen += 1
        if self._seen <= self.skip or (self.times is not None and self.fired >= self.times):
            return False
        if self.probability < 1.0:
            self._rng = self._rng or random.Random(self.seed)
            if self._rng.random() >= self.probability:
                return False
        self.fired += 1
        return True


class Rules[F: Rule]:
    """The rules in force."""

    def __init__(self, make: Callable[..., F], kinds: tuple[str, ...]) -> None:
        self._make = make
        self._kinds = kinds
        self._rules: list[F] = []

    def add_rule(self, kind: str, **conditions: Any) -> F:
        """Add a rule and return it.

        Raises `ValueError` for a kind or a condition that does not exist.
        """
        if kind not in self._kinds:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(self._kinds)}.")
        try:
            rule = self._make(kind, **conditions)
        except TypeError as error:
            raise ValueError(str(error)) from error
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def remove(self, rule: F) -> None:
        """Remove one rule."""
        self._rules.remove(rule)

    def matching(self, matches: Callable[[F], bool]) -> list[F]:
        """Return the rules that match a request and strike it."""
        return [rule for rule in self._rules if matches(rule) and rule.strikes()]

    def listed(self) -> list[dict[str, Any]]:
        """Return the rules as JSON."""
        return [
            {name: value for name, value in asdict(rule).items() if not name.startswith("_")}
            for rule in self._rules
        ]
