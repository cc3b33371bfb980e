"""What the settings page shows of things that are not shown themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pentaprism.notifications import describe
from pentaprism.web.catalogue import gettext as _

_BROWSERS = (
    ("Firefox", re.compile(r"Firefox/(\d+)")),
    ("Edge", re.compile(r"Edg\w*/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|HeadlessChrome)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)\S* .*Safari")),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class ShownUrl:
    """An address for notices: ``name`` may be shown, ``url`` may not; ``id`` tells which it is."""

    id: str
    name: str
    url: str = field(repr=False)


def shown_urls(urls: Sequence[str]) -> list[ShownUrl]:
    """Return how ``urls`` may be shown."""
    return [
        ShownUrl(hashlib.sha256(url.encode()).hexdigest()[:24], describe(url), url) for url in urls
    ]


def browser_of(user_agent: str) -> str:
    """Return the browser and the system that ``user_agent`` names, as far as it does."""
    browser = next(
        (f"{name} {found[1]}" for name, look in _BROWSERS if (found := look.search(user_agent))),
        "",
    )
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
