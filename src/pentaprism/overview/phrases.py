"""Sentences with blanks, so that whoever shows them can translate them and format the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _plainly(text: str) -> str:
    return text


class Bytes(int):
    """A number of bytes, told from other numbers so that it can be shown as a size."""

    def __str__(self) -> str:
        """Return the number with its unit."""
        return f"{int(self):,} bytes"


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English sentence with blanks such as ``%(name)s``, and what goes into them."""

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(
        self, translate: Callable[[str], str] = _plainly, show: Callable[[Any], str] = str
    ) -> str:
        """Return the sentence: translated first, then filled with the values as ``show`` has it."""
        filled = {name: show(value) for name, value in self.values.items()}
        return translate(self.msgid) % filled

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.said()


def phrase(msgid: str, /, **values: Any) -> Phrase:
    """Return a phrase; the catalogue of translations finds its sentence by this call."""
    return Phrase(msgid, values)


def mark(text: str) -> str:
    """Return ``text``; the catalogue of translations finds it by this call."""
    return text
