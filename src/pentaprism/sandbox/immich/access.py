"""Who is calling: API keys, session tokens, and what they may do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from pentaprism.sandbox.immich.entities import Key, User
from pentaprism.sandbox.immich.errors import ApiError
from pentaprism.sandbox.immich.library import Library

_SESSIONS = uuid.UUID("6f1f4a52-3c0e-4d62-a6a8-3a7a4e1b0f6d")


def identify(
    library: Library,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    cookies: Mapping[str, str],
) -> tuple[User, Key | None]:
    """Return the caller and, where one was used, the API key.

    Immich looks for a session token first; an API key sent as Bearer is a bad token. Raises
    `ApiError` 401.
    """
    token = session_token(headers, query, cookies)
    if token:
        user = library.users.get(library.sessions.get(token, ""))
        if user is None or user.deleted is not None:
            raise ApiError(401, "Invalid user token")
        return user, None
    secret = headers.get("x-api-key", "").strip() or query.get("apiKey")
    if not secret:
        raise ApiError(401, "Authentication required")
    key = library.keys.get(secret)
    user = library.users.get(key.user_id) if key else None
    if user is None or user.deleted is not None:
        raise ApiError(401, "Invalid API key")
    return user, key


def require(key: Key | None, permission: str) -> None:
    """Raise `ApiError` 403 unless the key has the permission; a session has them all."""
    if key is None or not permission or {"all", permission} & set(key.permissions):
        return
    raise ApiError(403, f"Missing required permission: {permission}")


def session_id(token: str) -> str:
    """Return the id of the session with that token."""
    return str(uuid.uuid5(_SESSIONS, token))


def session_token(
    headers: Mapping[str, str], query: Mapping[str, str], cookies: Mapping[str, str]
) -> str | None:
    """Return the session token of a request, which may come in five ways."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return (
        headers.get("x-immich-user-token")
        or headers.get("x-immich-session-token")
        or query.get("sessionKey")
        or (bearer if scheme.lower() == "bearer" else None)
        or cookies.get("immich_access_token")
    )
