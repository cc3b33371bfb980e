"""/sandbox: users, their sessions and their API keys, changed from outside."""

from __future__ import annotations

from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.entities import Key, User
from pentaprism.sandbox.immich.replies import Json
from pentaprism.sandbox.immich.reply import Reply, json


def list_users(call: Call) -> Reply:
    """Return the users with their e-mail addresses."""
    return json([_user(user) for user in call.library.users.values()])


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "isAdmin": user.is_admin,
        "isDeleted": user.deleted is not None,
    }


def change_user(call: Call) -> Reply:
    """Change a user's ``name``, ``password`` or ``isAdmin``, or give a deleted one back."""
    user, wanted = call.library.users[call.id()], call.body
    user.name = wanted.value("name", "string", user.name)
    user.password = wanted.value("password", "string", user.password)
    user.is_admin = wanted.value("isAdmin", "boolean", user.is_admin)
    call.library.delete_user(
        user.id, deleted=wanted.value("isDeleted", "boolean", user.deleted is not None)
    )
    return json(_user(user))


def delete_user(call: Call) -> Reply:
    """Take a user's account away."""
    call.library.delete_user(call.id())
    return json({})


def end_sessions(call: Call) -> Reply:
    """End all sessions, or those of ``userId``."""
    user_id = call.body.uuid("userId") if call.body.raw else None
    return json({"ended": call.library.end_sessions(user_id)})


def change_sign_in(call: Call) -> Reply:
    """Say whether ``passwordLogin`` and ``oauth`` are on."""
    library = call.library
    library.password_login = call.body.value("passwordLogin", "boolean", library.password_login)
    library.oauth = call.body.value("oauth", "boolean", library.oauth)
    return json({"passwordLogin": library.password_login, "oauth": library.oauth})


def list_keys(call: Call) -> Reply:
    """Return the API keys of all users, without their secrets."""
    return json([_key(key) for key in call.library.keys.values()])


def _key(key: Key) -> Json:
    return {
        "id": key.id,
        "name": key.name,
        "userId": key.user_id,
        "permissions": key.permissions,
    }


def create_key(call: Call) -> Reply:
    """Make an API key with ``permissions``."""
    key = call.library.add_key(call.body.raw["permissions"], user_id=call.body.raw.get("userId"))
    return json({"id": key.id, "secret": key.secret}, 201)


def change_key(call: Call) -> Reply:
    """Give an API key other ``permissions``."""
    key = call.library.key(call.id())
    call.library.permit(key.secret, call.body.required("permissions", "array"))
    return json(_key(key))


def delete_key(call: Call) -> Reply:
    """Revoke an API key."""
    call.library.remove_key(call.library.key(call.id()).secret)
    return json({})


ROUTES = (
    Route("POST", "/sign-in", "control", change_sign_in, None),
    Route("DELETE", "/sessions", "control", end_sessions, None),
    Route("GET", "/users", "control", list_users, None),
    Route("POST", "/users/{id}", "control", change_user, None),
    Route("DELETE", "/users/{id}", "control", delete_user, None),
    Route("GET", "/keys", "control", list_keys, None),
    Route("POST", "/keys", "control", create_key, None),
    Route("POST", "/keys/{id}", "control", change_key, None),
    Route("DELETE", "/keys/{id}", "control", delete_key, None),
)
