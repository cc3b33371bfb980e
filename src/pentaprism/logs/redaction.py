"""Takes secrets out of text: those that were made known, and all that look like one.

The patterns know the shapes of the credentials that this program meets: headers, cookies,
parameters of addresses and forms, Google's tokens, Fernet's, and addresses with a password or of
notification services. A key of Immich has no shape of its own, so whoever reads one calls `hide`.
"""

from __future__ import annotations

import json
import re
from threading import Lock
from urllib.parse import quote, quote_plus

MASK = "[hidden]"
"""What stands in the place of a secret."""

_SHORTEST = 8  # a shorter value would turn up in the middle of ordinary words

_VALUE = r"""(?:\[hidden\]|b?"(?:\\.|[^"\\])*"|b?'(?:\\.|[^'\\])*'|[^\s"'&,;)}\]]+)"""

_HEADERS = (
    "authorization|proxy-authorization|x-api-key|x-immich-user-token|x-immich-session-token"
    "|x-immich-share-key|x-immich-share-slug|x-goog-api-key|set-cookie|cookie"
)
_NAMES = (
    r"api[_-]?key|x-api-key|immich_api_key|(?:access|refresh|id|user|upload|session|share|csrf)"
    r"[_-]?token|token|session[_-]?key|(?:google_)?client[_-]?secret|app_secret_key|secret|code_verifier"
    r"|(?:old|new)?password|passwd|passphrase|immich_access_token|pentaprism_session"
)
_WEAK = "key|slug|code|pass|state|sig|signature"
_SERVICES = (
    "tgram|discord|slack|pover|gotify|ntfy|mailto|matrix|mmost|rocket|pbul|prowl|ifttt|join|hassio"
    "|signal|twilio|pagerduty|opsgenie|wxteams|webex|workflow|zulip|whatsapp|mailgun|sendgrid|ses"
    "|sns|fcm|bark|simplepush|spush|pushy|psafer|schan|line|guilded|revolt|nctalk|ncloud|o365|azure"
    "|vonage|nexmo|sinch|brevo|resend|postmark|smtp2go|threema|gchat|lark|feishu|dingtalk|wecombot"
    "|notifiarr|pushdeer|pjet|push|synology|apprise|mastodon|toot|bluesky|bsky|flock|ryver|kook"
)


_KEEP_NAME = rf"\1{MASK}"

_PATTERNS = (
    # Notification services hold their tokens anywhere in the address, even as the host.
    (re.compile(rf"(?i)\b((?:{_SERVICES})s?://)[^\s\"'<>]+"), _KEEP_NAME),
    (re.compile(r"(?i)(\bdiscord(?:app)?\.com/api/webhooks/)[^\s\"'<>]+"), _KEEP_NAME),
    (re.compile(r"(?i)(\bhooks\.slack\.com/(?:services|workflows)/)[^\s\"'<>]+"), _KEEP_NAME),
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/?#\"'<>]+(?=@)"), _KEEP_NAME),
    # A header in a dictionary, in a pair, and on a line of its own, which it fills to the end.
    (re.compile(rf"""(?i)(b?["'](?:{_HEADERS})["']\s*[:,]\s*){_VALUE}"""), _KEEP_NAME),
    (re.compile(rf"(?i)(\b(?:{_HEADERS})\s*[:=]\s*)[^\r\n]+"), _KEEP_NAME),
    (re.compile(rf"""(?i)(["'](?:{_NAMES})["']\s*[:,=]\s*){_VALUE}"""), _KEEP_NAME),
    (re.compile(rf"(?i)((?<![a-z0-9])(?:{_NAMES})\s?=\s?){_VALUE}"), _KEEP_NAME),
    (re.compile(rf"(?i)((?<![a-z0-9])(?:{_NAMES}): ?)(?=\S{{8}}){_VALUE}"), _KEEP_NAME),
    # Words that mean other things as well: in a query always, elsewhere if it looks like a secret.
    (re.compile(rf"(?i)([?&](?:{_WEAK})=)[^\s&\"'<>]+"), _KEEP_NAME),
    (
        re.compile(
            rf"""(?i)(\b(?:{_WEAK})(?:=|["']\s*:\s*["']?))(?=[^\s&"']{{0,64}}\d)[\w./%~+=-]{{16,}}"""
        ),
        _KEEP_NAME,
    ),
    (re.compile(r"(?i)(\bbearer\s+)[\w.~+/=-]{6,}"), _KEEP_NAME),
    (re.compile(r"(?i)(\bbasic\s+)(?=[\w+/-]*[\d=])[\w+/-]{6,}=*"), _KEEP_NAME),
    (
        re.compile(
            r"\bya29\.[\w.-]{6,}"  # Google: access token, refresh token, client secret, code, key
            r"|\b1(?://|%2[Ff]%2[Ff])0[\w-]{10,}"
            r"|\bGOCSPX-[\w-]{6,}"
            r"|\b4(?:/|%2[Ff])0[\w-]{16,}"
            r"|\bAIza[\w-]{20,}"
            r"|\bgAAAAA[\w=-]{16,}"  # Fernet
            r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # JSON web token
            r"|\b(?:bot)?\d{6,}:AA[\w-]{20,}"  # Telegram
            r"|\bxox[a-z]-[\w-]{10,}"  # Slack
            r"|\btk_[a-z0-9]{20,}"  # ntfy
        ),
        MASK,
    ),
)


class _Known:
    """The secrets that were made known, the longest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: tuple[str, ...] = ()
        self._known: frozenset[str] = frozenset()

    def __contains__(self, value: str) -> bool:
        """Tell whether ``value`` is one of them."""
        return value in self._known

    def add(self, forms: set[str]) -> None:
        """Remember ``forms``, each of which is a secret."""
        with self._lock:
            if not forms <= self._known:
                self._known |= forms
                self._values = tuple(sorted(self._known, key=len, reverse=True))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known, self._values = frozenset(), ()

    def remove_from(self, text: str) -> str:
        """Return ``text`` without any of them."""
        for value in self._values:
            if value in text:
                text = text.replace(value, MASK)
        return text


_known = _Known()


def hide(value: str) -> None:
    """Keep ``value`` out of every log line from now on, also escaped or in an address.

    A value of fewer than 8 characters is left alone: it would turn up inside ordinary words.
    """
    if len(value) < _SHORTEST or value in _known:
        return
    plain = value.encode("utf-8", "replace").decode("utf-8")
    forms = {
        value,
        repr(value)[1:-1],
        ascii(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(plain),
        quote(plain, safe=""),
        quote_plus(plain),
    }
    _known.add(forms)


def forget() -> None:
    """Forget all values that `hide` was told of: another program begins in this process."""
    _known.clear()


def redact(text: str) -> str:
    """Return ``text`` with `MASK` in the place of every secret."""
    # Patterns first: a known value might be the very word that a pattern goes by.
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _known.remove_from(text)
