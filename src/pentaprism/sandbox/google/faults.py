"""Faults on demand: which requests go wrong, and how."""

from __future__ import annotations

import random
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "drop_before",  # the connection breaks before anything is done
    "drop_request",  # the connection breaks after ``after_bytes`` of the request's body
    "drop_reply",  # all is done, and the connection breaks before a byte of the reply
    "status",  # an error with ``status``; ``html`` makes its body a web page
    "rate_limit",  # 429 of the kind ``limit``: burst, concurrent or daily
    "unauthorized",  # 401: the access token has died
    "revoked",  # the person has withdrawn the right; all tokens are dead from now on
    "slow",  # the reply starts after ``seconds``
    "html",  # 200 and a web page
    "item_code",  # in batchCreate, the item with ``filename``, or at ``item``, fails with ``code``
]

KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(slots=True)
class Fault:
    """A rule; every condition that is given must hold.

    ``route`` is the name of a route (``GET /sandbox/requests`` lists them). Of the requests that
    match, the first ``skip`` are spared; then each goes wrong with ``probability``, at most
    ``times`` of them (None: all).
    """

    kind: Kind
    route: str | None = None
    probability: float = 1.0
    skip: int = 0
    times: int | None = None
    after_bytes: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after: int | None = None
    html: bool = False
    limit: Literal["burst", "concurrent", "daily"] = "burst"
    item: int | None = None
    filename: str | None = None
    code: int = 13
    message: str = "Failed: There was an error while trying to create this media item."
    seed: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    fired: int = 0
    _seen: int = field(default=0, repr=False)
    _rng: random.Random | None = field(default=None, repr=False)

    def fires(self, route: str) -> bool:
        """Say whether this request goes wrong, and count it."""
        if self.route not in {None, route}:
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

    def striking(self, route: str) -> dict[str, Fault]:
        """Return the faults of this request by kind."""
        return {rule.kind: rule for rule in self._rules if rule.fires(route)}

    def listed(self) -> list[dict[str, Any]]:
        """Return the rules as JSON."""
        return [
            {name: value for name, value in asdict(rule).items() if not name.startswith("_")}
            for rule in self._rules
        ]
