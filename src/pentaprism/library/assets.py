"""Immich's assets in the library index: what a connection's user has there, and in which stacks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from pentaprism.errors import ActionRequiredError
from pentaprism.groups.files import Kind
from pentaprism.groups.keys import keys_of
from pentaprism.groups.kinds import kind_of
from pentaprism.groups.rules import Rules
from pentaprism.immich import ImmichClient, LibraryAsset, Stack
from pentaprism.row_set import RowSet
from pentaprism.store import Connection, Store
from pentaprism.store.library_assets import AssetFacts, KnownAsset, StackPlace

_OVERLAP = timedelta(minutes=1)
"""How far a look at what is new goes back behind the newest that was seen."""

_STACKS_AT_ONCE = 200


@dataclass(slots=True)
class CatalogueSummary:
    """What a look at a connection's assets has found.

    ``listed`` counts the assets that belong into the index, ``missing`` those that went;
    ``stacks`` is how many there are, None where the key may not read them.
    """

    listed: int = 0
    added: int = 0
    changed: int = 0
    missing: int = 0
    stacks: int | None = None


class Catalogue:
    """Keeps the index of one connection's assets; `refresh` looks at Immich."""

    def __init__(
        self,
        store: Store,
        connection: Connection,
        client: ImmichClient,
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._connection = connection
        self._client = client
        self._rules = rules
        self._clock = clock
        self._assets = store.library_assets
        self._setting = f"library_updated_at:{connection.id}"

    async def refresh(self, *, whole: bool) -> CatalogueSummary:
        """Bring the index up to date, and return what that was.

        ``whole`` lists everything, and so finds what is gone; without it, only what is new or has
        changed since the last time is asked for, if there was one. Raises what the client raises:
        what was read by then is kept, and nothing is forgotten.
        """
        since = None if whole else await self._newest()
        look = _Look(await self._assets.last_row(self._connection.id))
        await self._list(look, since)
        if since is None:
            await self._forget(look)
        look.summary.stacks = await self._look_at_stacks()
        if look.newest is not None:
            await self._store.program_settings.set(self._setting, look.newest.isoformat())
        return look.summary

    async def _newest(self) -> datetime | None:
        text = await self._store.program_settings.get(self._setting)
        return datetime.fromisoformat(text) if isinstance(text, str) else None

    async def _list(self, look: _Look, since: datetime | None = None) -> None:
        pages = self._client.list_library(
            updated_after=since and since - _OVERLAP, owner_id=self._connection.user_id
        )
        async with aclosing(pages):
            async for page in pages:
                look.note(page)
                await self._save(page, look)

    async def _save(self, page: Sequence[LibraryAsset], look: _Look) -> None:
        """Write what is new or another now; nothing is written for the rest."""
        ids = [found.asset.id for found in page]
        known = await self._assets.known(self._connection.id, ids)
        differences = _Differences()
        for found in page:
            facts = self._facts(found) if found.shown else None
            differences.add(facts, known.get(found.asset.id), look)
        await self._assets.save(
            self._connection.id, differences.added, differences.changed, differences.moved
        )
        await self._assets.look_again(differences.looks)
        await self._assets.miss(differences.gone, self._clock())
        look.summary.added += len(differences.added)
        look.summary.changed += len(differences.changed) + len(differences.looks)
        look.summary.missing += len(differences.gone)

    def _facts(self, found: LibraryAsset) -> AssetFacts | None:
        """Return what the index holds of an asset, None for what it does not hold."""
        asset = found.asset
        kind = kind_of(asset.filename)
        if kind is Kind.OTHER:
            return None
        folder, name = _split(found)
        keys = keys_of(f"{folder}/{name}" if folder else name, self._rules)
        return AssetFacts(
            asset_id=asset.id,
            folder=folder,
            name=name,
            kind=kind,
            mime_type=asset.mime_type,
            size=None if asset.exif is None else asset.exif.size,
            sha1=asset.checksum.sha1 if asset.checksum.of_content else None,
            taken_at=found.taken_at,
            precision=found.precision,
            in_utc=found.in_utc,
            camera=found.camera,
            width=found.width,
            height=found.height,
            orientation=found.orientation,
            folder_key=f"{self._connection.id}/{keys.folder}",
            name_key=keys.name,
            burst_key=keys.burst,
            favourite=found.favourite,
            thumbhash=found.thumbhash,
            duration=found.duration,
        )

    async def _forget(self, look: _Look) -> None:
        """Note which assets are gone.

        Immich skips assets when others go while it lists: what the first listing lacks is gone only
        if a second one lacks it too. A listing without anything tells of no loss.
        """
        listed = look.summary.listed
        if not listed or not await self._is_short(look):
            return
        look.summary.listed = 0
        await self._list(look)
        again, look.summary.listed = look.summary.listed, listed
        if not again:
            return
        now = self._clock()
        async for rows in self._unseen(look):
            await self._assets.miss(rows, now)
            look.summary.missing += len(rows)

    async def _is_short(self, look: _Look) -> bool:
        async with aclosing(self._unseen(look)) as unseen:
            async for _ in unseen:
                return True
        return False

    async def _unseen(self, look: _Look) -> AsyncGenerator[list[int]]:
        """Yield the rows of assets that were there before and that no listing had."""
        after = ""
        while assets := await self._assets.present(self._connection.id, after):
            after, _ = assets[-1]
            unseen = [row for _, row in assets if row <= look.last_row and row not in look.seen]
            if unseen:
                yield unseen

    async def _look_at_stacks(self) -> int | None:
        """Note which asset is in which stack; return how many stacks there are.

        A key for mirroring only may not read them: then all stays as it is, and None is returned.
        """
        try:
            stacks = await self._client.stacks()
        except ActionRequiredError as error:
            if error.code != "permissions":
                raise
            return None
        seen = RowSet()
        for some in batched(stacks, _STACKS_AT_ONCE):
            await self._put_into_stacks(some, seen)
        await self._take_out_of_stacks(seen)
        return len(stacks)

    async def _put_into_stacks(self, stacks: Sequence[Stack], seen: RowSet) -> None:
        wanted = {
            asset_id: (stack.id, asset_id == stack.primary_asset_id)
            for stack in stacks
            for asset_id in stack.asset_ids
        }
        found = await self._assets.stack_places(self._connection.id, list(wanted))
        changed: list[StackPlace] = []
        for asset_id, place in found.items():
            seen.add(place.row)
            if (place.stack_id, place.stack_first) != wanted[asset_id]:
                changed.append(StackPlace(place.row, *wanted[asset_id]))
        await self._assets.set_stacks(changed)

    async def _take_out_of_stacks(self, seen: RowSet) -> None:
        after = ""
        while assets := await self._assets.stacked(self._connection.id, after):
            after, _ = assets[-1]
            alone = [
                StackPlace(row, None, stack_first=False) for _, row in assets if row not in seen
            ]
            await self._assets.set_stacks(alone)


@dataclass(slots=True)
class _Look:
    """One look at Immich: which of the rows up to ``last_row`` it has, and what was new."""

    last_row: int
    seen: RowSet = field(default_factory=RowSet)
    newest: datetime | None = None
    summary: CatalogueSummary = field(default_factory=CatalogueSummary)

    def note(self, page: Sequence[LibraryAsset]) -> None:
        """Remember the newest change."""
        newest = max(found.asset.updated_at for found in page)
        self.newest = newest if self.newest is None else max(self.newest, newest)


@dataclass(slots=True)
class _Differences:
    """What is to be written for a page; ``moved`` are those rows that may be other files now.

    Of ``looks`` only what they are shown by has changed, which says nothing about groups.
    """

    added: list[AssetFacts] = field(default_factory=list)
    changed: dict[int, AssetFacts] = field(default_factory=dict)
    moved: list[int] = field(default_factory=list)
    looks: dict[int, AssetFacts] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)

    def add(self, facts: AssetFacts | None, old: KnownAsset | None, look: _Look) -> None:
        """Compare an asset with what the index has of it; without ``facts`` it is gone."""
        if facts is None:
            if old is not None and not old.missing:
                self.gone.append(old.row)
            return
        look.summary.listed += 1
        if old is None:
            self.added.append(facts)
            return
        look.seen.add(old.row)
        if not old.missing and old.facts == facts:
            return
        if not old.missing and old.facts.grouped_by == facts.grouped_by:
            self.looks[old.row] = facts
        else:
            self.changed[old.row] = facts
            if old.facts.place != facts.place:
                self.moved.append(old.row)


def _split(found: LibraryAsset) -> tuple[str, str]:
    """Return folder and name: on the server in an external library, else a bare name.

    Where Immich keeps what was uploaded says nothing about it.
    """
    folder, slash, name = found.path.rpartition("/")
    if found.asset.library_id is None or not slash or not name:
        return "", found.asset.filename.replace("/", "_")
    return folder or "/", name
