"""Where Google listens, or a server in its place.

Source: https://developers.google.com/identity/protocols/oauth2/web-server and
https://developers.google.com/photos/library/reference/rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The four addresses; ``photos`` is that of the Library API, before ``/v1``."""

    authorize: str
    token: str
    revoke: str
    photos: str


GOOGLE = Endpoints(
    authorize="https://accounts.google.com/o/oauth2/v2/auth",
    token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
    revoke="https://oauth2.googleapis.com/revoke",
    photos="https://photoslibrary.googleapis.com",
)


def endpoints(base_url: str | None) -> Endpoints:
    """Return Google's addresses, or those of the one server at ``base_url``."""
    if not base_url:
        return GOOGLE
    base = base_url.rstrip("/")
    return Endpoints(
        authorize=f"{base}/o/oauth2/v2/auth",
        token=f"{base}/token",
        revoke=f"{base}/revoke",
        photos=base,
    )
