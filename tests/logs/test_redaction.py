"""No secret comes through, in whatever form it is met."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from hypothesis import assume, given
from hypothesis import strategies as st

from pentaprism.logs import MASK, hide, redact

S = "9fK2sLq7Vb1XcZ0mT4yW8eRu"
"""Stands for a secret in what follows."""

FERNET = Fernet(Fernet.generate_key()).encrypt(b"hunter2").decode()

SECRETIVE = [
    f"GET /api/socket.io/?EIO=4&sessionKey={S}&transport=websocket",
    f"GET /api/assets/1/thumbnail?slug={S}",
    f"x-immich-share-key: {S}",
    f"Authorization: Bearer {S}",
    f"authorization: Basic {S}==",
    f"Proxy-Authorization: Basic {S}",
    f"x-api-key: {S}",
    f"X-API-Key={S}",
    f"Cookie: immich_access_token={S}; other={S}",
    f"cookie: pentaprism_session={S}",
    f"Set-Cookie: pentaprism_session={S}; HttpOnly; Path=/",
    f"headers={{'x-api-key': '{S}', 'Accept': '*/*'}}",
    f'{{"x-api-key": "{S}"}}',
    f"[(b'authorization', b'Bearer {S}'), (b'host', b'a')]",
    f"<CIMultiDict('Authorization': 'Bearer {S}')>",
    f"GET http://photos.example.org/api/assets/1/original?apiKey={S}",
    f"GET https://photos.example.org/share?a=1&key={S}&b=2",
    f"http://127.0.0.1:5000/callback?state={S}&code=4/0{S}",
    f"callback?code=4%2F0{S}&scope=x",
    f"code=4/0AX{S}&client_id=1&grant_type=authorization_code",
    f"access_token={S}",
    f"refresh_token={S}&client_secret={S}",
    f'{{"access_token": "{S}", "expires_in": 3599}}',
    f'{{"accessToken":"{S}"}}',
    f"{{'password': '{S}'}}",
    f"password={S}",
    f'{{"code": "{S}"}}',
    f"token={S}",
    f"token: {S}",
    f"APP_SECRET_KEY={S}",
    f"IMMICH_API_KEY={S}",
    f"GOOGLE_CLIENT_SECRET={S}",
    f"uploadToken: {S}",
    f"Bearer {S}",
    f"it was ya29.{S} in the answer",
    f"it was 1//0{S} in the answer",
    f"it was GOCSPX-{S}.",
    f"encrypted as gAAAAABm{S}{S}==",
    f"eyJhbGciOiJIUzI1NiJ9.{S}.{S}",
    f"https://api.telegram.org/bot123456789:AA{S}/sendMessage",
    f"https://anna:{S}@photos.example.org/api",
    f"https://{S}@photos.example.org/api",
    f"tgram://123456789:{S}/1/",
    f"discord://4174216298/{S}",
    f"https://discord.com/api/webhooks/4174216298/{S}",
    f"https://hooks.slack.com/services/T1/B1/{S}",
    f"mailtos://anna:{S}@gmail.com",
    f"mailto://smtp.example.org?user=a&pass={S}",
    f"gotify://gotify.example.org/{S}",
    f"ntfys://ntfy.example.org/{S}",
    f"pover://user@{S}",
    f"slack://T1/B1/{S}",
    f"json://anna:{S}@example.org/",
    f"xoxb-{S}",
    f"Session(token='{S}', user='anna')",
]

HARMLESS = [
    "run 01J0 of “Summer 2026” ended: code=quota until=2026-11-22T08:00:00+00:00",
    "album key=cover name=IMG_0001.HEIC",
    "GET /mirrors/7 200",
    "Immich at http://photos.example.org:2283 answers with status 502.",
    "The token has ended. The password is wrong. A basic question about the code: none.",
    "The set-up code is 7HQK-M2PX.",
    "https://photos.google.com/album/AF1QipN and user@example.org",
    "checksum 2jmj7l5rSw0yVb/vlWAYkK/YBwk= of 0f9e8d7c-1111-2222-3333-444455556666",
    "nextPageToken=CAESBnBhZ2UtMg",
]


@pytest.mark.parametrize("text", SECRETIVE)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    assert S not in redact(text)
    assert MASK in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_stays(text: str) -> None:
    assert redact(text) == text


def test_a_fernet_token_is_taken_out() -> None:
    assert FERNET not in redact(f"stored {FERNET}")
    assert FERNET[:30] not in redact(repr({"value": FERNET}))


def test_the_rest_of_the_line_stays() -> None:
    assert redact(f"GET /a?key={S}&b=2 took 3 s") == f"GET /a?key={MASK}&b=2 took 3 s"
    assert redact(f"{{'x-api-key': '{S}', 'Accept': '*'}}") == (
        f"{{'x-api-key': {MASK}, 'Accept': '*'}}"
    )
    assert redact(f"https://anna:{S}@example.org/x") == f"https://{MASK}@example.org/x"


def test_short_values_are_not_hidden() -> None:
    hide("a")
    hide("")
    assert redact("a plain sentence") == "a plain sentence"


@pytest.mark.parametrize(
    "part", ["a.", "a://b", "eyJ-eyJaaaaaaaa", "key=", "'token'='", "authorization ", '"', "\\'"]
)
def test_a_long_hostile_text_takes_no_long_time(part: str) -> None:
    started = time.process_time()
    redact(part * (100_000 // len(part)))
    assert time.process_time() - started < 2


SECRETS = st.text(min_size=8, max_size=60).filter(lambda s: not set(s) & set("[]"))


@given(SECRETS, st.text(), st.text())
def test_a_known_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    hide(secret)
    assert secret not in redact(before + secret + after)
    assert secret not in redact(repr({before: secret}))
    assert secret not in redact(json.dumps([before, secret]))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=60))
def test_a_known_secret_is_found_in_other_forms(secret: str) -> None:
    assume(not set(secret) & set("[]"))
    hide(secret)
    for form in (repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert form not in redact(f"before {form} after")
