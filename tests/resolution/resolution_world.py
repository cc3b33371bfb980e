"""An Immich of assets, albums, tags and stacks in memory, and a store that resolves there."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import count
from pathlib import Path
from typing import Any

from msgspec import UNSET, UnsetType

from pentaprism.assets import Checksum, Visibility
from pentaprism.errors import NotFoundError, RetryableError
from pentaprism.immich import AlbumPlace, AssetState, Outcome, Preflight, Server, Stack, Tag, User
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.execution import Resolver, alone
from pentaprism.store import Connection, Secrets, Store
from pentaprism.store.journal_records import Resolution, ResolutionState, Review

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
ME = "me"


class Killed(BaseException):
    """The program was killed."""


def digest(asset_id: str) -> bytes:
    return sha1(asset_id.encode()).digest()


@dataclass
class Thing:
    """An asset as a person sees it."""

    owner: str = ME
    trashed: bool = False
    offline: bool = False
    visibility: Visibility = Visibility.TIMELINE
    library_id: str | None = None
    live_video_id: str | None = None
    sha1: bytes | None = None
    favourite: bool = False
    description: str = ""
    rating: int | None = None
    place: tuple[float, float] | None = None
    tags: set[str] = field(default_factory=set)


@dataclass
class Immich:
    """Assets as Immich keeps them.

    ``calls`` are the changes that were asked for. The one with the number ``break_at`` ends in
    ``break_with``, once it was done where ``heard`` says so.
    """

    things: dict[str, Thing] = field(default_factory=dict)
    albums: dict[str, set[str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    covers: dict[str, str | None] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    break_at: int | None = None
    break_with: BaseException | None = None
    heard: bool = False
    trash_on: bool = True
    missing: frozenset[str] = frozenset()
    made: int = 0
    during: dict[int, Any] = field(default_factory=dict)

    # What a person does

    def stack(self, *asset_ids: str) -> str:
        members = dict.fromkeys(asset_ids)
        for old in list(self.kept.values()):
            if old[0] in asset_ids:
                members.update(dict.fromkeys(old))
        for id_ in members:
            self._take_out(id_)
        self.made += 1
        name = f"stack-{self.made}"
        self.kept[name] = list(members)
        return name

    def erase(self, *asset_ids: str) -> None:
        """Empty the trash."""
        for id_ in asset_ids:
            del self.things[id_]
            self._take_out(id_)
            for members in self.albums.values():
                members.discard(id_)

    def state(self) -> dict[str, Any]:
        """All that a person sees, but ids of stacks."""
        stacks = {(ids[0], frozenset(ids)) for ids in self.kept.values()}
        self._choose_covers()
        albums = {name: (frozenset(ids), self.covers[name]) for name, ids in self.albums.items()}
        things = {
            id_: (
                t.trashed, t.favourite, t.description, t.rating, t.place, frozenset(t.tags),
            )
            for id_, t in self.things.items()
        }  # fmt: skip
        return {"stacks": stacks, "albums": albums, "things": things}

    def _choose_covers(self) -> None:
        """Give albums another cover where it has gone or is in the trash, for good."""
        for name, members in self.albums.items():
            shown = [id_ for id_ in sorted(members) if not self.things[id_].trashed]
            if self.covers.get(name) not in shown:
                self.covers[name] = shown[-1] if shown else None

    def _take_out(self, asset_id: str) -> None:
        for id_, members in list(self.kept.items()):
            if asset_id in members:
                members.remove(asset_id)
                if len(members) < 2:
                    del self.kept[id_]

    # The calls

    async def preflight(self, required: frozenset[str]) -> Preflight:
        user = User(ME, "Ada", "ada@example.test", is_admin=False)
        return Preflight(Server(3, 1, 0), user, frozenset({"all"}), self.missing & required)

    async def trash_enabled(self) -> bool:
        return self.trash_on

    async def asset_state(self, asset_id: str) -> AssetState:
        thing = self._thing(asset_id)
        latitude, longitude = thing.place or (None, None)
        own = next((id_ for id_, ids in self.kept.items() if asset_id in ids), None)
        # Of a stack that shows a single asset Immich tells nothing.
        stack = own if own is not None and len(self._told(own).asset_ids) > 1 else None
        return AssetState(
            asset_id, thing.owner, f"{asset_id}.jpg",
            Checksum(thing.sha1 or digest(asset_id), of_content=True),
            thing.library_id, thing.live_video_id, thing.visibility, thing.favourite,
            thing.trashed, thing.offline, thing.description, thing.rating, latitude, longitude,
            tuple(Tag(f"tag-{value}", value) for value in sorted(thing.tags)),
            None if stack is None else self._told(stack), NOW,
        )  # fmt: skip

    async def albums_of(self, asset_id: str, *, user_id: str | None = None) -> list[AlbumPlace]:
        del user_id
        self._choose_covers()
        return [
            AlbumPlace(name, name.title(), ME, name not in self.closed, self.covers[name])
            for name, members in self.albums.items()
            if asset_id in members
        ]

    async def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        broken = self._begin("add_to_album")
        if album_id not in self.albums:
            raise NotFoundError("There is no such album.", code="album_not_found")
        refused = album_id in self.closed
        if not refused:
            self.albums[album_id].update(asset_ids)
        self._end(broken)
        return dict.fromkeys(asset_ids, Outcome.REFUSED if refused else Outcome.DONE)

    async def remove_from_album(
        self, album_id: str, asset_ids: Sequence[str]
    ) -> dict[str, Outcome]:
        broken = self._begin("remove_from_album")
        self.albums[album_id].difference_update(asset_ids)
        self._end(broken)
        return dict.fromkeys(asset_ids, Outcome.DONE)

    async def set_album_cover(self, album_id: str, asset_id: str) -> None:
        broken = self._begin("set_album_cover")
        if asset_id not in self.albums[album_id]:
            raise NotFoundError("It is not in the album.", code="not_in_album")
        self.covers[album_id] = asset_id
        self._end(broken)

    async def change_asset(
        self,
        asset_id: str,
        *,
        is_favorite: bool | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        rating: int | UnsetType | None = UNSET,
        latitude: float | UnsetType | None = UNSET,
        longitude: float | UnsetType | None = UNSET,
    ) -> datetime:
        broken = self._begin("change_asset")
        thing = self._thing(asset_id)
        if is_favorite is not UNSET:
            thing.favourite = is_favorite
        if description is not UNSET:
            thing.description = description.strip()
        if rating is not UNSET:
            thing.rating = rating
        if latitude is not UNSET and longitude is not UNSET:
            gone = latitude is None or longitude is None
            thing.place = None if gone else (round(latitude or 0, 6), round(longitude or 0, 6))
        self._end(broken)
        return NOW

    async def wait_for_metadata(
        self, asset_id: str, since: datetime, *, seconds: float = 5.0
    ) -> AssetState:
        del since, seconds
        return await self.asset_state(asset_id)

    async def tag_assets(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
        broken = self._begin("tag_assets")
        for id_ in asset_ids:
            self._thing(id_).tags |= {tag.removeprefix("tag-") for tag in tag_ids}
        self._end(broken)
        return 0

    async def untag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> dict[str, Outcome]:
        broken = self._begin("untag_assets")
        for id_ in asset_ids:
            self._thing(id_).tags.discard(tag_id.removeprefix("tag-"))
        self._end(broken)
        return dict.fromkeys(asset_ids, Outcome.DONE)

    async def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        broken = self._begin("create_stack")
        for id_ in asset_ids:
            self._thing(id_)
        name = self.stack(*asset_ids)
        self._end(broken)
        return self._told(name)

    async def show_first(self, stack_id: str, asset_id: str) -> Stack:
        broken = self._begin("show_first")
        if asset_id not in self.kept.get(stack_id, []):
            raise NotFoundError("There is no such stack.", code="stack_not_found")
        self.kept[stack_id].sort(key=lambda id_: id_ != asset_id)
        self._end(broken)
        return self._told(stack_id)

    async def delete_stack(self, stack_id: str) -> None:
        broken = self._begin("delete_stack")
        self.kept.pop(stack_id, None)
        self._end(broken)

    async def trash(self, asset_ids: Sequence[str]) -> None:
        broken = self._begin("trash")
        for thing in [self._thing(id_) for id_ in asset_ids]:
            thing.trashed = True
        self._end(broken)

    async def restore(self, asset_ids: Sequence[str]) -> None:
        broken = self._begin("restore")
        for thing in [self._thing(id_) for id_ in asset_ids]:
            thing.trashed = False
        self._end(broken)

    def _thing(self, asset_id: str) -> Thing:
        if asset_id not in self.things:
            raise NotFoundError("There is no such asset.", code="asset_not_found")
        return self.things[asset_id]

    def _told(self, stack_id: str) -> Stack:
        members = self.kept[stack_id]
        shown = tuple(id_ for id_ in members if not self.things[id_].trashed)
        return Stack(stack_id, members[0], shown, frozenset({ME}))

    def _begin(self, what: str) -> bool:
        number = len(self.calls)
        self.calls.append(what)
        # What comes between a look and the call itself, Immich has no way to prevent.
        if number in self.during and what not in {"change_asset", "set_album_cover"}:
            self.during.pop(number)(self)
        breaks = number == self.break_at
        if breaks and not self.heard and self.break_with is not None:
            raise self.break_with
        return breaks

    def _end(self, breaks: bool) -> None:
        if breaks and self.break_with is not None:
            raise self.break_with

    def breaks(self, at: int, error: BaseException, *, heard: bool) -> None:
        """Break with the change number ``at`` from now on."""
        self.break_at, self.break_with, self.heard = len(self.calls) + at, error, heard


def lost() -> RetryableError:
    return RetryableError("The answer was lost.", code="lost")


@dataclass
class Home:
    """A store with a connection to the Immich, and a review."""

    store: Store
    connection: Connection
    immich: Immich
    review: Review

    def shot(self, number: int, asset_ids: str) -> DecidedShot:
        """A shot of assets, each named by a letter."""
        files = (self.file(id_) for id_ in asset_ids)
        return DecidedShot(number, tuple(files))

    def file(self, asset_id: str) -> DecidedFile:
        return DecidedFile(
            ord(asset_id), f"{asset_id}.jpg", 100, digest(asset_id), None, self.connection.id,
            asset_id,
        )  # fmt: skip

    def decision(self, keeper: str, *losers: str, **options: Any) -> Decision:
        others = tuple(self.shot(n, ids) for n, ids in enumerate(losers, 1))
        shot = self.shot(0, keeper)
        return Decision(ME, "group", "identical", 1.0, shot, others, **options)

    async def begin(self) -> list[Resolution]:
        """Let what was interrupted come to its end."""
        with alone(self.store, self.connection):
            return await self._resolver().begin()

    async def resolve(self, decision: Decision) -> Resolution:
        with alone(self.store, self.connection):
            resolver = self._resolver()
            await resolver.begin()
            return await resolver.resolve(decision, self.review)

    async def undo(self, resolution: Resolution) -> Resolution:
        with alone(self.store, self.connection):
            resolver = self._resolver()
            await resolver.begin()
            return await resolver.undo(await self.store.journal.get(resolution.id))

    async def undo_all(self) -> list[Resolution]:
        """Undo all decisions, the newest first, and return how each ended."""
        await self.begin()
        return [await self.undo(one) for one in await self.store.journal.page(self.review.owner_id)]

    async def last(self) -> Resolution | None:
        page = await self.store.journal.page(self.review.owner_id, limit=1)
        return page[0] if page else None

    async def states(self) -> set[ResolutionState]:
        return {one.state for one in await self.store.journal.page(self.review.owner_id)}

    def _resolver(self) -> Resolver:
        return Resolver(self.store, self.immich, self.connection)


@asynccontextmanager
async def opened(folder: Path, immich: Immich | None = None) -> AsyncIterator[Home]:
    path = folder / "data.db"
    moments = count()

    def clock() -> datetime:
        return NOW + timedelta(seconds=next(moments))

    async with await Store.open(path, Secrets.load(KEY, path), clock=clock) as store:
        yield await settle_in(store, immich or Immich())


async def settle_in(store: Store, immich: Immich, name: str = ME) -> Home:
    """A home of its own in a store, with an Immich that the store has not seen before."""
    connection = await store.connections.save(
        url=f"http://{name}.test",
        api_key="key",
        user_id=ME,
        user_name="Ada",
        user_email="ada@example.test",
        server_version="3.1.0",
        name="Home",
        ca_file=None,
    )
    return Home(store, connection, immich, await store.journal.begin_review(name))


async def make_template(folder: Path) -> Path:
    """Make a store that others are copied from: migrations take longer than a test."""
    async with opened(folder):
        pass
    return folder


def copy_template(template: Path, to: Path) -> Path:
    shutil.copytree(template, to)
    return to
