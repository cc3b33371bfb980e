"""How to reach an Immich server: the options of a client and the address they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from pentaprism.errors import ActionRequiredError, InvalidError

_PORTS = {"http": 80, "https": 443}
_API = "api"


@dataclass(frozen=True, slots=True)
class ImmichOptions:
    """What a client needs to know; the key never shows in a repr.

    ``url`` with or without ``/api``. ``ca_file``: a PEM file trusted beside the system's.
    ``connections``: the most requests under way at once. ``bandwidth``: bytes a second over all
    of them, None for no limit. ``timeout``: seconds without a byte after which a call is
    repeated, at most ``retries`` times. ``edited``: take pictures that were edited inside Immich
    (3.x) with their edits instead of untouched.
    """

    url: str
    api_key: str = field(repr=False)
    ca_file: Path | None = None
    connections: int = 8
    bandwidth: int | None = None
    timeout: float = 60.0
    retries: int = 5
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Where the API is: ``base`` is the path in front of every route, such as ``/api``."""

    scheme: str
    host: str
    port: int
    base: str

    @property
    def secure(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The value of the Host header: ASCII, with the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority, as messages name the server."""
        return f"{self.scheme}://{self.authority}"

    @property
    def local(self) -> bool:
        """Whether the server is on this machine, where compressing costs more than it saves."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def parse_url(url: str) -> Address:
    """Return the address that ``url`` means; raise `InvalidError` with code ``url``."""
    parts, port = _split(url.strip())
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _invalid(
            "is not an address of the form http://host:port",
            "Start it with http:// or https://, such as http://photos.example.org:2283.",
        )
    if parts.username is not None or parts.password is not None:
        raise _invalid(
            "holds a user name or password",
            "Leave it out: Immich is spoken to with an API key.",
        )
    if parts.query or parts.fragment:
        raise _invalid("has a ? or # in it", "Give the address up to the port.")
    try:
        host = parts.hostname if ":" in parts.hostname else _ascii_host(parts.hostname)
    except UnicodeError:
        raise _invalid("has a host name that cannot exist", "Check its spelling.") from None
    steps = [step for step in parts.path.split("/") if step]
    if steps[-1:] != [_API]:
        steps.append(_API)
    base = "".join(f"/{quote(step, safe='%')}" for step in steps)
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], base)


def check_key(key: str) -> str:
    """Return ``key`` trimmed; raise when it can be none, without showing it."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ActionRequiredError(
            "The Immich API key is empty or has characters that no key has.",
            code="bad_key",
            hint="Copy it again, or make a new one in Immich under Account Settings > API Keys.",
        )
    return key


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid("cannot be read", "Check its brackets and its port.") from None
    return parts, port


def _ascii_host(host: str) -> str:
    if any(ord(c) <= ord(" ") for c in host):
        raise UnicodeError
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _invalid(why: str, hint: str) -> InvalidError:
    # The address itself is not repeated: it may hold a password.
    return InvalidError(f"The Immich address {why}.", code="url", hint=hint)
