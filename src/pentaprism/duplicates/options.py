"""How duplicates are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.duplicates.keeper_rules import KeeperRules


@dataclass(frozen=True, slots=True)
class Reach:
    """How far is looked: up to how many bits, and whether turned and mirrored copies count."""

    distance: int = 10
    symmetries: bool = False


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How duplicates are looked for.

    ``workers`` is how many processes look at pictures, None for half as many as there are cores.
    """

    rules: KeeperRules
    reach: Reach
    workers: int | None = None
