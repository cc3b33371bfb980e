"""Fixtures of these tests."""

from __future__ import annotations

import pytest

from pentaprism.logs import forget


@pytest.fixture(autouse=True)
def _nothing_hidden_yet() -> None:
    """What other tests have hidden is none of the secrets here."""
    forget()
