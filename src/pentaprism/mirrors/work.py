"""The work of a run: reads the album, puts what is missing, takes away what has left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pentaprism.assets import Album
from pentaprism.destinations.base import END, Destination, RemoteAlbum
from pentaprism.errors import (
    ActionRequiredError,
    NotFoundError,
    PentaprismError,
)
from pentaprism.immich import ImmichClient, Listing, Proof
from pentaprism.mirrors import outcomes
from pentaprism.mirrors.allotment import Allotment
from pentaprism.mirrors.claims import Paths
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.execution import Execution, Job
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.order import Order, positions
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.placing import Placing
from pentaprism.mirrors.plan import Hold, Keep, Policy, Put, Remove, Skip
from pentaprism.mirrors.progress import Underway
from pentaprism.mirrors.recorder import Recorder
from pentaprism.mirrors.registering import Registering
from pentaprism.mirrors.removal import (
    Leaving,
    find_leaving,
    plan_removals,
    remove,
    still_in_use,
)
from pentaprism.mirrors.selection import Pages, select
from pentaprism.mirrors.shots import Shots, kept_apart
from pentaprism.mirrors.sweep import Sweep
from pentaprism.mirrors.takeover import take_over
from pentaprism.mirrors.templates import Template
from pentaprism.mirrors.twins import known_here, with_twins
from pentaprism.store import Store
from pentaprism.store.records import Mirror


@dataclass(frozen=True, slots=True)
class Planned:
    """A page of the plan: what would be done, with the paths that puts would claim.

    ``held`` says why nothing may be removed, when something would be; where that is the number
    alone (``too_many``), what would be removed comes all the same.
    """

    actions: Sequence[Put | Keep | Skip | Remove]
    paths: Mapping[str, Paths]
    held: str | None = None
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What a mirror is worked on with.

    ``thorough`` looks at everything at the destination instead of trusting the records.
    """

    store: Store
    client: ImmichClient
    destination: Destination
    clock: Callable[[], datetime]
    thorough: bool = False


