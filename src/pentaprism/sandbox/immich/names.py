"""File names that bite: each is the name of a photo in a default library."""

from __future__ import annotations

import unicodedata

_ACUTE = "caf\u00e9.jpg"

HOSTILE = (
    "IMG.jpg",
    "IMG.jpg",
    "img.JPG",
    "../evil.jpg",
    "CON.jpg",
    "IMG.jpg",
    unicodedata.normalize("NFC", _ACUTE),
    unicodedata.normalize("NFD", _ACUTE),
    "\U0001f3d6" * 70 + ".jpg",
    "\u6d77\u8fb9\u7684\u590f\u5929" * 25 + ".jpg",
    "trailing dot.jpg.",
    "trailing space.jpg ",
    "..\\..\\windows.jpg",
    "two\nlines\ttab.jpg",
    'it\'s "quoted"; name=%20.jpg',
    ".hidden.jpg",
    "aux",
    "C:\\photos\\drive.jpg",
    "bell\x07escape\x1b[31m.jpg",
    "question?*<>|.jpg",
    "-rf.jpg",
    "right\u202eto-left.jpg",
)
"""Three same names, a case pair and an NFC/NFD pair are on purpose."""
