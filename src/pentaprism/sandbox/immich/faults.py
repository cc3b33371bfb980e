"""Faults on demand: which requests go wrong, and how."""

from __future__ import annotations

import random
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "drop_before_headers",  # the connection breaks before the reply starts
    "drop",  # the connection breaks after ``after_bytes`` of the body
    "truncate",  # the body ends, and the connection closes, after ``after_bytes``
    "flip",  # one bit of the body is wrong, at ``after_bytes``
    "stall",  # the body stops for ``seconds`` after ``after_bytes``
    "slow",  # the reply starts after ``seconds``
    "status",  # an error with ``status``, and Retry-After if ``retry_after`` is given
    "html",  # 200 and a web page
    "maintenance",  # Immich's maintenance mode: 404, as for an unknown route
    "ignore_range",  # 200 and the whole file to a Range request
    "wrong_content_range",  # 206 with a Content-Range that is off by one
    "empty_listing",  # a search page without assets, and no next page
    "missing_page",  # the assets of a search page are left out
    "count_lies",  # assetCount is off by ``delta``
    "remove_between_pages",  # after a search page, its first asset leaves the albums searched
]

KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(slots=True)
class Fault:
    """A rule; every condition that is given must hold.

    ``route`` is the name of a route (``GET /sandbox/requests`` lists them), ``asset`` an asset id,
    ``page`` a page of a search. Of the requests that match, the first ``skip`` are spared; then
    each goes wrong with ``probability``, at most ``times`` of them (None: all). ``after_bytes``
    beyond the body means its last byte.
    """

    kind: Kind
    route: str | None = None
    asset: str | None = None
    page: int | None = None
    probability: float = 1.0
    skip: int = 0
    times: int | None = None
    after_bytes: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after: int | None = None
    delta: int = 1
    seed: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    fired: int = 0
    _seen: int = field(default=0, repr=False)
    _rng: random.Random | None = field(default=None, repr=False)

    def fires(self, route: str, asset: str | None, page: int | None) -> bool:
        """Say whether this request goes wrong, and count it."""
        given = ((self.route, route), (self.asset, asset), (self.page, page))
        if any(wanted is not None and wanted != actual for wanted, actual in given):
            return False
        self._seen += 1
        if self._seen <= self.skip or (self.times is not None and self.fired >= self.times):
            return False
        if self.probability < 1.0:
            self._rng = self._rng or random.Random(self.seed)
            if self._rng.random() >= self.probability:
                return False
        self.fired += 1
        return True


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, kind: Kind, **conditions: Any) -> Fault:
        """Add a rule and return it; ``fired`` tells later how often it struck.

        Raises `ValueError` for a kind or a condition that does not exist.
        """
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(KINDS)}.")
        try:
            fault = Fault(kind, **conditions)
        except TypeError as error:
            raise ValueError(str(error)) from error
        self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def remove(self, fault: Fault) -> None:
        """Remove one rule."""
        self._rules.remove(fault)

    def striking(self, route: str, asset: str | None, page: int | None) -> dict[str, Fault]:
        """Return the faults of this request by kind."""
        return {rule.kind: rule for rule in self._rules if rule.fires(route, asset, page)}

    def listed(self) -> list[dict[str, Any]]:
        """Return the rules as JSON."""
        return [
            {name: value for name, value in asdict(rule).items() if not name.startswith("_")}
            for rule in self._rules
        ]
