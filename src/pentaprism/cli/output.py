"""What the commands print: sentences and tables for people, one line of JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pentaprism.errors import PentaprismError, WaitingError

_KILO = 1000
_NO_TERMINAL = 10_000
_ROOMY = 100

console = Console(highlight=False, soft_wrap=False, emoji=False)
"""Results for people go to standard output."""

notes = Console(stderr=True, highlight=False, emoji=False)
"""Progress, warnings and errors go to standard error."""


def say(markup: str, *, indent: int = 0, to: Console = console) -> None:
    """Print a sentence, ``indent`` columns in.

    It is broken into lines only for a terminal: what is piped or logged stays greppable.
    """
    if to.is_terminal:
        to.print(
            Padding(
                Text.from_markup(markup, overflow="fold", emoji=False),
                (0, 0, 0, indent),
                expand=False,
            )
        )
    else:
        to.print(" " * indent + markup, soft_wrap=True)


def print_table(rows: Table) -> None:
    """Print a table, as wide as the terminal; as wide as it likes where there is none."""
    wide = console if console.is_terminal else Console(width=_NO_TERMINAL, emoji=False)
    wide.print(rows)


def is_narrow() -> bool:
    """Tell whether the terminal has no room for columns that can be done without."""
    return console.is_terminal and console.width < _ROOMY


def print_json(value: Any) -> None:
    """Print ``value`` as JSON on one line, in ASCII: names may hold what no terminal can write."""
    sys.stdout.write(json.dumps(value, default=_plain) + "\n")
    sys.stdout.flush()


def print_error(error: PentaprismError, *, as_json: bool) -> None:
    """Print what is wrong and what to do about it."""
    if as_json:
        print_json({"error": error_as_json(error)})
        return
    say(f"[bold red]Error:[/] {safe(error.message)}", to=notes)
    if error.hint:
        say(safe(error.hint), indent=2, to=notes)


def error_as_json(error: PentaprismError) -> dict[str, str]:
    """Return what scripts get of an error."""
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, WaitingError) and error.until is not None:
        told["until"] = error.until.isoformat()
    return told


def table(*columns: str, right: Sequence[str] = (), whole: Sequence[str] = ()) -> Table:
    """Return an empty table; columns in ``right`` hold numbers, those in ``whole`` never break."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column in whole,
            overflow="fold",
        )
    return made


def safe(text: str) -> str:
    """Return ``text`` for a terminal: no markup, no control characters from a hostile name."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text)
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
