"""The albums of a person's Immich servers, and which mirrors have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from pentaprism.assets import Album
from pentaprism.connections.albums import AlbumList
from pentaprism.edge import Allow, Routes, Side
from pentaprism.overview.mirrors import MirrorSummary
from pentaprism.store.records import Connection
from pentaprism.web.page import CurrentPage, Page

routes = Routes(Side.PAGES)

_PAGE = 60
_STALE = timedelta(minutes=59)
"""Above this age a list is not answered at once any more."""

SHOWS = ("all", "mirrored", "not-mirrored", "shared")
"""The ways to narrow the albums."""

_SORTS = ("newest", "name", "largest")


@dataclass(frozen=True, slots=True)
class Card:
    """An album with the mirrors that have it; ``shared``: somebody else shares it."""

    connection: Connection
    album: Album
    mirrors: tuple[MirrorSummary, ...]

    @property
    def shared(self) -> bool:
        """Whether it is somebody else's."""
        return self.album.owner_id != self.connection.user_id

    def fits(self, show: str) -> bool:
        """Tell whether it is one of those that ``show`` leaves."""
        if show == "mirrored":
            return bool(self.mirrors)
        if show == "not-mirrored":
            return not self.mirrors
        return self.shared if show == "shared" else True


@dataclass(frozen=True, slots=True)
class Asked:
    """Which albums are asked for, and in which order."""

    q: str = ""
    show: str = "all"
    connection: str = ""
    sort: str = "newest"

    def href(self, **other: object) -> str:
        """Return the path of the same list with something else of it."""
        asked: dict[str, object] = {
            "q": self.q,
            "show": self.show,
            "connection": self.connection,
            "sort": self.sort,
        }
        plain = {"show": "all", "sort": "newest"}
        kept = {
            name: value
            for name, value in (asked | other).items()
            if value and plain.get(name) != value
        }
        return "/albums" + (f"?{urlencode(kept)}" if kept else "")


@dataclass(frozen=True, slots=True)
class Source:
    """A connection, and what is known of its albums; ``albums`` None: nothing yet."""

    connection: Connection
    albums: AlbumList | None


@routes.get("/albums", allow=Allow.PERSON)
async def albums(
    page: CurrentPage,
    *,
    q: str = "",
    show: str = "all",
    connection: str = "",
    sort: str = "newest",
    offset: int = 0,
    wait: bool = False,
) -> Response:
    """Show the albums; with ``wait`` also where Immich has to be asked first."""
    program, person = page.program, page.person
    connections = await program.app.store.connections.list(person.id)
    sources = [Source(one, await _albums_of(page, one, wait=wait)) for one in connections]
    mirrors = await program.summaries.of(person.id, program.runner.all_live())
    asked = Asked(
        q.strip(),
        show if show in SHOWS else "all",
        connection if connection in {one.id for one in connections} else "",
        sort if sort in _SORTS else "newest",
    )
    cards = cards_of(sources, mirrors)
    within = [card for card in narrowed(cards, asked) if card.fits(asked.show)]
    offset = max(0, offset)
    return page.html(
        "albums.html",
        "albums",
        asked=asked,
        sources=sources,
        asking=any(source.albums is None for source in sources),
        troubled=[source for source in sources if source.albums and source.albums.error],
        cards=within[offset : offset + _PAGE],
        found=len(within),
        reached=min(len(within), offset + _PAGE),
        more=asked.href(offset=offset + _PAGE) if len(within) > offset + _PAGE else None,
        counts=counts_of(narrowed(cards, asked)),
        total=len(cards),
        mirrored=sum(bool(card.mirrors) for card in cards),
        waiting=asked.href(wait=1),
    )


async def _albums_of(page: Page, connection: Connection, *, wait: bool) -> AlbumList | None:
    """Return the albums of ``connection``, None where that would have to wait for Immich."""
    lists = page.program.albums
    known = lists.known(connection.id)
    if wait:
        return await lists.of(connection)
    if known is None or page.program.app.clock() - known.at > _STALE:
        return None
    return await lists.of(connection) if known.albums and not known.error else known


def cards_of(sources: Iterable[Source], mirrors: Iterable[MirrorSummary]) -> list[Card]:
    """Return all albums that are known, each with its mirrors."""
    having: dict[tuple[str, str], list[MirrorSummary]] = {}
    for one in mirrors:
        having.setdefault((one.mirror.connection_id, one.mirror.album_id), []).append(one)
    return [
        Card(source.connection, album, tuple(having.get((source.connection.id, album.id), ())))
        for source in sources
        if source.albums is not None
        for album in source.albums.albums
    ]


def narrowed(cards: Iterable[Card], asked: Asked) -> list[Card]:
    """Return the cards of the connection and the name that are asked for, in their order."""
    text = asked.q.casefold()
    found = [
        card
        for card in cards
        if text in card.album.name.casefold() and asked.connection in {"", card.connection.id}
    ]
    found.sort(key=lambda card: card.album.name.casefold())
    if asked.sort == "newest":
        found.sort(key=lambda card: card.album.updated_at, reverse=True)
    elif asked.sort == "largest":
        found.sort(key=lambda card: card.album.asset_count, reverse=True)
    return found


def counts_of(cards: Sequence[Card]) -> Mapping[str, int]:
    """Return how many of ``cards`` each way to narrow them leaves."""
    return {show: sum(card.fits(show) for card in cards) for show in SHOWS}
