"""The OAuth endpoints: the page at which a person consents, tokens, and their end.

Source: https://developers.google.com/identity/protocols/oauth2/web-server.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from pentaprism.sandbox.google.errors import OAuthError
from pentaprism.sandbox.google.people import ACCESS_SECONDS, TESTING_SECONDS, Grant
from pentaprism.sandbox.google.state import CLIENT_ID, CLIENT_SECRET, State

_PHOTOS = "https://www.googleapis.com/auth/photoslibrary."
_MEANINGS = {
    "photoslibrary.appendonly": "Add to your Google Photos library",
    "photoslibrary.readonly.appcreateddata": "See photos and albums created by this app",
    "photoslibrary.edit.appcreateddata": "Edit photos and albums created by this app",
    "userinfo.email": "See your primary Google Account email address",
    "email": "See your primary Google Account email address",
    "openid": "Associate you with your personal info on Google",
}
_GRANTABLE = frozenset(
    {
        f"{_PHOTOS}appendonly",
        f"{_PHOTOS}readonly.appcreateddata",
        f"{_PHOTOS}edit.appcreateddata",
        "https://www.googleapis.com/auth/userinfo.email",
        "email",
        "openid",
    }
)


class OAuth:
    """The handlers."""

    def __init__(self, state: State, *, consent: bool) -> None:
        self._state = state
        self._consent = consent

    def add_to(self, app: web.Application) -> None:
        """Route the endpoints."""
        app.router.add_get("/o/oauth2/v2/auth", self.authorize)
        app.router.add_post("/o/oauth2/v2/auth", self.decide)
        app.router.add_post("/token", self.token)
        app.router.add_post("/revoke", self.revoke)

    async def authorize(self, request: web.Request) -> web.Response:
        """Show the consent page, or grant at once."""
        query = request.query
        wrong = self._wrong_request(query)
        if wrong is not None:
            return wrong
        settings = self._state.settings
        if settings.decline:
            return _redirect(query, {"error": "access_denied"})
        if not self._consent:
            return _page(_form(query, [a.email for a in self._state.accounts]))
        asked = query["scope"].split()
        granted = asked
        if settings.grant_scopes is not None:
            granted = [s for s in asked if _short(s) in settings.grant_scopes]
        email = settings.account or query.get("login_hint")
        return self._granted(query, frozenset(granted), email)

    async def decide(self, request: web.Request) -> web.Response:
        """Take what the person clicked."""
        form = await request.post()
        query = {name: str(value) for name, value in form.items() if name != "granted"}
        wrong = self._wrong_request(query)
        if wrong is not None:
            return wrong
        if query.get("answer") != "allow":
            return _redirect(query, {"error": "access_denied"})
        granted = frozenset(str(value) for value in form.getall("granted", []))
        return self._granted(query, granted, query.get("account"))

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code or refresh an access token."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            strikes = self._state.faults.striking("token")
            if "revoked" in strikes:
                self._state.grants.revoke_all()
            if "status" in strikes:
                return web.json_response({}, status=strikes["status"].status)
            return web.json_response(self._token(form))
        except OAuthError as error:
            return web.json_response(error.body(), status=error.status)

    async def revoke(self, request: web.Request) -> web.Response:
        """End a grant."""
        token = str((await request.post()).get("token", request.query.get("token", "")))
        if self._state.grants.revoke(token):
            return web.json_response({})
        return web.json_response(
            {"error": "invalid_token", "error_description": "Token expired or revoked"}, status=400
        )

    def _wrong_request(self, query: Mapping[str, str]) -> web.Response | None:
        """Return the page for a request that Google does not even ask the person about."""
        if query.get("client_id") != CLIENT_ID:
            return _refusal("invalid_client", "The OAuth client was not found.")
        redirect = query.get("redirect_uri", "")
        if not self._is_registered(redirect):
            said = f"If you're the app developer, register the redirect URI {redirect}."
            return _refusal("redirect_uri_mismatch", said)
        if query.get("response_type") != "code":
            return _refusal("invalid_request", "Required parameter is missing: response_type")
        scopes = query.get("scope", "").split()
        if not scopes or not set(scopes) <= _GRANTABLE:
            return _refusal("invalid_scope", "Some requested scopes were invalid.")
        if query.get("code_challenge_method", "S256") != "S256":
            return _refusal("invalid_request", "Unsupported code_challenge_method")
        return None

    def _is_registered(self, redirect: str) -> bool:
        there = urlsplit(redirect)
        if there.scheme == "http" and there.hostname in {"localhost", "127.0.0.1", "::1"}:
            return True
        return there.scheme == "https" and redirect in self._state.settings.redirect_uris

    def _granted(
        self, query: Mapping[str, str], scopes: frozenset[str], email: str | None
    ) -> web.Response:
        if not scopes:
            return _redirect(query, {"error": "access_denied"})
        offline = query.get("access_type") == "offline" and query.get("prompt") == "consent"
        grant = self._state.grants.add(
            Grant(
                account=self._state.account(email),
                scopes=scopes,
                offline=offline,
                redirect_uri=query["redirect_uri"],
                challenge=query.get("code_challenge"),
            )
        )
        return _redirect(query, {"code": grant.code, "scope": " ".join(sorted(scopes))})

    def _token(self, form: Mapping[str, str]) -> dict[str, object]:
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if not known:
            raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                grant = self._state.grants.by_refresh_token(form.get("refresh_token", ""))
                return self._reply(grant)
        raise OAuthError(400, "unsupported_grant_type", "Invalid grant_type")

    def _exchange(self, form: Mapping[str, str]) -> dict[str, object]:
        grant = self._state.grants.by_code(form.get("code", ""))
        if form.get("redirect_uri") != grant.redirect_uri:
            raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        if grant.challenge is not None:
            verifier = form.get("code_verifier", "")
            digest = hashlib.sha256(verifier.encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.challenge:
                raise OAuthError(400, "invalid_grant", "Invalid code verifier.")
        grant.code_used = True
        reply = self._reply(grant)
        if grant.offline:
            grant.refresh_token = f"1//0{secrets.token_urlsafe(60)}"
            reply["refresh_token"] = grant.refresh_token
            if self._state.settings.testing:
                grant.refresh_until = self._state.clock.now() + TESTING_SECONDS
                reply["refresh_token_expires_in"] = TESTING_SECONDS
        return reply

    def _reply(self, grant: Grant) -> dict[str, object]:
        reply: dict[str, object] = {
            "access_token": self._state.grants.new_access_token(grant),
            "expires_in": ACCESS_SECONDS - 1,
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }
        if "openid" in grant.scopes:
            reply["id_token"] = _id_token(grant, self._state.clock.now())
        return reply


def _id_token(grant: Grant, now: float) -> str:
    claims: dict[str, object] = {
        "iss": "https://accounts.google.com",
        "aud": CLIENT_ID,
        "sub": grant.account.subject,
        "iat": int(now),
        "exp": int(now) + ACCESS_SECONDS,
    }
    if any(scope.endswith("email") for scope in grant.scopes):
        claims |= {"email": grant.account.email, "email_verified": True}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b"c2lnbmF0dXJl"]).decode()


def _short(scope: str) -> str:
    return scope.removeprefix(_PHOTOS).rpartition("/")[2].replace("userinfo.email", "email")


def _redirect(query: Mapping[str, str], answer: Mapping[str, str]) -> web.Response:
    back = {"state": query["state"]} if "state" in query else {}
    to = query["redirect_uri"]
    join = "&" if urlsplit(to).query else "?"
    return web.Response(status=302, headers={"Location": to + join + urlencode({**back, **answer})})


def _refusal(error: str, said: str) -> web.Response:
    text = (
        "<h1>Access blocked</h1><p>This app's request is invalid.</p>"
        f"<p>Error 400: {html.escape(error)}</p><p>{html.escape(said)}</p>"
    )
    return _page(text, 400)


def _form(query: Mapping[str, str], emails: list[str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(n)}" value="{html.escape(v)}">'
        for n, v in query.items()
    )
    boxes = "".join(
        f'<label><input type="checkbox" name="granted" value="{html.escape(scope)}" checked> '
        f"{html.escape(_MEANINGS.get(scope.rpartition('/')[2], scope))}</label>"
        for scope in query["scope"].split()
    )
    people = "".join(f"<option>{html.escape(email)}</option>" for email in emails)
    return (
        "<h1>Sandbox Google</h1><p>Pentaprism wants access to your Google Account</p>"
        f'<form method="post" action="/o/oauth2/v2/auth">{hidden}'
        f'<label>Account <select name="account">{people}</select></label>{boxes}'
        '<p><button name="answer" value="cancel">Cancel</button> '
        '<button name="answer" value="allow" class="main">Allow</button></p></form>'
    )


def _page(body: str, status: int = 200) -> web.Response:
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;"
        "color-scheme:light dark}label{display:block;margin:.6rem 0}"
        "button{font:inherit;padding:.4rem 1rem}.main{font-weight:600}"
    )
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Sandbox Google</title>'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status)