class Work:
    """One pass over the album of ``mirror``; made anew for each."""

    def __init__(self, mirror: Mirror, template: Template, policy: Policy, tools: Tools) -> None:
        self._mirror = mirror
        self._template = template
        self._policy = policy
        self._tools = tools
        self._store = tools.store
        self._client = tools.client
        self._destination = tools.destination
        self._features = tools.destination.features
        self._execution: Execution | None = None
        self._ended_by: PentaprismError | None = None
        self.underway = Underway()

    def end(self, error: PentaprismError) -> None:
        """End the work soon with ``error``: what is staged is committed, the rest is left."""
        self._ended_by = error
        if self._execution is None:
            return
        if self._features.paths:
            self._execution.stop(error)
        else:
            self._execution.abort(error)

    async def plan(self) -> AsyncIterator[Planned]:
        """Yield what `execute` would do, a page at a time; nothing is changed anywhere."""
        if await self._store.items.highest_row(self._mirror.id):
            await self._destination.check()
        album = await self._album()
        title = self._mirror.remote_album_title or album.name
        remote = RemoteAlbum(self._mirror.remote_album_id or "", title)
        sweep = self._sweep(remote)
        shots = await self._shots()
        placing = self._placing(title, Found(), shots)
        listing, pages = await self._select(album, shots, sweep, with_sizes=True)
        async for page, partnered in pages:
            actions = await sweep.decide(page, partnered)
            puts = [action for action in actions if isinstance(action, Put)]
            paths = await placing.preview(puts)
            yield Planned(
                actions,
                {put.asset.id: taken for put, taken in zip(puts, paths, strict=True)},
            )
        leaving = await self._find_leaving(sweep, listing)
        too_many = leaving.hold is Hold.TOO_MANY
        if leaving.hold is not None:
            reason = await self._held_because(leaving.hold, leaving)
            yield Planned((), {}, reason, too_many)
        async for removes in plan_removals(sweep, leaving, self._client, held_too=too_many):
            yield Planned(removes, {})

    async def execute(self, recorder: Recorder) -> None:
        """Make the destination equal to the album; raises what ends it early."""
        album = await self._album()
        await recorder.expect(album.asset_count)
        remote = await self._remote_album(album, recorder)
        found = await take_over(self._store, self._mirror.id, self._destination, remote, recorder)
        sweep = self._sweep(remote)
        shots = await self._shots()
        placing = self._placing(remote.title, found, shots)
        listing, pages = await self._select(album, shots, sweep, with_sizes=bool(found))
        self._execution = Execution(
            self._destination,
            remote,
            self._client,
            placing,
            recorder,
            edited=self._policy.edited,
            clock=self._tools.clock,
            underway=self.underway,
        )
        if self._ended_by is not None:
            raise self._ended_by
        await self._execution.run(self._jobs(pages, sweep, placing, recorder))
        if self._execution.stopped is not None:
            raise self._execution.stopped
        await self._remove(sweep, listing, remote, recorder)

    async def _album(self) -> Album:
        try:
            return await self._client.album(self._mirror.album_id)
        except NotFoundError as error:
            raise ActionRequiredError(
                f"The album “{self._mirror.album_name}” is no longer in Immich, or no longer "
                "shared with this user. Nothing was removed here.",
                code="album_gone",
                hint="Share it again, or end the mirror with `pentaprism mirrors delete`; what it "
                "has put stays.",
            ) from error

    async def _remote_album(self, album: Album, recorder: Recorder) -> RemoteAlbum:
        """Return the destination's side of the album; a rename in Immich is noted."""
        mirror = self._mirror
        known = (
            RemoteAlbum(mirror.remote_album_id, mirror.remote_album_title or album.name)
            if mirror.remote_album_id is not None
            else None
        )
        remote = await self._destination.ensure_album(known, album)
        if album.name != mirror.album_name:
            happened = event(
                Code.ALBUM_RENAMED, name=album.name, before=mirror.album_name, here=remote.title
            )
            await recorder.add(Outcome(events=[happened]))
        await self._store.mirrors.update(
            mirror.id,
            album_name=album.name,
            remote_album_id=remote.id,
            remote_album_title=remote.title,
        )
        return remote

    def _sweep(self, remote: RemoteAlbum) -> Sweep:
        return Sweep(
            self._store,
            self._mirror.id,
            self._destination,
            remote,
            self._policy,
            now=self._tools.clock(),
            thorough=self._tools.thorough,
        )

    async def _shots(self) -> Shots:
        connection = await self._store.connections.get(self._mirror.connection_id)
        return Shots(self._store.file_groups, connection.id, connection.owner_id)

    def _placing(self, title: str, found: Found, shots: Shots) -> Placing | Registering:
        if not self._features.paths:
            return Registering(self._store, self._mirror.id, self._client)
        allotment = Allotment(
            self._store,
            self._mirror.id,
            self._client,
            template=self._template,
            album=title,
            found=found,
            shots=shots,
        )
        return Placing(self._store, self._mirror.id, self._client, allotment)

    def _listing(self, album: Album, *, with_sizes: bool = False) -> Listing:
        """Return the listing, with as much metadata as is needed.

        ``with_sizes`` lets a plan say how much it would put, and external assets, which have no
        checksum of their content, be known again in a folder that was filled before.
        """
        wanted = with_sizes or self._template.needs_exif or self._features.metadata
        return self._client.list_album(album, with_exif=wanted)

    async def _select(
        self, album: Album, shots: Shots, sweep: Sweep, *, with_sizes: bool
    ) -> tuple[Listing, Pages]:
        return await select(
            partial(self._listing, album, with_sizes=with_sizes),
            self._policy.raw,
            shots,
            sweep,
            partial(kept_apart, self._store, self._mirror.connection_id),
        )

    async def _jobs(
        self, pages: Pages, sweep: Sweep, placing: Placing | Registering, recorder: Recorder
    ) -> AsyncIterator[list[Job]]:
        order = Order(*await self._store.items.there(self._mirror.id))
        async for page, partnered in pages:
            actions = await sweep.decide(page, partnered)
            await recorder.add(outcomes.settled(actions))
            places = positions(actions, order)
            puts = [action for action in actions if isinstance(action, Put)]
            if not puts:
                continue
            placed = await placing.place(puts)
            sweep.mark(part.item for one in placed for part in one.parts.values())
            for one in placed:
                if one.video_missing:
                    await recorder.add(outcomes.video_missing(one))
            jobs = [
                Job(one, {}, places[one.put.asset.id] if self._features.ordered else END)
                for one in placed
                if one.parts
            ]
            known = with_twins if self._features.paths else known_here
            yield await known(self._store, self._mirror, jobs)

    async def _find_leaving(self, sweep: Sweep, listing: Listing) -> Leaving:
        if listing.proof is None:
            raise RuntimeError("the listing was not read to its end")
        counts = await self._store.items.count(self._mirror.id)
        return await find_leaving(
            sweep,
            listing.proof,
            self._list_again,
            mirrored=sum(counts.values()),
            policy=self._policy,
        )

    async def _held_because(self, hold: Hold, leaving: Leaving) -> str:
        # The records are counted: the tally still grows while the recorder writes.
        counts = await self._store.items.count(self._mirror.id)
        return outcomes.HOLDS[hold].format(
            count=len(leaving.shot_ids), mirrored=sum(counts.values())
        )

    async def _list_again(self) -> Proof:
        listing = self._client.list_album(self._mirror.album_id)
        async for _ in listing.pages():
            pass
        if listing.proof is None:
            raise RuntimeError("the listing was not read to its end")
        return listing.proof

    async def _remove(
        self, sweep: Sweep, listing: Listing, remote: RemoteAlbum, recorder: Recorder
    ) -> None:
        leaving = await self._find_leaving(sweep, listing)
        hold = leaving.hold
        if leaving.shot_ids and self._execution is not None and self._execution.no_permission:
            hold = Hold.NO_PERMISSION
        if hold is not None:
            reason, count = await self._held_because(hold, leaving), len(leaving.shot_ids)
            happened = event(Code.REMOVALS_HELD, reason=reason, why=hold.value, count=count)
            await recorder.add(Outcome(events=[happened]))
            return
        await recorder.flush()
        gone = frozenset(leaving.shot_ids)
        async for removes in plan_removals(sweep, leaving, self._client):
            in_use: Collection[str] = ()
            if not self._features.paths:
                in_use = await still_in_use(self._store, self._mirror.id, removes, gone)
            for outcome in await remove(self._destination, remote, removes, self._policy, in_use):
                await recorder.add(outcome)
