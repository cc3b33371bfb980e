"""What a page leads to: every address in its HTML, told apart by where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

ATTRIBUTES = frozenset({
    "href", "src", "action", "formaction", "poster", "manifest",
    "data-url", "data-href", "data-src",
    "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-sse:connect",
    "hx-push-url", "hx-replace-url",
})  # fmt: skip
"""Attributes whose value is an address."""

_TOLD = re.compile(r"""["'(\s](/[a-z][a-z0-9/_.-]*)""")


@dataclass
class Addresses(HTMLParser):
    """The addresses in a page, as ``(tag, attribute, address)``."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value in {None, "true", "false"}:
                continue
            if name in ATTRIBUTES:
                self.found.append((tag, name, value.strip()))
            elif name == "srcset":
                self.found += [(tag, name, one.split()[0]) for one in value.split(",")]
            elif name.startswith(("hx-", "data-")):
                self.found += [(tag, name, path) for path in _TOLD.findall(f" {value}")]


def addresses(html: str) -> list[tuple[str, str, str]]:
    """Return every address in ``html``."""
    parser = Addresses()
    parser.feed(html)
    return parser.found


def imports(module: str) -> list[str]:
    """Return what a module of the browser imports."""
    return re.findall(r"""(?:from|import)\s*\(?["']([^"']+)["']""", module)
