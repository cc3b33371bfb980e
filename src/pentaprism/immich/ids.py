"""Immich's ids, before they become part of a path."""

from __future__ import annotations

import re

from pentaprism.errors import NotFoundError

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check_id(text: str, absent: NotFoundError) -> None:
    """Raise ``absent`` for what can be no id, before it becomes another path or query."""
    if not _ID.fullmatch(text):
        raise absent
