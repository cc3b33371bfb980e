"""Faults on demand: which requests go wrong, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pentaprism.sandbox.rules import Rule, Rules

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
class Fault(Rule):
    """A rule; ``route`` is the name of a route (``GET /sandbox/requests`` lists them)."""

    kind: Kind
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


class Faults(Rules[Fault]):
    """The rules in force."""

    def __init__(self) -> None:
        super().__init__(Fault, KINDS)

    def add(self, kind: Kind, **conditions: Any) -> Fault:
        """Add a rule and return it; ``fired`` tells later how often it struck.

        Raises `ValueError` for a kind or a condition that does not exist.
        """
        return self.add_rule(kind, **conditions)

    def striking(self, route: str) -> dict[str, Fault]:
        """Return the faults of this request by kind."""
        found = self.matching(lambda rule: rule.route in {None, route})
        return {rule.kind: rule for rule in found}
