"""Which addresses of notification services are taken, and how they are shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from apprise import Apprise
from hypothesis import given
from hypothesis import strategies as st

from pentaprism.errors import InvalidError
from pentaprism.notifications import check_url, describe

SHOWN = {
    "ntfy://ntfy.sh/photos-of-anna": "ntfy at ntfy.sh",
    "ntfy://a-secret-topic": "ntfy",
    "ntfy://anna:hunter2pass@ntfy.example.org/photos": "ntfy at ntfy.example.org",
    "ntfys://tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2@ntfy.example.org/photos": "ntfy at ntfy.example.org",
    "tgram://123456789:AAE-abcdefghijklmnopqrstuvwxyz012345/12315544/": "Telegram",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": "Discord",
    "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": "Discord",
    "mailto://anna:hunter2pass@gmail.com": "E-Mail at gmail.com",
    "mailtos://mail.example.org:465?user=anna&pass=hunter2pass&from=anna@example.org&to=b@c.org": (
        "E-Mail at mail.example.org"
    ),
    "gotify://gotify.example.org/AbCdEf123456789": "Gotify at gotify.example.org",
    "gotify://192.168.1.5:8080/AbCdEf123456789": "Gotify at 192.168.1.5",
    "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuu7@aaaaaaaaaaaaaaaaaaaaaaaaaaaaa7": "Pushover",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general": "Slack",
    "pbul://o.gn5kj6nfhv736I7jC3cj3QLRiyhgl98b": "Pushbullet",
    "json://anna:hunter2pass@127.0.0.1:8080/hook?+X-Token=abcdefgh": "JSON at 127.0.0.1",
    "jsons://hooks.example.org/services/0123456789abcdef": "JSON at hooks.example.org",
    "jsons://a81f3bc02d9917ee45aa.hooks.example.org/": "JSON",
    "json://[::1]:8080/hook": "JSON at ::1",
    "hassio://home.example.org/0123456789abcdefghij": "HomeAssistant at home.example.org",
}

LOCAL = [
    "dbus://",
    "gnome://",
    "kde://",
    "windows://",
    "macosx://",
    "syslog://",
    "Syslog://auth",
    "blink1://",
    "file:///etc/passwd",
    "vapid://anna@example.org?keyfile=/data/key.pem",
    "fcm://project@apikey/DEVICE?keyfile=/run/secrets/app",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/run/secrets/app",
    "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/etc/passwd",
    "tgram://123456789:AAE-abcdefghijklmnopqrstuvwxyz012345/1/?template=file:///etc/passwd",
    "workflows://host/abcd/efgh/?template=/etc/passwd",
    "mailto://anna:hunter2pass@gmail.com?pgp=sign&pgpprv=/etc/ssl/key",
]

MEANINGLESS = [
    "",
    "   ",
    "ntfy",
    "foo://bar",
    "mailto://x",
    "http://example.org",
    "tgram://x",
    "://",
]

FILE_ARGUMENTS = {
    ("Power Automate / Workflows (for MSTeams)", "template"),
    ("Firebase Cloud Messaging", "keyfile"),
    ("Discord", "template"),
    ("Guilded", "template"),
    ("Telegram", "template"),
    ("Slack", "template"),
    ("Vapid Web Push Notifications", "keyfile"),
    ("Vapid Web Push Notifications", "subfile"),
    ("E-Mail", "pgppub"),
    ("E-Mail", "pgpprv"),
    ("Delta Chat", "pgppub"),
    ("Delta Chat", "pgpprv"),
}


@pytest.mark.parametrize("url", SHOWN)
def test_an_address_is_shown_as_its_service_and_host(url: str) -> None:
    check_url(url)
    assert describe(url) == SHOWN[url]


@pytest.mark.parametrize("url", LOCAL)
def test_what_acts_on_the_server_itself_is_refused(url: str) -> None:
    with pytest.raises(InvalidError, match="own machine") as refused:
        check_url(url)
    assert refused.value.code == "notification_url"
    assert "over the network" in refused.value.hint
    assert describe(url) == "Unknown service"


@pytest.mark.parametrize("url", MEANINGLESS)
def test_what_apprise_does_not_understand_is_refused(url: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_url(url)
    assert refused.value.code == "notification_url"
    assert refused.value.hint
    assert describe(url) == "Unknown service"


def test_a_service_that_is_not_installed_is_told_apart() -> None:
    with pytest.raises(InvalidError, match="not installed here"):
        check_url("mqtt://anna:hunter2pass@mqtt.example.org/topic")


def test_a_refusal_does_not_repeat_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidError) as refused:
        check_url("tgram://hunter2pass/")
    assert "hunter2pass" not in f"{refused.value} {refused.value.hint} {caplog.text}"


def test_every_argument_of_apprise_that_names_a_file_is_known() -> None:
    """A new one in a later Apprise has to be looked at before it is let through."""
    details = Apprise().details(show_disabled=True)["schemas"]
    of_addresses = {"fullpath", "webhook_path", "workflow_path", "path", "file_url", "filename"}
    found = {
        (str(service["service_name"]), name)
        for service in details
        for part in ("args", "tokens", "kwargs")
        for name, told in service["details"][part].items()
        if str(told.get("name", "")).lower().endswith(("file", "path"))
        and told.get("map_to") not in of_addresses
    }
    assert found == FILE_ARGUMENTS


@given(st.text(), st.sampled_from(["ntfy", "gotify", "json", "mailto", "tgram", "slack", "x", ""]))
def test_any_text_is_taken_or_refused_in_words(text: str, schema: str) -> None:
    url = f"{schema}://{text}"
    with suppress(InvalidError):
        check_url(url)
    assert describe(url)


@given(st.from_regex(r"[a-z]{4}[0-9][a-z0-9A-Z]{16,24}", fullmatch=True))
def test_a_token_is_never_shown(token: str) -> None:
    for url in (
        f"gotify://gotify.example.org/{token}",
        f"ntfys://anna:{token}@ntfy.example.org/photos",
        f"ntfys://{token}@ntfy.example.org/photos",
        f"ntfy://{token}",
        f"tgram://123456789:{token}{token}/1/",
        f"discord://{token}/{token}",
        f"json://{token}:{token}@example.org:80/{token}?-k={token}&+h={token}",
        f"mailtos://anna:{token}@example.org",
        f"hassio://example.org/{token}",
        f"pover://{token}{token}@{token}{token}",
    ):
        assert token.lower() not in describe(url).lower()
