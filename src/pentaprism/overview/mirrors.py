"""Mirrors as lists show them: where each writes, its cover, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pentaprism.app import App
from pentaprism.connections.albums import AlbumLists
from pentaprism.destinations.registry import DESTINATIONS
from pentaprism.errors import NotFoundError
from pentaprism.overview.states import MirrorState, Situation, Tone, state_of
from pentaprism.store import Remembered
from pentaprism.store.records import Account, Connection, Mirror, Run

_WORST_FIRST: tuple[Tone, ...] = ("failed", "waiting", "running", "idle", "ok")


@dataclass(frozen=True, slots=True)
class MirrorSummary:
    """A mirror with all that a row about it shows.

    ``place`` is a folder, or the account by its name. ``cover`` is a connection id and an asset id,
    None while the album is not known.
    """

    mirror: Mirror
    place: str
    kind_label: str
    icon: Literal["folder", "cloud"]
    connection_name: str
    cover: tuple[str, str] | None
    last: Run | None
    state: MirrorState
    live: bool

    @property
    def needs_you(self) -> bool:
        """Whether it does not go on until a person acts."""
        return self.state.name == "failed"


class Summaries:
    """The mirrors of people, read again only when something has changed."""

    def __init__(self, app: App, albums: AlbumLists) -> None:
        self._app = app
        self._albums = albums
        self._remembered = Remembered[tuple[MirrorSummary, ...]](app.store.version)

    async def of(self, owner_id: str, live_ids: Collection[str]) -> tuple[MirrorSummary, ...]:
        """Return what `summaries` does."""

        async def read() -> tuple[MirrorSummary, ...]:
            return tuple(await summaries(self._app, owner_id, live_ids, self._albums))

        key = (owner_id, frozenset(live_ids), self._albums.renewed)
        return await self._remembered.get(key, read)


async def summaries(
    app: App, owner_id: str, live_ids: Collection[str], albums: AlbumLists
) -> list[MirrorSummary]:
    """Return the mirrors of ``owner_id`` by name; ``live_ids`` are those with a run at work here.

    Whatever their number, it takes four queries, and Immich is not asked.
    """
    store = app.store
    mirrors = await store.mirrors.list(owner_id)
    last = await store.runs.last_of(owner_id=owner_id)
    connections = {one.id: one for one in await store.connections.list(owner_id)}
    accounts = {one.id: one for one in await app.accounts.list(owner_id)}
    covers = _covers(connections, albums)
    made = [
        _summary(
            mirror,
            _place(mirror, accounts),
            connections.get(mirror.connection_id),
            covers,
            last.get(mirror.id),
            live=mirror.id in live_ids,
        )
        for mirror in mirrors
    ]
    return sorted(made, key=_by_name)


async def summary_of(app: App, mirror: Mirror, *, live: bool, albums: AlbumLists) -> MirrorSummary:
    """Return ``mirror`` with all that is shown of it; Immich is not asked."""
    connection = await app.mirror_connection(mirror)
    try:
        place = await app.place_of(mirror)
    except NotFoundError:
        place = _place(mirror, {})
    last = await app.store.runs.last(mirror.id)
    covers = _covers([connection.id], albums)
    return _summary(mirror, place, connection, covers, last, live=live)


def worst_first(summaries: Iterable[MirrorSummary]) -> list[MirrorSummary]:
    """Return ``summaries`` with those that need a person first, then by name."""
    return sorted(summaries, key=lambda one: (_WORST_FIRST.index(one.state.name), *_by_name(one)))


def _summary(
    mirror: Mirror,
    place: str,
    connection: Connection | None,
    covers: Mapping[tuple[str, str], str],
    last: Run | None,
    *,
    live: bool,
) -> MirrorSummary:
    kind = DESTINATIONS.get(mirror.kind)
    cover = covers.get((mirror.connection_id, mirror.album_id))
    state = state_of(mirror, last, live=live)
    return MirrorSummary(
        mirror=mirror,
        place=place,
        kind_label=kind.label if kind else mirror.kind,
        icon="cloud" if kind and kind.in_account else "folder",
        connection_name=connection.name if connection else "",
        cover=(mirror.connection_id, cover) if cover else None,
        last=last,
        state=state,
        live=live and state.situation is Situation.RUNNING,
    )


def _place(mirror: Mirror, accounts: Mapping[str, Account]) -> str:
    kind = DESTINATIONS.get(mirror.kind)
    if kind is None or not kind.in_account:
        return mirror.place
    account = accounts.get(mirror.place)
    return f"{kind.label} ({account.name})" if account else kind.label


def _covers(connection_ids: Iterable[str], albums: AlbumLists) -> dict[tuple[str, str], str]:
    """Return the cover of each album that is known, by connection and album."""
    return {
        (id_, album.id): album.thumbnail_asset_id
        for id_ in connection_ids
        if (known := albums.known(id_)) is not None
        for album in known.albums
        if album.thumbnail_asset_id
    }


def _by_name(one: MirrorSummary) -> tuple[str, str]:
    return (one.mirror.album_name.casefold(), one.place.casefold())
