"""An Immich that puts into each reply all that it was shown, so that no two callers' are alike.

It knows two users and every way in which they may come. What it answers is a function of the
request, so a test knows what must arrive, and from whose reply a wrong byte comes.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from raw_http import Headers, Message, written

_JSON = [(b"Content-Type", b"application/json; charset=utf-8")]
_PICTURE = [(b"Content-Type", b"image/jpeg"), (b"Cache-Control", b"private, max-age=86400")]
_TOKENS = (b"x-immich-user-token", b"x-immich-session-token")
_SHARES = (b"x-immich-share-key", b"x-immich-share-slug")
_CARRIERS = {b"authorization", b"cookie", b"x-api-key", *_TOKENS, *_SHARES}


@dataclass(frozen=True)
class Way:
    """One way to come: headers and parameters; ``who`` is whom Immich takes it for."""

    who: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    query: bytes = b""


def ways(*users: str) -> Iterator[Way]:
    """Yield all ways of ``users``, of strangers, of share links, and of several at once."""
    singles = [way for user in users for way in _single(user, user.encode())]
    yield from singles
    yield from (Way("", way.headers, way.query) for way in _single("", b"nobody"))
    yield Way("")
    first, second = users
    session, key = b"x-immich-session-token", b"x-api-key"
    yield Way(first, ((session, first.encode()), (key, second.encode())))
    yield Way(second, ((session, second.encode()), (key, first.encode())))
    yield Way(second, ((key, first.encode()),), b"sessionKey=" + second.encode())
    yield Way(first, ((b"cookie", b"immich_access_token=%b" % second.encode()),
                      (_TOKENS[0], first.encode())))  # fmt: skip
    for name in (b"key", b"slug"):
        for user in users:
            value = user.encode()
            yield Way("", (), b"%b=of-%b" % (name, value))
            yield Way("", ((b"x-immich-share-" + name, b"of-" + value),))
            yield Way("", ((key, value),), b"%b=of-%b" % (name, value))


def _single(who: str, value: bytes) -> Iterator[Way]:
    yield Way(who, ((b"x-api-key", value),))
    yield Way(who, (), b"apiKey=" + value)
    yield Way(who, (), b"sessionKey=" + value)
    yield Way(who, ((b"authorization", b"Bearer " + value),))
    yield Way(who, ((b"cookie", b"a=b; immich_access_token=" + value),))
    for token in _TOKENS:
        yield Way(who, ((token, value),))


@dataclass
class TellingImmich:
    """Answers as Immich does to ``users``; ``refused`` are those it knows no more."""

    users: Sequence[str]
    refused: set[str] = field(default_factory=set)

    def answer(self, asked: Message) -> bytes:
        """Return the bytes of the reply to a request."""
        path, _, query = asked.target.partition(b"?")
        status, headers, body = self._reply(asked, path, query)
        if status == 200 and asked.all(b"if-none-match") == [_tag(body)]:
            status, body = 304, b""
        else:
            headers = [*headers, (b"Content-Length", b"%d" % len(body))]
        if status in {200, 304}:
            headers = [*headers, (b"ETag", _tag(body) if body else asked.all(b"if-none-match")[0])]
        return written(
            b"HTTP/1.1 %d Told" % status, headers, b"" if asked.method == b"HEAD" else body
        )

    def _reply(self, asked: Message, path: bytes, query: bytes) -> tuple[int, Headers, bytes]:
        who, linked = self._who(asked.headers, dict(parse_qsl(query.decode())))
        if who in self.refused or not (who or linked):
            return 401, _JSON, b'{"message":"Authentication required"}'
        if path in {b"/api/users/me", b"/api/api-keys/me"}:
            if linked:
                return 403, _JSON, b'{"message":"Forbidden"}'
            me = {"id": who, "name": who, "isAdmin": False, "permissions": ["all"]}
            return 200, _JSON, _dumped(me)
        shown = shown_in(asked.headers, asked.target)
        if path.endswith(b"/thumbnail"):
            return 200, _PICTURE, picture(shown)
        return 200, _JSON, _dumped(_about(path, query, shown))

    def _who(self, headers: Headers, query: dict[str, str]) -> tuple[str, bool]:
        """Return who it is, in the order in which Immich looks, and whether it is a share link."""
        sent = {name: value.decode() for name, value in headers}
        if any(name in sent for name in _SHARES) or {"key", "slug"} & query.keys():
            return "", True
        cookie = sent.get(b"cookie", "").partition("immich_access_token=")[2]
        bearer = sent.get(b"authorization", "").partition(" ")[2]
        found = (
            sent.get(_TOKENS[0])
            or sent.get(_TOKENS[1])
            or query.get("sessionKey")
            or bearer
            or cookie
            or sent.get(b"x-api-key")
            or query.get("apiKey", "")
        )
        return (found if found in self.users else ""), False


def shown_in(headers: Sequence[tuple[bytes, bytes]], target: bytes) -> str:
    """Return all that could be a credential in a request, and its address."""
    carried = sorted(b"%b=%b" % pair for pair in headers if pair[0] in _CARRIERS)
    return b" ".join([*carried, target]).decode()


def picture(shown: str) -> bytes:
    """Return a picture that is like no other; some are longer than a packet."""
    return (b"picture for %b\n" % shown.encode()) * (1 + len(shown) % 7 * 40)


def _about(path: bytes, query: bytes, shown: str) -> Any:
    ids = asked_ids(path, query)
    if path == b"/api/timeline/bucket":
        return {"id": ids, "for": [shown] * len(ids)}
    assets = [{"id": one, "for": shown} for one in ids]
    return {"assets": {"items": assets}} if path == b"/api/search/metadata" else assets[0]


def asked_ids(path: bytes, query: bytes) -> list[str]:
    """Return the assets that a request is about: of its path, or those that its query lists."""
    if path.startswith(b"/api/assets/"):
        return [path.split(b"/")[3].decode()]
    return dict(parse_qsl(query.decode()))["ids"].split(".")


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _tag(body: bytes) -> bytes:
    return b'"%b"' % sha256(body).hexdigest()[:20].encode()


@dataclass(frozen=True)
class Asked:
    """A request that is about to be sent."""

    method: bytes
    path: bytes
    way: Way
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def target(self) -> bytes:
        """Return path and query."""
        query = b"&".join(filter(None, (self.query, self.way.query)))
        return self.path + (b"?" + query if query else b"")

    @property
    def bytes(self) -> bytes:
        """Return what is sent."""
        body = b'{"size":250}' if self.method == b"POST" else b""
        headers = [(b"Host", b"photos.test"), *self.way.headers, *self.headers]
        if body:
            headers += [(b"Content-Type", b"application/json"), (b"Content-Length", b"12")]
        return written(b"%b %b HTTP/1.1" % (self.method, self.target), headers, body)

    @property
    def shown(self) -> str:
        """Return what Immich puts into its reply."""
        return shown_in(self.way.headers, self.target)


class Askings:
    """Makes requests at random, with conditions from replies that anybody may have got."""

    def __init__(self, users: Sequence[str], ids: Sequence[str], seed: int) -> None:
        self._ways = list(ways(*users))
        self._ids = ids
        self._random = random.Random(seed)
        self._seen: list[tuple[Asked, bytes]] = []
        self._given: set[tuple[str, bytes]] = set()
        self._last: Asked | None = None

    def seen(self, asked: Asked, reply: Message) -> None:
        """Remember the tag of a reply: the same one asks with it again, and others do."""
        if asked.method == b"GET" and reply.status == 200:
            for tag in reply.all(b"etag"):
                self._seen = [*self._seen[-50:], (asked, tag)]
                self._given.add((asked.shown, tag))

    def gave(self, asked: Asked) -> bool:
        """Return whether the tag in a request was given to just these credentials before."""
        tags = [value for name, value in asked.headers if name == b"if-none-match"]
        return (asked.shown, tags[0]) in self._given

    def next(self) -> Asked:
        """Return a request of anybody for anything."""
        chance = self._random
        if self._seen and chance.random() < 0.3:
            return self._again(*chance.choice(self._seen))
        self._last = self._new(chance)
        return self._last

    def _new(self, chance: random.Random) -> Asked:
        way, one = chance.choice(self._ways), chance.choice(self._ids).encode()
        query = b"ids=" + ".".join(chance.sample(self._ids, 3)).encode()
        headers: list[tuple[bytes, bytes]] = []
        if chance.random() < 0.3:
            headers.append((b"accept-encoding", b"gzip"))
        if self._last is not None and chance.random() < 0.6:
            # Most clients come with the same headers again on a connection.
            way, headers = self._last.way, list(self._last.headers)
        kind = chance.randrange(10)
        if kind < 4:
            asked = (b"GET", b"/api/assets/%b/thumbnail" % one, b"size=preview" * (kind % 2))
        elif kind < 6:
            asked = (chance.choice((b"GET", b"HEAD")), b"/api/assets/" + one, b"")
        elif kind < 7:
            asked = (b"POST", b"/api/search/metadata", query)
        elif kind < 8:
            asked = (b"GET", b"/api/timeline/bucket", query)
        else:
            own = chance.choice((b"assets", b"groups", b"duplicates", b"summary"))
            asked = (b"GET", b"/api/pentaprism/" + own, b"")
        return Asked(asked[0], asked[1], way, asked[2], tuple(headers))

    def _again(self, asked: Asked, tag: bytes) -> Asked:
        """Return a request that was sent before, with the tag of its reply, of anybody."""
        way = self._random.choice([asked.way, self._random.choice(self._ways)])
        headers = [one for one in asked.headers if one[0] != b"if-none-match"]
        return replace(asked, way=way, headers=(*headers, (b"if-none-match", tag)))


def opened(reply: Message) -> bytes:
    """Return the body of a reply without its encoding."""
    return gzip.decompress(reply.body) if reply.all(b"content-encoding") else reply.body
