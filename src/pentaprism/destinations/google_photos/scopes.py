"""The permissions that a person grants, by short names.

Source: https://developers.google.com/photos/overview/authorization, as of 31 March 2025.
"""

from __future__ import annotations

from collections.abc import Iterable

APPEND = "appendonly"
"""Upload, and make albums and media items."""

READ = "readonly.appcreateddata"
"""See what this app has made."""

EDIT = "edit.appcreateddata"
"""Change what this app has made: take photos out of its albums, rename them."""

OPENID = "openid"
EMAIL = "email"

_PHOTOS = "https://www.googleapis.com/auth/photoslibrary."
_EMAIL = "https://www.googleapis.com/auth/userinfo.email"

MEANINGS = {
    APPEND: "add photos and albums",
    READ: "see what Pentaprism has added",
    EDIT: "take photos out of albums that Pentaprism has made, and rename these",
}
"""What each permission is for, in words."""


def wanted(*, removals: bool) -> frozenset[str]:
    """Return what to ask for: to add alone, or, for ``removals``, also to see and to change.

    The identity is asked for as well, so that the account has a name and another account cannot
    be taken for it. Without it all else works.
    """
    own = {READ, EDIT} if removals else set()
    return frozenset({APPEND, OPENID, EMAIL} | own)


def full(scopes: Iterable[str]) -> str:
    """Return short names as Google's request wants them: full names with spaces between."""
    names = [s if s in {OPENID, EMAIL} else _PHOTOS + s for s in sorted(scopes)]
    return " ".join(names)


def short(text: str) -> frozenset[str]:
    """Return the short names of Google's answer; unknown scopes keep their full names."""
    names = set()
    for name in text.split():
        names.add(EMAIL if name == _EMAIL else name.removeprefix(_PHOTOS))
    return frozenset(names)
