"""/auth, /users and /api-keys: who is calling, by password, session or API key."""

from __future__ import annotations

import re

from pentaprism.sandbox.immich.access import require, session_id
from pentaprism.sandbox.immich.call import OPEN, Call, Route
from pentaprism.sandbox.immich.entities import Key, User
from pentaprism.sandbox.immich.errors import (
    EMAIL_PATTERN,
    ApiError,
    bad_email,
    out_of_range,
    wrong_type,
)
from pentaprism.sandbox.immich.reply import Reply, json, nothing

_EMAIL = re.compile(EMAIL_PATTERN)


def log_in(call: Call) -> Reply:
    """Make a session from e-mail and password; the e-mail in any case."""
    email, password = _email(call), call.body.required("password", "string")
    if not call.library.password_login:
        raise ApiError(401, "Password login has been disabled")
    user = _user(call, email.lower())
    if user is None or user.password != password:
        raise ApiError(401, "Incorrect email or password")
    token = call.library.add_session(user.id)
    cookie = f"immich_access_token={token}; Path=/; HttpOnly; SameSite=Lax"
    reply = {
        "accessToken": token,
        "userId": user.id,
        "userEmail": user.email,
        "name": user.name,
        "isAdmin": user.is_admin,
        "profileImagePath": "",
        "shouldChangePassword": False,
        "isOnboarded": True,
    }
    return json(reply, 201, {"Set-Cookie": cookie})


def _email(call: Call) -> str:
    email = call.body.raw["email"] if call.body.has("email") else ...
    if not isinstance(email, str):
        raise wrong_type("email", email, "email")
    if not _EMAIL.match(email):
        raise bad_email("email")
    return email


def _user(call: Call, email: str) -> User | None:
    users = call.library.users.values()
    return next((u for u in users if u.email == email and u.deleted is None), None)


def log_out(call: Call) -> Reply:
    """End the caller's session; an API key has none, and needs all permissions to do nothing."""
    require(call.key, "all")
    if call.library.sessions.pop(call.token or "", None) and call.token:
        ended = session_id(call.token)
        call.library.tell("on_session_delete", ended, ended)
    return json({"successful": True, "redirectUri": "/auth/login?autoLaunch=0"})


def validate(_: Call) -> Reply:
    """Say that the credential is good."""
    return json({"authStatus": True})


def me(call: Call) -> Reply:
    """Return the caller's account."""
    return json(call.replies.me(call.user))


def my_key(call: Call) -> Reply:
    """Return the API key that the caller uses."""
    if call.key is None:
        raise ApiError(403, "Not authenticated with an API Key")
    return json(call.replies.key(call.key))


def list_keys(call: Call) -> Reply:
    """Return the caller's API keys, newest first."""
    mine = [key for key in call.library.keys.values() if key.user_id == call.user.id]
    return json([call.replies.key(key) for key in reversed(mine)])


def get_key(call: Call) -> Reply:
    """Return one API key of the caller."""
    return json(call.replies.key(_key(call)))


def create_key(call: Call) -> Reply:
    """Make an API key for the caller, which may do no more than they."""
    permissions = _permissions(call, call.body.required("permissions", "array"))
    name = call.body.value("name", "string", "") or "API Key"
    key = call.library.add_key(permissions, user_id=call.user.id, name=name)
    return json({"secret": key.secret, "apiKey": call.replies.key(key)}, 201)


def update_key(call: Call) -> Reply:
    """Change the name or the permissions of an API key."""
    key = _key(call)
    name = call.body.value("name", "string")
    permissions = call.body.value("permissions", "array")
    if name is None and permissions is None:
        raise ApiError(500, "Failed to update api key")
    key.name = key.name if name is None else name
    wanted = key.permissions if permissions is None else _permissions(call, permissions)
    call.library.permit(key.secret, wanted)
    return json(call.replies.key(key))


def delete_key(call: Call) -> Reply:
    """Revoke an API key of the caller."""
    call.library.remove_key(_key(call).secret)
    return nothing()


def _permissions(call: Call, wanted: list[str]) -> list[str]:
    if not wanted:
        raise out_of_range("small", 1, "permissions", origin="array")
    own = {"all"} if call.key is None else set(call.key.permissions)
    if "all" not in own and not own.issuperset(wanted):
        raise ApiError(400, "Cannot grant permissions you do not have")
    return wanted


def _key(call: Call) -> Key:
    id_ = call.id()
    for key in call.library.keys.values():
        if key.id == id_ and key.user_id == call.user.id:
            return key
    raise ApiError(400, "API Key not found")


ROUTES = (
    Route("POST", "/auth/login", "login", log_in, None),
    Route("POST", "/auth/logout", "logout", log_out, OPEN),
    Route("POST", "/auth/validateToken", "validate", validate, OPEN),
    Route("GET", "/users/me", "me", me, "user.read"),
    Route("GET", "/api-keys/me", "my_key", my_key, OPEN),
    Route("GET", "/api-keys", "keys", list_keys, "apiKey.read"),
    Route("POST", "/api-keys", "create_key", create_key, "apiKey.create"),
    Route("GET", "/api-keys/{id}", "key", get_key, "apiKey.read"),
    Route("PUT", "/api-keys/{id}", "update_key", update_key, "apiKey.update"),
    Route("DELETE", "/api-keys/{id}", "delete_key", delete_key, "apiKey.delete"),
)
