"""Sign-in delegated to an Immich server: its users, their passwords and its API keys.

Nothing is tried again: a person is waiting, and a login or a new key must not be made twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pentaprism.errors import ActionRequiredError, InvalidError, PentaprismError
from pentaprism.immich.calls import Calls
from pentaprism.immich.identity import User, ask_server, ask_user
from pentaprism.immich.line import api_key_header, make_line, session_header
from pentaprism.immich.models import (
    KeyOrder,
    LoginOrder,
    LoginReply,
    LogoutReply,
    NewKeyReply,
)
from pentaprism.immich.options import Address, ImmichOptions, check_key
from pentaprism.immich.pace import Pace
from pentaprism.immich.refusals import Refusal

type Method = Literal["password", "api_key"]
"""How somebody signed in: with e-mail and password, or with an API key."""

_KEYS = "Account Settings > API Keys"
_INVALID, _UNAUTHORIZED = 400, 401


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whom Immich knows, and the credential that proves it from now on.

    ``credential`` is the token of an Immich session for ``password``, else the API key.
    """

    user: User
    method: Method
    credential: str = field(repr=False)


class SignIn:
    """Asks one server who somebody is; every call opens connections of its own and closes them.

    Making one raises `InvalidError` with code ``url`` or ``certificate``; the network is not
    touched. ``timeout``: seconds without a byte after which a call fails.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None = None,
        timeout: float = 15.0,
        pace: Pace | None = None,
    ) -> None:
        options = ImmichOptions(url, "", ca_file, timeout=timeout, retries=0)
        self._line = make_line(options, pace or Pace(), credential={})

    async def with_password(self, email: str, password: str) -> SignedIn:
        """Open a session at Immich for a user with a password.

        Somebody who must choose another password is let in, as Immich does. Raises `InvalidError`
        with code ``bad_credentials`` or ``password_login_disabled``, and as `ImmichClient.server`
        does; the password is sent only to what has answered as an Immich.
        """
        async with self._calls({}) as calls:
            await ask_server(calls)
            order = LoginOrder(_sendable(email.strip()), _sendable(password))
            reply = await calls.post("/auth/login", order, LoginReply, explain=_explain_login)
        user = User(reply.user_id, reply.name, reply.user_email, bool(reply.is_admin))
        return SignedIn(user, "password", reply.access_token)

    async def with_api_key(self, api_key: str) -> SignedIn:
        """Return whose key it is.

        Raises `ActionRequiredError` with code ``bad_key``, or ``permissions`` for a key without
        ``user.read``, and as `ImmichClient.server` does.
        """
        key = check_key(api_key)
        async with self._calls({}) as calls:
            await ask_server(calls)
        async with self._calls(api_key_header(key)) as calls:
            return SignedIn(await ask_user(calls), "api_key", key)

    async def check(self, method: Method, credential: str) -> User | None:
        """Return the user as Immich knows them now, None when it takes the credential no more.

        Raises `RetryableError` or `ActionRequiredError` when the server cannot be asked, which
        says nothing about the credential.
        """
        try:
            async with self._calls(_header(method, credential)) as calls:
                return await ask_user(calls)
        except ActionRequiredError as error:
            if error.code == "bad_key":
                return None
            raise

    async def sign_out(self, credential: str) -> None:
        """End the session whose token ``credential`` is; one that has ended already is no error.

        Raises as `check` does.
        """
        try:
            async with self._calls(session_header(check_key(credential))) as calls:
                await calls.post("/auth/logout", None, LogoutReply)
        except ActionRequiredError as error:
            if error.code != "bad_key":
                raise

    async def make_api_key(
        self, session_token: str, name: str, permissions: Collection[str]
    ) -> str:
        """Make an API key of the session's user and return its secret.

        Raises `ActionRequiredError` with code ``session_ended``, `InvalidError` with code
        ``permissions`` when Immich does not know one of them, and as `check` does.
        """
        order = KeyOrder(name, sorted(permissions))
        async with self._calls(session_header(session_token)) as calls:
            reply = await calls.post("/api-keys", order, NewKeyReply, explain=_explain_key)
        return reply.secret

    @asynccontextmanager
    async def _calls(self, credential: Mapping[str, str]) -> AsyncIterator[Calls]:
        calls = Calls(replace(self._line, credential=credential))
        try:
            yield calls
        finally:
            await calls.close()


def _header(method: Method, credential: str) -> Mapping[str, str]:
    known = check_key(credential)
    return session_header(known) if method == "password" else api_key_header(known)


def _sendable(text: str) -> str:
    """Return ``text``; raise for a lone surrogate, which is no text and no one's password."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _bad_credentials()
    return text


def _bad_credentials() -> InvalidError:
    return InvalidError(
        "Immich does not know this e-mail address with this password.",
        code="bad_credentials",
        hint="Check both; they are the same as in Immich.",
    )


def _explain_login(refusal: Refusal, address: Address) -> PentaprismError | None:
    """Return what a refused login means; a malformed e-mail address (400) is nobody's."""
    if refusal.message is None or refusal.status not in {_INVALID, _UNAUTHORIZED}:
        return None
    if "disabled" in refusal.message:
        return InvalidError(
            f"Immich at {address.origin} lets nobody in with a password.",
            code="password_login_disabled",
            hint=f"Sign in with an API key: make one in Immich under {_KEYS}.",
        )
    return _bad_credentials()


def _explain_key(refusal: Refusal, address: Address) -> PentaprismError | None:
    if refusal.message is None:
        return None
    if refusal.status == _UNAUTHORIZED:
        return ActionRequiredError(
            f"Immich at {address.origin} has ended this session.",
            code="session_ended",
            hint="Sign in again.",
        )
    if refusal.status == _INVALID:
        return InvalidError(
            f"Immich at {address.origin} makes no API key with these permissions "
            f"({refusal.message}).",
            code="permissions",
            hint=f"Update Immich, or make the key in Immich under {_KEYS}.",
        )
    return None
