"""Rules of one's own, in TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pentaprism.errors import InvalidError

type Wrong = Callable[[Path, str, str], InvalidError]
"""Makes the error about a file of rules from what is wrong with it, and what to do."""


def read_rules(path: Path, wrong: Wrong, example: str) -> dict[str, Any]:
    """Return what the TOML file ``path`` tells; ``example`` is a line that it could have.

    Raises what ``wrong`` makes where it cannot be read, or is not TOML.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise wrong(path, f"cannot be read: {reason}", "Check the path.") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong(path, f"is not TOML: {error}", f"Write lines such as {example}.") from None
