"""Safe names: any text turned into one path component that every common system accepts.

What makes a name unsafe is collected from POSIX (``/``, NUL, 255 bytes), Windows (reserved
characters and device names, no dot or space at the end) and from systems that fold case or
Unicode form, where two names are the same file although their bytes differ.
"""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255
"""The most bytes of one path component, in UTF-8, on ext4, Btrfs, XFS, ZFS and APFS."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
_LONGEST_EXTENSION = 20


def safe_name(text: str) -> str:
    """Return ``text`` as one path component: NFC, at most 255 bytes, never empty, ``.`` or ``..``.

    A name that is safe already comes back unchanged.
    """
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    name = name.strip(" ").rstrip(". ")
    if not name.strip("."):
        name = "_"
    stem, dot, rest = name.partition(".")
    if _DEVICE.fullmatch(stem.rstrip(" ")):
        name = f"{stem}_{dot}{rest}"
    return fit(name)


def fit(name: str, suffix: str = "") -> str:
    """Return ``name`` with ``suffix`` before its extension, cut to 255 bytes at a character.

    The extension and the suffix survive whole; only the stem gets shorter.
    """
    stem, extension = split_extension(name)
    room = MAX_BYTES - len(suffix.encode()) - len(extension.encode())
    if len(stem.encode()) > room:
        # A cut in the middle of a character's bytes leaves an incomplete tail, which is dropped.
        stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". \u200d\ufe0f") or "_"
    return f"{stem}{suffix}{extension}"


def split_extension(name: str) -> tuple[str, str]:
    """Split ``IMG.tar.jpg`` into ``IMG.tar`` and ``.jpg``.

    A leading dot starts no extension, and neither does one with a long tail behind it.
    """
    stem, dot, extension = name.rpartition(".")
    length = len(extension.encode("utf-8", "surrogatepass"))  # a name from Immich may hold halves
    if not stem.strip(".") or length > _LONGEST_EXTENSION or " " in extension:
        return name, ""
    return stem, dot + extension


def name_key(text: str) -> str:
    """Return what two names share when some system takes them for the same file.

    Case and Unicode form do not count (Unicode's canonical caseless matching, section 3.13).
    """
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded).casefold())
