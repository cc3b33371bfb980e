"""Where in the bytes of a reply more can be told of its assets, and how it gets there.

A reply is neither parsed whole nor written again: what is put in goes between Immich's own bytes,
all of which stay as they are. A reply that is not quite what is expected has no such places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from typing import Any

import msgspec

NAME = "pentaprism"
"""The one key that is added to an asset, or to the columns of a bucket."""

_KEY = f'"{NAME}"'.encode()
_MEMBER = b"," + _KEY + b":"
_SAID_ALREADY = re.compile(_KEY + rb"\s*:")
_BETWEEN = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*")
_ID = b'{"id":"'
_BEGIN = len(_ID) + 36 + 1
# Stands for all items when their place is proved; the first item of a reply has no such key.
_MARK = b"{" + _KEY + b":0}"
_MOST_TRIES = 32


class Kind(Enum):
    """The replies that show assets."""

    DETAIL = "detail"
    SEARCH = "search"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Places:
    """The assets of a reply, and where each is told more about.

    ``cuts`` are offsets into the reply: one for each id, of the brace that closes its object. A
    ``column`` has a single one, of the brace that closes the columns, whatever the number of ids.
    """

    ids: list[str]
    cuts: list[int]
    column: bool = False


class _Identified(msgspec.Struct):
    id: Any = None


class _Found(msgspec.Struct):
    items: list[msgspec.Raw]


class _Search(msgspec.Struct):
    assets: _Found


_DETAIL = msgspec.json.Decoder(_Identified)
_SEARCH = msgspec.json.Decoder(_Search)
_COLUMNS = msgspec.json.Decoder(dict[str, list[Any]])


def find_places(kind: Kind, body: bytes) -> Places | None:
    """Return where ``body``, the JSON of a reply, can tell more; None if it should stay as it is.

    That is one that is broken, of another shape, or tells of assets already.
    """
    try:
        if kind is Kind.SEARCH:
            return _places_in_search(body)
        return _place_in_detail(body) if kind is Kind.DETAIL else _place_in_bucket(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def splice(body: bytes, places: Places, objects: Sequence[bytes]) -> bytes:
    """Return ``body`` with one JSON object for each of `Places.ids` put in."""
    if places.column:
        places = Places(places.ids, places.cuts)
        objects = [b"[" + b",".join(objects) + b"]"]
    pieces: list[bytes] = []
    begin = 0
    for cut, piece in zip(places.cuts, objects, strict=True):
        pieces += (body[begin:cut], _MEMBER, piece)
        begin = cut
    pieces.append(body[begin:])
    return b"".join(pieces)


def _place_in_detail(body: bytes) -> Places | None:
    asset_id = _DETAIL.decode(body).id
    if not isinstance(asset_id, str) or _SAID_ALREADY.search(body):
        return None
    return Places([asset_id], [body.rindex(b"}")])


def _place_in_bucket(body: bytes) -> Places | None:
    columns = _COLUMNS.decode(body)
    ids = columns.get("id")
    if ids is None or any(len(column) != len(ids) for column in columns.values()):
        return None
    if NAME in columns or not all(isinstance(asset_id, str) for asset_id in ids):
        return None
    return Places(ids, [body.rindex(b"}")], column=True)


def _places_in_search(body: bytes) -> Places | None:
    items = _SEARCH.decode(body).assets.items
    if not items:
        return Places([], [])
    # Whoever told of one told of all: to look at the first one takes no time.
    if _SAID_ALREADY.search(items[0]):
        return None
    return _places_if_compact(body, items) or _places_by_looking(body, list(map(bytes, items)))


def _places_if_compact(body: bytes, items: list[msgspec.Raw]) -> Places | None:
    """Return the places in a reply as Immich writes it; None if anything is unlike that.

    Nothing is between the items but commas if they are just as long as all there is between the
    brackets; that these are where they are thought to be is proved by `_is_place`.
    """
    start = body.find(b'"items":[' + bytes(items[0])[:_BEGIN]) + len(b'"items":[')
    ends = accumulate(map(len, items), initial=start - 1)
    commas = [end + before for before, end in enumerate(ends)]
    end = commas[-1]
    if not body.endswith(bytes(items[-1]), start, end) or not _is_place(body, start, end):
        return None
    ids = _read_ids(b"".join([body[comma + 1 : comma + 1 + _BEGIN] for comma in commas[:-1]]))
    return None if ids is None else Places(ids, [comma - 1 for comma in commas[1:]])


def _read_ids(begins: bytes) -> list[str] | None:
    """Return the ids of items that begin so, with one of 36 plain letters each, else None.

    The letters are looked at as columns, of which each is compared at once.
    """
    number, rest = divmod(len(begins), _BEGIN)
    if rest or not begins.isascii() or b"\\" in begins:
        return None
    quotes = _ID.count(b'"') + 1
    if begins.count(b'"') != number * quotes or begins[_BEGIN - 1 :: _BEGIN] != b'"' * number:
        return None
    if any(begins[at::_BEGIN] != _ID[at : at + 1] * number for at in range(len(_ID))):
        return None
    text = begins.decode()
    return [text[at : at + 36] for at in range(len(_ID), len(text), _BEGIN)]


def _places_by_looking(body: bytes, items: list[bytes]) -> Places | None:
    """Return the places in a reply that is written in another way than Immich's."""
    start = -1
    for _ in range(_MOST_TRIES):
        start = body.find(items[0], start + 1)
        if start < 0:
            break
        ends = _follow(body, items, start)
        if ends and _is_place(body, start, ends[-1]):
            return _identified(items, ends)
    return None


def _follow(body: bytes, items: list[bytes], start: int) -> list[int] | None:
    """Return where each item ends if ``items`` follow one another from ``start`` on."""
    ends: list[int] = []
    for item in items:
        if ends:
            between = _BETWEEN.match(body, ends[-1])
            if between is None:
                return None
            start = between.end()
        if not body.startswith(item, start):
            return None
        ends.append(start + len(item))
    return ends


def _identified(items: list[bytes], ends: list[int]) -> Places:
    """Return the places of those items that are objects with an id."""
    places = Places([], [])
    for item, end in zip(items, ends, strict=True):
        asset_id = _DETAIL.decode(item).id if item.startswith(b"{") else None
        if isinstance(asset_id, str):
            places.ids.append(asset_id)
            places.cuts.append(end - 1)
    return places


def _is_place(body: bytes, start: int, end: int) -> bool:
    """Return whether the items of the search are what lies between ``start`` and ``end``.

    They are if something else, put in their place, is found to be the items. Texts that look alike
    may be elsewhere too, in a list of another name for one.
    """
    try:
        found = _SEARCH.decode(body[:start] + _MARK + body[end:])
    except msgspec.DecodeError:
        return False
    return [bytes(item) for item in found.assets.items] == [_MARK]
