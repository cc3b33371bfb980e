"""What holds for all tests of the gateway."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def usual_levels() -> Iterator[None]:
    """Let a test see the lines that it would see alone, whatever another one has configured."""
    loggers = (logging.getLogger(), logging.getLogger("pentaprism"))
    before = [logger.level for logger in loggers]
    for logger, level in zip(loggers, (logging.WARNING, logging.NOTSET), strict=True):
        logger.setLevel(level)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
