"""Addresses of notification services, as Apprise writes them: checked, and told without secrets."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, NotifyBase, PersistentStoreMode
from apprise.manager_plugins import NotificationManager
from apprise.plugins import url_to_dict

from pentaprism.errors import InvalidError
from pentaprism.notifications.hearing import hearing

_LOCAL = frozenset({
    "blink1", "custom", "dbus", "file", "gio", "glib", "gnome", "growl", "kde", "macosx", "qt",
    "syslog", "vapid", "windows",
})  # fmt: skip
"""Schemas of what is shown, run or written on the server's own machine."""

_BUILT_IN = "apprise.plugins."
_FILES = frozenset({"keyfile", "subfile", "pgp_key", "pgp_privkey", "pgp_mode"})
"""What Apprise reads (or for PGP, writes) files for, in every service that knows it."""

_TEMPLATED = frozenset({"discord", "guilded", "slack", "telegram", "workflows"})
"""The modules in which ``template`` is a path of a file; elsewhere it is an id at the service."""

_LONG_LABEL = 20  # a part of a host name that long and with digits may be a secret itself
_services = NotificationManager()  # type: ignore[no-untyped-call]
_SCHEMA = re.compile(r"\s*([a-z0-9]{1,32})://", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)


def check_url(url: str) -> None:
    """Return if a message can be sent to ``url``; nothing is sent.

    Raises `InvalidError` with code ``notification_url`` where Apprise does not understand it, and
    for what would act on the server's own machine or read files there. Hosts in the server's
    network are allowed, since a self-hosted ntfy or Gotify is one: whoever may save an address can
    therefore let the server send a message to any host that it reaches.
    """
    instantiate(url)


def describe(url: str) -> str:
    """Return how ``url`` may be shown: the service and, where it has one of its own, the host.

    No user, token or password is in it. An address that Apprise does not understand is told as
    “Unknown service”.
    """
    try:
        service = instantiate(url)
    except InvalidError:
        return "Unknown service"
    name = str(service.service_name)
    host = _shown_host(service)
    return f"{name} at {host}" if host else name


def instantiate(url: str) -> NotifyBase:
    """Return Apprise's object for ``url``; raises as `check_url` does."""
    text = url.strip()
    schema = _SCHEMA.match(text)
    if schema is None:
        raise _invalid("is not complete", "It starts with a service and ://, such as ntfy://.")
    if schema[1].lower() in _LOCAL:
        raise _refused()
    with hearing():
        parsed = _parse(text)
        if parsed is None:
            raise _not_understood(schema[1].lower())
        _refuse_files(parsed)
        service = _make(parsed)
    if service is None:
        raise _not_understood(schema[1].lower())
    if not type(service).__module__.startswith(_BUILT_IN):
        raise _refused()
    return service


def _parse(text: str) -> dict[str, Any] | None:
    try:
        return url_to_dict(text)  # type: ignore[no-any-return, no-untyped-call]
    except Exception:  # noqa: BLE001 - each service parses in its own way, and some badly
        return None


def _make(parsed: dict[str, Any]) -> NotifyBase | None:
    asset = AppriseAsset(
        app_id="Pentaprism",
        app_desc="Pentaprism",
        storage_mode=PersistentStoreMode.MEMORY,
        allow_templates=False,
        plugin_paths=[],
    )
    try:
        return Apprise.instantiate(parsed, asset=asset)
    except Exception:  # noqa: BLE001 - as above
        return None


def _refuse_files(parsed: dict[str, Any]) -> None:
    module = _module(str(parsed.get("schema", "")).lower())
    if any(parsed.get(name) for name in _FILES):
        raise _refused()
    if parsed.get("template") and module in _TEMPLATED:
        raise _refused()


def _module(schema: str) -> str:
    if schema not in _services:
        return ""
    return str(_services[schema].__module__).removeprefix(_BUILT_IN).split(".")[0]


def _shown_host(service: NotifyBase) -> str:
    """Return the host of a service that has one; where tokens take its place, nothing."""
    templates: tuple[str, ...] = service.templates
    if not any("{host}" in template for template in templates):
        return ""
    try:
        parts = urlsplit(service.url(privacy=True))  # type: ignore[no-untyped-call]
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    own = str(service.host or "").strip("[]").lower()
    if not host or host != own or not _is_host(host, has_port=port is not None):
        return ""
    return host


def _is_host(host: str, *, has_port: bool) -> bool:
    """Tell whether ``host`` is surely one, and not a topic or a token in a host's place."""
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return True
    if not _HOST.fullmatch(host):
        return False
    if any(len(part) >= _LONG_LABEL and re.search(r"\d", part) for part in host.split(".")):
        return False
    return has_port or "." in host or host == "localhost"


def _invalid(why: str, hint: str) -> InvalidError:
    # The address itself is not repeated: it holds tokens and passwords.
    return InvalidError(f"The address for notifications {why}.", code="notification_url", hint=hint)


def _not_understood(schema: str) -> InvalidError:
    if schema in _services and not _services[schema].enabled:
        return _invalid(
            "is of a service that needs a program which is not installed here",
            "Use another service, such as ntfy, Gotify or e-mail.",
        )
    return _invalid(
        "cannot be used: its service is unknown, or a part of it is missing",
        "Apprise describes the address of each service at https://appriseit.com/services/.",
    )


def _refused() -> InvalidError:
    return _invalid(
        "would act on the server's own machine or read a file there",
        "Use a service that is reached over the network, without files in its address.",
    )
