"""The OAuth 2.0 flow of a web server: what to ask the person, and what to say to Google's servers.

Source: https://developers.google.com/identity/protocols/oauth2/web-server, PKCE after RFC 7636,
and for the identity https://openid.net/specs/openid-connect-core-1_0.html.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

import aiohttp
import msgspec

from pentaprism.destinations.google_photos.endpoints import Endpoints
from pentaprism.destinations.google_photos.scopes import full, short
from pentaprism.destinations.pace import Pace
from pentaprism.errors import (
    ActionRequiredError,
    InvalidError,
    PentaprismError,
    RetryableError,
)

_TRIES = 4
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=15)


@dataclass(frozen=True, slots=True)
class Client:
    """The OAuth client that a person made in Google's console; the secret shows in no repr."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What Google granted. Lifetimes in seconds; None where it tells none.

    ``refresh_token`` comes with the first exchange only. ``subject`` and ``email`` are the
    account's, where the person lets us see them.
    """

    access_token: str = field(repr=False)
    expires_in: int
    scopes: frozenset[str]
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_in: int | None = None
    subject: str | None = None
    email: str | None = None


class GrantLostError(PentaprismError):
    """The refresh token or the code is no longer good: the person must consent again."""


class _TokenReply(msgspec.Struct, frozen=True):
    access_token: str = ""
    expires_in: int = 0
    scope: str = ""
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None
    id_token: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


class _Claims(msgspec.Struct, frozen=True):
    sub: str | None = None
    email: str | None = None


def new_secret() -> str:
    """Return a random text of 43 characters: a state, or a verifier for PKCE."""
    return secrets.token_urlsafe(32)


def authorize_url(
    where: Endpoints,
    client: Client,
    *,
    redirect_uri: str,
    scopes: frozenset[str],
    state: str,
    verifier: str,
    login_hint: str | None = None,
) -> str:
    """Return the address of Google's page at which the person consents."""
    challenge = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": full(scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        **({"login_hint": login_hint} if login_hint else {}),
    }
    return f"{where.authorize}?{urlencode(query)}"


class SignIn:
    """Google's token server."""

    def __init__(self, where: Endpoints, client: Client, pace: Pace) -> None:
        self._where = where
        self._client = client
        self._pace = pace

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        """Return what is granted for the ``code`` of a consent.

        Raises `GrantLostError` for a code that is used or old, `ActionRequiredError` (``client``,
        ``redirect_mismatch``), `RetryableError`.
        """
        return await self._ask_token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
            redirect_uri,
        )

    async def refresh(self, refresh_token: str) -> Grant:
        """Return a new access token; raises `GrantLostError` when the right was withdrawn."""
        return await self._ask_token(
            {"grant_type": "refresh_token", "refresh_token": refresh_token}, ""
        )

    async def revoke(self, token: str) -> None:
        """Withdraw the right; a token that is dead already counts as withdrawn."""
        status, body = await self._post(self._where.revoke, {"token": token})
        if status not in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}:
            raise _explain(_decode(body, _Refusal), status, "")

    async def _ask_token(self, form: Mapping[str, str], redirect_uri: str) -> Grant:
        whole = {**form, "client_id": self._client.id, "client_secret": self._client.secret}
        status, body = await self._post(self._where.token, whole)
        if status != HTTPStatus.OK:
            raise _explain(_decode(body, _Refusal), status, redirect_uri)
        reply = _decode(body, _TokenReply)
        if not reply.access_token:
            raise _unreadable()
        claims = _claims(reply.id_token)
        return Grant(
            access_token=reply.access_token,
            expires_in=reply.expires_in,
            scopes=short(reply.scope),
            refresh_token=reply.refresh_token,
            refresh_expires_in=reply.refresh_token_expires_in,
            subject=claims.sub,
            email=claims.email,
        )

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body of an answer; 5xx and broken connections are tried again.

        A code that was spent on an answer that was lost is refused the second time, which sends
        the person through the consent once more and does no harm.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                async with (
                    aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
                    session.post(url, data=form, allow_redirects=False) as response,
                ):
                    body = await response.read()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                if attempt >= _TRIES:
                    raise RetryableError(
                        f"Google's sign-in server cannot be reached ({type(error).__name__}).",
                        code="unreachable",
                        hint="Look at this machine's connection to the internet, then try again.",
                    ) from error
            else:
                if response.status < HTTPStatus.INTERNAL_SERVER_ERROR or attempt >= _TRIES:
                    return response.status, body
            await self._pace.sleep(self._pace.delay(1.0, attempt, 30.0))


def _explain(refusal: _Refusal, status: int, redirect_uri: str) -> PentaprismError:
    match refusal.error:
        case "invalid_grant":
            return GrantLostError(
                "Google no longer takes the sign-in: it was withdrawn, or has expired.",
                code="invalid_grant",
                hint="Connect the account again with `pentaprism account connect`.",
            )
        case "invalid_client" | "unauthorized_client":
            return ActionRequiredError(
                "Google does not know this client id, or its secret is another one.",
                code="client",
                hint="Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the OAuth client in "
                "Google's console (APIs & Services, Credentials).",
            )
        case "redirect_uri_mismatch":
            return ActionRequiredError(
                f"Google does not expect the address {redirect_uri} from this client.",
                code="redirect_mismatch",
                hint=f"Add {redirect_uri} to the client's redirect URIs in Google's console, "
                "exactly so; or make a client of the type Desktop app, which needs none.",
            )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetryableError(
            f"Google's sign-in server answers {status}.",
            code="google_unavailable",
            hint="This passes by itself, as a rule; try again in a while.",
        )
    said = refusal.error if refusal.error.isascii() else ""
    return ActionRequiredError(
        f"Google refuses the sign-in with {status}{f' ({said[:60]})' if said else ''}.",
        code="google_sign_in",
        hint="Connect the account again with `pentaprism account connect`; if that does not help, "
        "look at the OAuth client in Google's console.",
    )


def _decode[T](body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return kind()


def _unreadable() -> RetryableError:
    return RetryableError(
        "The answer of Google's sign-in server cannot be read.",
        code="google_unavailable",
        hint="Something between here and Google may answer in its place (a proxy, a sign-in page).",
    )


def _claims(id_token: str | None) -> _Claims:
    """Return what an id token says of the person.

    Its signature need not be checked, as it comes from the token server itself over TLS
    (OpenID Connect Core 3.1.3.7, 6).
    """
    parts = (id_token or "").split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return _Claims()
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return _Claims()
    return _decode(claims, _Claims)


def declined(error: str) -> InvalidError:
    """Return the error for a consent that came back with ``error`` instead of a code."""
    if error == "access_denied":
        return InvalidError(
            "The consent was declined at Google, so nothing was connected.",
            code="declined",
            hint="Begin again with `pentaprism account connect` when you want to.",
        )
    said = error[:60] if error.isascii() and error.isprintable() else "an error"
    return InvalidError(
        f"Google ended the consent with {said!r}.",
        code="consent",
        hint="Begin again with `pentaprism account connect`.",
    )
