"""Faults on demand: which requests go wrong, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pentaprism.sandbox.rules import Rule, Rules

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
class Fault(Rule):
    """A rule; every condition that is given must hold.

    ``route`` is the name of a route (``GET /sandbox/requests`` lists them), ``asset`` an asset id,
    ``page`` a page of a search. ``after_bytes`` beyond the body means its last byte.
    """

    kind: Kind
    asset: str | None = None
    page: int | None = None
    after_bytes: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after: int | None = None
    delta: int = 1


class Faults(Rules[Fault]):
    """The rules in force."""

    def __init__(self) -> None:
        super().__init__(Fault, KINDS)

    def add(self, kind: Kind, **conditions: Any) -> Fault:
        """Add a rule and return it; ``fired`` tells later how often it struck.

        Raises `ValueError` for a kind or a condition that does not exist.
        """
        return self.add_rule(kind, **conditions)

    def striking(self, route: str, asset: str | None, page: int | None) -> dict[str, Fault]:
        """Return the faults of this request by kind."""

        def matches(rule: Fault) -> bool:
            given = ((rule.route, route), (rule.asset, asset), (rule.page, page))
            return all(wanted in {None, actual} for wanted, actual in given)

        return {rule.kind: rule for rule in self.matching(matches)}
