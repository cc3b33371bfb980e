"""What the program tells of its work, line by line, and never a secret in it."""

from __future__ import annotations

from pentaprism.logs.configuration import LEVELS, check_level, configure, set_level
from pentaprism.logs.redaction import MASK, forget, hide, redact

SETTING = "log_level"
"""Under what name a level is remembered that was chosen while the server ran."""

__all__ = [
    "LEVELS",
    "MASK",
    "SETTING",
    "check_level",
    "configure",
    "forget",
    "hide",
    "redact",
    "set_level",
]
