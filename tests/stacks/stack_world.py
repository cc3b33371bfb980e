"""An Immich of nothing but stacks, in memory, and a store whose groups are pushed to it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pentaprism.assets import Asset, Checksum, MediaType
from pentaprism.errors import NotFoundError, PermanentError, RetryableError
from pentaprism.immich import Preflight, Server, Stack, User
from pentaprism.store import Connection, Secrets, Store

KEY = "kQ3vN8-xT1pZ6rW0_sB5mD9yH2cJ7fLg4aUeXiOo"
NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
ME = "me"
EVERYTHING = frozenset({"all"})


class Killed(BaseException):
    """The program was killed."""


@dataclass(frozen=True)
class Group:
    """A group as the stack that it should be."""

    asset_ids: tuple[str, ...]

    @property
    def group_id(self) -> str:
        return "+".join(self.asset_ids)


@dataclass
class Immich:
    """Stacks as Immich keeps them; a person changes them with the methods that are not calls.

    ``calls`` are the changes that were asked for. The change number ``break_at`` ends in
    ``break_with``, once it was done where ``heard`` says so.
    """

    kept: dict[str, list[str]] = field(default_factory=dict)
    trashed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    missing: frozenset[str] = frozenset()
    break_at: int | None = None
    break_with: BaseException | None = None
    heard: bool = False
    away: bool = False
    made: int = 0
    during: dict[int, tuple[str, ...]] = field(default_factory=dict)

    # What a person does

    def stack(self, *asset_ids: str) -> str:
        """Make a stack as Immich does, which absorbs those whose primary is in it."""
        members = dict.fromkeys(asset_ids)
        for old in list(self.kept.values()):
            if old[0] in asset_ids:
                members.update(dict.fromkeys(old))
        for id_ in members:
            self.take_out(id_)
        self.made += 1
        id_ = f"stack-{self.made}"
        self.kept[id_] = list(members)
        return id_

    def take_out(self, asset_id: str) -> None:
        for id_, members in list(self.kept.items()):
            if asset_id in members:
                members.remove(asset_id)
                if len(members) < 2:
                    del self.kept[id_]

    def erase(self, asset_id: str) -> None:
        """Delete an asset for good."""
        self.gone.add(asset_id)
        self.take_out(asset_id)

    def state(self) -> set[tuple[str, frozenset[str]]]:
        """All stacks, by their primary and their assets; ids do not count."""
        return {(members[0], frozenset(members)) for members in self.kept.values()}

    # The calls

    async def preflight(self, required: frozenset[str]) -> Preflight:
        user = User(ME, "Ada", "ada@example.test", is_admin=False)
        return Preflight(Server(3, 1, 0), user, EVERYTHING, self.missing & required)

    async def stacks(self) -> list[Stack]:
        self._reach()
        return [self._told(id_) for id_ in self.kept]

    async def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        with_break = self._begin("create")
        if self.gone.intersection(asset_ids):
            raise NotFoundError("One of the assets is not there.", code="asset_not_found")
        if self.refused.intersection(asset_ids):
            raise PermanentError("Immich refuses the stack.", code="stack_refused")
        id_ = self.stack(*asset_ids)
        self._end(with_break)
        return self._told(id_)

    async def show_first(self, stack_id: str, asset_id: str) -> Stack:
        with_break = self._begin("show_first")
        if asset_id not in self.kept.get(stack_id, []):
            raise NotFoundError("There is no such stack.", code="stack_not_found")
        self.kept[stack_id].sort(key=lambda id_: id_ != asset_id)
        self._end(with_break)
        return self._told(stack_id)

    async def delete_stack(self, stack_id: str) -> None:
        with_break = self._begin("delete")
        self.kept.pop(stack_id, None)
        self._end(with_break)

    async def asset(self, asset_id: str) -> Asset:
        self._reach()
        if asset_id in self.gone:
            raise NotFoundError("There is no such asset.", code="asset_not_found")
        return Asset(
            asset_id,
            ME,
            f"{asset_id}.jpg",
            MediaType.IMAGE,
            "image/jpeg",
            Checksum(b"", of_content=True),
            NOW,
            NOW.replace(tzinfo=None),
            NOW,
            NOW,
            is_trashed=asset_id in self.trashed,
        )

    def _told(self, stack_id: str) -> Stack:
        members = self.kept[stack_id]
        shown = tuple(id_ for id_ in members if id_ not in self.trashed)
        return Stack(stack_id, members[0], shown, frozenset({ME}) if shown else frozenset())

    def _reach(self) -> None:
        if self.away:
            raise RetryableError("Nothing answers.", code="unreachable")

    def _begin(self, what: str) -> bool:
        self._reach()
        number = len(self.calls)
        self.calls.append(what)
        breaks = number == self.break_at
        if breaks and not self.heard and self.break_with is not None:
            raise self.break_with
        return breaks

    def _end(self, breaks: bool) -> None:
        number = len(self.calls) - 1
        if number in self.during:
            self.stack(*self.during.pop(number))
        if breaks and self.break_with is not None:
            raise self.break_with


async def pages(*groups: tuple[str, ...]) -> AsyncIterator[Sequence[Group]]:
    """The groups as the store gives them: a page at a time."""
    for group in groups:
        yield [Group(group)]


def clock() -> datetime:
    return NOW


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Store, Connection]]:
    """A store with one connection, copied from one that was made before."""
    path = folder / "data.db"
    async with await Store.open(path, Secrets.load(KEY, path), clock=clock) as store:
        yield store, await connect(store)


async def connect(store: Store, user_id: str = ME) -> Connection:
    return await store.connections.save(
        url="http://immich.test",
        api_key="key",
        user_id=user_id,
        user_name="Ada",
        user_email="ada@example.test",
        server_version="3.1.0",
        name="Home",
        ca_file=None,
    )


async def make_template(folder: Path) -> Path:
    """Make a store that others are copied from: migrations take longer than a test."""
    async with opened(folder):
        pass
    return folder


def copy_template(template: Path, to: Path) -> Path:
    shutil.copytree(template, to)
    return to
