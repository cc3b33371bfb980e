"""What the commands print: sentences and tables for people, one line of JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pentaprism.errors import PentaprismError

_KILO = 1000

console = Console(highlight=False, soft_wrap=False)
"""Results for people go to standard output."""

notes = Console(stderr=True, highlight=False)
"""Progress, warnings and errors go to standard error."""


def print_json(value: Any) -> None:
    """Print ``value`` as JSON on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def print_error(error: PentaprismError, *, as_json: bool) -> None:
    """Print what is wrong and what to do about it."""
    if as_json:
        body = {"code": error.code, "message": error.message, "hint": error.hint}
        print_json({"error": body})
        return
    notes.print(f"[bold red]Error:[/] {safe(error.message)}")
    if error.hint:
        notes.print(f"  {safe(error.hint)}")


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table with these headings; those in ``right`` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def safe(text: str) -> str:
    """Return ``text`` for a terminal: no markup, no control characters from a hostile name."""
    shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return escape(shown.encode("utf-8", "replace").decode())


def bytes_in_words(count: int) -> str:
    """Return ``count`` bytes as people write it, such as 3.4 GB."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < _KILO:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _KILO
    return f"{size:.1f} TB"


def local_time(instant: datetime | None) -> str:
    """Return an instant as local time to the minute; a dash for None."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M}" if instant else "-"


def short(id_: str) -> str:
    """Return the beginning of an id, which commands accept in its stead."""
    return id_[:8]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
