"""Texts as Google takes them: of a limited length, without control characters.

Source: https://developers.google.com/photos/library/reference/rest/v1/mediaItems/batchCreate and
https://developers.google.com/photos/library/reference/rest/v1/albums.
"""

from __future__ import annotations

_FILE_NAME = 255
_DESCRIPTION = 999  # "fewer than 1000 characters"
_TITLE = 500
_UNNAMED = "Untitled"


def file_name(name: str) -> str:
    """Return a file name of at most 255 characters; its ending stays."""
    clean = _clean(name).replace("\n", " ").strip() or _UNNAMED
    if len(clean) <= _FILE_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or not stem or len(ending) > 16:  # noqa: PLR2004 - no ending is that long
        return clean[:_FILE_NAME]
    return f"{stem[: _FILE_NAME - len(ending) - 1]}.{ending}"


def caption(text: str) -> str:
    """Return a description of less than 1,000 characters, with an ellipsis where it was cut."""
    clean = _clean(text).strip()
    return clean if len(clean) <= _DESCRIPTION else f"{clean[: _DESCRIPTION - 1]}…"


def title(text: str) -> str:
    """Return an album's title of at most 500 characters."""
    clean = _clean(text).replace("\n", " ").strip() or _UNNAMED
    return clean if len(clean) <= _TITLE else f"{clean[: _TITLE - 1]}…"


def _clean(text: str) -> str:
    """Return ``text`` with line ends as newlines, and without what no text may hold."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c if c in "\n\t" or c.isprintable() or c.isspace() else "" for c in whole)
    return "".join(kept).encode("utf-8", "ignore").decode()
