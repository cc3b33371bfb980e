"""Search by metadata: which assets, in which order; kept until the library changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.library import Library


@dataclass(frozen=True, slots=True)
class Query:
    """The filters of a search; None does not filter.

    Several ``album_ids`` mean AND; without any the search goes through all of the user and of the
    user's partners. Without a visibility all but locked assets are listed. ``since`` and ``until``
    limit fields of an asset that hold a time, by their names, both ends included.
    """

    user_id: str
    album_ids: tuple[str, ...] = ()
    tag_ids: tuple[str, ...] = ()
    visibility: str | None = None
    asset_type: str | None = None
    asset_id: str | None = None
    checksum: bytes | None = None
    filename: str | None = None
    is_favorite: bool | None = None
    is_offline: bool | None = None
    is_not_in_album: bool | None = None
    with_deleted: bool = False
    with_stacked: bool = True
    descending: bool = True
    since: tuple[tuple[str, int], ...] = ()
    until: tuple[tuple[str, int], ...] = ()


class Listing:
    """Answers searches; the order of one is kept, so that its pages do not sort again."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: tuple[int, Query, list[Asset]] | None = None

    def find(self, query: Query) -> list[Asset]:
        """Return all assets that match, by time of capture, then by id."""
        revision = self._library.revision
        if self._kept and self._kept[:2] == (revision, query):
            return self._kept[2]
        matches = _matcher(self._library, query)
        found = [asset for asset in self._candidates(query) if matches(asset)]
        found.sort(key=lambda asset: (asset.taken, asset.id), reverse=query.descending)
        self._kept = (revision, query, found)
        return found

    def _candidates(self, query: Query) -> list[Asset]:
        assets = self._library.assets
        if len(set(query.album_ids)) < len(query.album_ids):
            return []  # Immich counts distinct albums and compares with the ids given
        if query.album_ids:
            first, *rest = (self._library.albums[id_].assets for id_ in query.album_ids)
            return [assets[id_] for id_ in first if all(id_ in other for other in rest)]
        users = {query.user_id, *self._library.partners.get(query.user_id, ())}
        return [asset for asset in assets.values() if asset.owner_id in users]


def _matcher(library: Library, query: Query) -> Callable[[Asset], bool]:
    """Return a test for one asset, made of the filters that were given."""
    tests: list[Callable[[Asset], bool]] = []
    if query.visibility is None:
        tests.append(lambda a: a.visibility != "locked")
    else:
        tests.append(lambda a: a.visibility == query.visibility)
    if not query.with_deleted and not query.is_offline:
        tests.append(lambda a: a.deleted is None)
    if not query.with_stacked:
        tests.append(lambda a: a.stack_id is None)
    if query.is_not_in_album:
        held = {id_ for album in library.albums.values() for id_ in album.assets}
        tests.append(lambda a: a.id not in held)
    tests += _equalities(query)
    tests += [partial(_is_since, name, time) for name, time in query.since]
    tests += [partial(_is_until, name, time) for name, time in query.until]
    return lambda asset: all(test(asset) for test in tests)


def _is_since(name: str, time: int, asset: Asset) -> bool:
    value = getattr(asset, name)
    return value is not None and value >= time


def _is_until(name: str, time: int, asset: Asset) -> bool:
    value = getattr(asset, name)
    return value is not None and value <= time


def _equalities(query: Query) -> list[Callable[[Asset], bool]]:
    possible: list[tuple[object, Callable[[Asset], bool]]] = [
        (query.is_offline, lambda a: a.is_offline == query.is_offline),
        (query.is_favorite, lambda a: a.is_favorite == query.is_favorite),
        (query.asset_id, lambda a: a.id == query.asset_id),
        (query.checksum, lambda a: a.checksum == query.checksum),
        (query.asset_type, lambda a: a.is_video == (query.asset_type == "VIDEO")),
        (query.filename, lambda a: (query.filename or "").lower() in a.filename.lower()),
        (query.tag_ids or None, lambda a: set(query.tag_ids) <= set(a.tag_ids)),
    ]
    return [test for wanted, test in possible if wanted is not None]
