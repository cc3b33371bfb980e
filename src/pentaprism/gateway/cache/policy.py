"""What of Immich's replies may be kept, for how long, and for which requests it may be used.

Pure. Sources: RFC 9111 (caching) and RFC 9110 (conditional requests); stricter than they are
wherever somebody might see what is not theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache

type Headers = Iterable[tuple[bytes, bytes]]

MOST_BODY = 2 * 1024 * 1024
"""The longest body that is kept, in bytes."""

_OK = 200
_PATHS = re.compile(
    rb"/api/(?:assets|people)/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    rb"/(thumbnail|original)"
)
_PREFIXES = (b"/api/assets/", b"/api/people/")

# Cache-Control of a request that changes nothing: it allows more than is ever done here.
_HARMLESS = frozenset({b"no-transform", b"max-stale", b"stale-if-error", b"stale-while-revalidate"})
_RELOADING = frozenset({b"no-cache", b"max-age"})
_VARIES = frozenset({b"accept", b"accept-encoding", b"origin"})

_DIRECTIVE = re.compile(
    rb"""[\s,]* ([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (?: = ("(?:[^"\\]|\\.)*" | [^\s,"]*) )? """,
    re.VERBOSE,
)
_SEPARATED = re.compile(rb"\s*(?:,|$)")
_DIGITS = re.compile(rb"[0-9]{1,9}")

_ACCEPT, _ENCODING, _ORIGIN, _MATCH, _SINCE, _CONTROL, _OTHER = range(7)
_ROLES = {
    b"accept": _ACCEPT,
    b"accept-encoding": _ENCODING,
    b"origin": _ORIGIN,
    b"if-none-match": _MATCH,
    b"if-modified-since": _SINCE,
    b"cache-control": _CONTROL,
    b"pragma": _CONTROL,
    b"range": _OTHER,
    b"if-range": _OTHER,
    b"if-match": _OTHER,
    b"if-unmodified-since": _OTHER,
    b"content-length": _OTHER,
    b"transfer-encoding": _OTHER,
    b"upgrade": _OTHER,
    b"expect": _OTHER,
}


@dataclass(slots=True)
class Wish:
    """What a request says about how it wants to be answered.

    ``chooses`` are the headers by which a server may choose among replies to one URL.
    ``bypass``: it is for Immich alone to answer; ``reload``: and what is kept is not to be trusted
    any longer, because the client asks for the newest.
    """

    chooses: tuple[bytes, bytes, bytes] = (b"", b"", b"")
    none_match: bytes | None = None
    since: bytes | None = None
    bypass: bool = False
    reload: bool = False

    @property
    def conditional(self) -> bool:
        """Whether the client has a reply already and asks whether it still holds."""
        return self.none_match is not None or self.since is not None


def subject_of(raw_path: bytes) -> bytes | None:
    """Return the id in a path whose replies may be kept, in lower case, and None of other paths.

    Pictures only: no video, nothing that changes without its own address changing.
    """
    if not raw_path.startswith(_PREFIXES):
        return None
    found = _PATHS.fullmatch(raw_path)
    if found is None or (found[2] == b"original" and raw_path.startswith(_PREFIXES[1])):
        return None
    return found[1].lower()


def may_keep(method: str, raw_path: bytes) -> bool:
    """Return whether a request is one that may be answered from what was kept."""
    return (method == "GET" or method == "HEAD") and subject_of(raw_path) is not None  # noqa: PLR1714 - quicker than a set


def read_wish(headers: Headers) -> Wish:
    """Return what the headers of a request ask for; their names are in lower case."""
    wish = Wish()
    accept = encoding = origin = b""
    role_of = _ROLES.get
    for name, value in headers:
        role = role_of(name)
        if role is None:
            continue
        if role == _ACCEPT:
            accept = accept + b"\n" + value if accept else value
        elif role == _ENCODING:
            encoding = encoding + b"\n" + value if encoding else value
        elif role == _ORIGIN:
            origin = origin + b"\n" + value if origin else value
        else:
            _restrict(wish, role, name, value)
    wish.chooses = (accept, encoding, origin)
    return wish


def _restrict(wish: Wish, role: int, name: bytes, value: bytes) -> None:
    if role == _MATCH:
        wish.none_match = value if wish.none_match is None else wish.none_match + b", " + value
    elif role == _SINCE:
        wish.since = value if wish.since is None else b""
    elif role == _CONTROL:
        directives = _directives(value)
        if directives is None or not directives.keys() <= _HARMLESS:
            wish.bypass = True
            wish.reload |= directives is None or not _RELOADING.isdisjoint(directives)
    elif name != b"content-length" or value != b"0":
        wish.bypass = True


def lifetime_of(status: int, headers: Headers, most: float) -> float | None:
    """Return for how many seconds a reply to a GET may be used, and None if not to be kept.

    0 means that it is kept and may be used only after Immich has said that it holds. ``most`` is
    the longest; a reply that names no length may end early without anybody knowing, and is none.
    """
    if status != _OK or most <= 0:
        return None
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        key = name.lower()
        if key in {b"set-cookie", b"content-range", b"trailer", b"transfer-encoding"}:
            return None
        if key in found:
            if key in {b"content-length", b"content-type"}:
                return None
            found[key] = found[key] + b", " + value
        else:
            found[key] = value
    if not _is_small_picture(found) or not _varies_by_key(found.get(b"vary", b"")):
        return None
    return lifetime_said(found.get(b"cache-control", b""), most)


def lifetime_said(control: bytes, most: float) -> float | None:
    """Return what Cache-Control of a reply allows, as `lifetime_of` does."""
    directives = _directives(control)
    if directives is None or directives.get(b"private", b"no") or b"no-store" in directives:
        return None  # ``private="a-header"`` means another thing than private
    if b"no-cache" in directives:
        return 0.0
    age = directives.get(b"max-age", b"").strip(b'"')
    return min(float(age), most) if _DIGITS.fullmatch(age) else 0.0


def _is_small_picture(headers: dict[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    return (
        headers.get(b"content-type", b"").lower().startswith(b"image/")
        and _DIGITS.fullmatch(length) is not None
        and int(length) <= MOST_BODY
    )


def _varies_by_key(vary: bytes) -> bool:
    return all(name.strip().lower() in _VARIES for name in vary.split(b",") if name.strip())


@lru_cache(maxsize=256)
def _directives(control: bytes) -> dict[bytes, bytes] | None:
    """Return the directives of a Cache-Control, and None of what cannot be read.

    The value of one without an argument is empty; of one that is there twice, the values are
    joined, so that they mean nothing.
    """
    found: dict[bytes, bytes] = {}
    at, end = 0, len(control.rstrip(b", \t"))
    while at < end:
        one = _DIRECTIVE.match(control, at)
        if one is None or _SEPARATED.match(control, one.end()) is None:
            return None
        name = one[1].lower()
        value = one[2] or b""
        found[name] = found[name] + b";" + value if name in found else value
        at = one.end()
    return found


def not_modified(wish: Wish, etag: bytes | None, modified: bytes | None) -> bool:
    """Return whether what the client has is what was kept, so that 304 says enough.

    ETags are compared weakly (RFC 9110, 13.1.2), and count alone where the client names any.
    """
    if wish.none_match is not None:
        return _matches(wish.none_match, etag)
    if wish.since is None or modified is None:
        return False
    if wish.since == modified:
        return True
    try:
        return parsedate_to_datetime(modified.decode("ascii")) <= parsedate_to_datetime(
            wish.since.decode("ascii")
        )
    except (ValueError, TypeError, IndexError):
        return False


def _matches(none_match: bytes, etag: bytes | None) -> bool:
    if none_match.strip() == b"*":
        return True
    if etag is None:
        return False
    opaque = etag.removeprefix(b"W/")
    return any(one == opaque for one in _ETAG.findall(none_match))


_ETAG = re.compile(rb'(?:W/)?("[^"]*")')
