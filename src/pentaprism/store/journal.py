"""The journal of what was decided about duplicates.

All steps of a decision are written down before the first is asked for. Each is written down once
more before Immich is asked, and afterwards, so that a program that ends in the middle leaves a line
which tells what to look for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    delete,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)

from pentaprism.errors import NotFoundError
from pentaprism.store.database import Database, whole
from pentaprism.store.given import OF_IDS, given_ids
from pentaprism.store.ids import new_id
from pentaprism.store.journal_files import files_and_assets
from pentaprism.store.journal_records import (
    UNDER_WAY,
    DecisionKind,
    LineState,
    PlannedStep,
    Resolution,
    ResolutionState,
    ResolutionStep,
    Review,
    Snapshot,
    StepKind,
)
from pentaprism.store.journal_tables import resolution_steps as lines
from pentaprism.store.journal_tables import resolutions, reviews
from pentaprism.store.library_records import IndexedFile
from pentaprism.store.tables import columns_of

_REVIEW = columns_of(Review, reviews)
_RESOLUTION = columns_of(Resolution, resolutions)
_STEP = columns_of(ResolutionStep, lines)
# In the words of the index, so that the database knows it again.
_UNDER_WAY: ColumnElement[bool] = literal_column(
    "resolutions.state IN ('intended', 'rolling_back', 'undoing')"
)
_STANDING = (ResolutionState.DONE, ResolutionState.PARTLY)
_STACKS = (StepKind.STACK, StepKind.UNSTACK, StepKind.SHOW_FIRST)


class Journal:
    """The journal of what was decided about duplicates.

    Whoever writes about a connection's assets holds the lock of its decisions.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    # What is there

    async def page(
        self,
        owner_id: str,
        *,
        after: int | None = None,
        limit: int = 100,
        review_id: str | None = None,
    ) -> list[Resolution]:
        """Return decisions of a person, the newest first; ``after`` is the row of the last seen."""
        query = select(*_RESOLUTION).where(resolutions.c.owner_id == owner_id)
        if review_id is not None:
            query = query.where(resolutions.c.review_id == review_id)
        if after is not None:
            query = query.where(resolutions.c.row < after)
        return await self._resolutions(query.order_by(resolutions.c.row.desc()).limit(limit))

    async def get(self, resolution_id: str) -> Resolution:
        """Return a decision; raises `NotFoundError` with code ``no_decision``."""
        found = await self._resolutions(
            select(*_RESOLUTION).where(resolutions.c.id == resolution_id)
        )
        if not found:
            raise NotFoundError(
                f"There is no decision {resolution_id}.",
                code="no_decision",
                hint="The journal lists what there is.",
            )
        return found[0]

    async def steps(self, resolution_id: str) -> list[ResolutionStep]:
        """Return the steps of a decision, in their order."""
        return (await self.steps_of([resolution_id]))[resolution_id]

    async def steps_of(self, resolution_ids: Collection[str]) -> Mapping[str, list[ResolutionStep]]:
        """Return the steps of several decisions, each in their order."""
        query = select(*_STEP).where(lines.c.resolution_id.in_(OF_IDS)).order_by(lines.c.row)
        found: dict[str, list[ResolutionStep]] = {id_: [] for id_ in resolution_ids}
        async with self._database.read() as reader:
            for row in await reader.execute(query, given_ids(resolution_ids)):
                step = ResolutionStep(*row)
                found[step.resolution_id].append(step)
        return found

    async def review(self, review_id: str) -> Review:
        """Return a review; raises `NotFoundError` with code ``no_review``."""
        query = select(*_REVIEW).where(reviews.c.id == review_id)
        async with self._database.read() as reader:
            row = (await reader.execute(query)).first()
        if row is None:
            raise NotFoundError(
                f"There is no review {review_id}.",
                code="no_review",
                hint="The journal lists what there is.",
            )
        return Review(*row)

    async def reviews(
        self, owner_id: str, *, after: str | None = None, limit: int = 100
    ) -> list[Review]:
        """Return reviews of a person, the newest first, those after the one called ``after``."""
        query = select(*_REVIEW).where(reviews.c.owner_id == owner_id)
        if after is not None:
            last = await self.review(after)
            place = tuple_(reviews.c.started_at, reviews.c.id)
            query = query.where(place < (last.started_at, last.id))
        query = query.order_by(reviews.c.started_at.desc(), reviews.c.id.desc()).limit(limit)
        async with self._database.read() as reader:
            return [Review(*row) for row in await reader.execute(query)]

    async def of_review(self, review_id: str) -> list[Resolution]:
        """Return all decisions of a review, the newest first."""
        query = select(*_RESOLUTION).where(resolutions.c.review_id == review_id)
        return await self._resolutions(query.order_by(resolutions.c.row.desc()))

    async def under_way(
        self, *, connection_id: str | None = None, owner_id: str | None = None
    ) -> list[Resolution]:
        """Return the decisions that have to be brought to their end, the oldest first.

        They are those of a connection, or of a person, or all. Without the connection they need
        not be about assets at all.
        """
        query = select(*_RESOLUTION).where(_UNDER_WAY)
        if connection_id is not None:
            query = query.where(resolutions.c.connection_id == connection_id)
        if owner_id is not None:
            query = query.where(resolutions.c.owner_id == owner_id)
        return await self._resolutions(query.order_by(resolutions.c.row))

    async def later(self, resolution: Resolution) -> Resolution | None:
        """Return the newest later decision that stands and merged into the same asset, if any."""
        if resolution.keeper_asset_id is None:
            return None
        query = select(*_RESOLUTION).where(
            resolutions.c.keeper_asset_id == resolution.keeper_asset_id,
            resolutions.c.connection_id == resolution.connection_id,
            resolutions.c.state.in_(_STANDING),
            resolutions.c.row > resolution.row,
        )
        found = await self._resolutions(query.order_by(resolutions.c.row.desc()).limit(1))
        return found[0] if found else None

    async def files(self, rows: Collection[int]) -> Mapping[int, list[IndexedFile]]:
        """Return each of ``rows`` that is there, itself first, and then the assets that it is."""
        async with self._database.read() as reader:
            return await files_and_assets(reader, rows)

    # Writing

    @whole
    async def begin_review(self, owner_id: str, note: str = "") -> Review:
        """Record that decisions which belong together begin."""
        review = Review(new_id(), owner_id, note, self._clock(), None, None)
        async with self._database.write() as connection:
            await connection.execute(insert(reviews).values(asdict(review)))
        return review

    @whole
    async def end_review(self, review_id: str) -> None:
        """Record that a review has ended; one that has ended stays as it is."""
        await self._set_review(review_id, reviews.c.ended_at.is_(None), ended_at=self._clock())

    @whole
    async def discard_review(self, review_id: str) -> None:
        """Forget a review in which nothing was decided; any other one stays."""
        decided = select(resolutions.c.row).where(resolutions.c.review_id == review_id)
        async with self._database.write() as connection:
            await connection.execute(
                delete(reviews).where(reviews.c.id == review_id, ~decided.exists())
            )

    @whole
    async def end_reviews(self, before: datetime) -> None:
        """Record that reviews which began ``before`` a time, and were interrupted, have ended."""
        ended = update(reviews).where(reviews.c.ended_at.is_(None), reviews.c.started_at < before)
        async with self._database.write() as connection:
            await connection.execute(ended.values(ended_at=self._clock()))

    @whole
    async def review_undone(self, review_id: str) -> None:
        """Record that a review was undone, as far as it could be."""
        await self._set_review(review_id, reviews.c.undone_at.is_(None), undone_at=self._clock())

    @whole
    async def begin(
        self,
        review: Review,
        kind: DecisionKind,
        snapshot: Snapshot,
        *,
        connection_id: str | None = None,
        keeper_asset_id: str | None = None,
        steps: Sequence[PlannedStep] = (),
    ) -> Resolution:
        """Record a decision as intended, with all its steps as planned."""
        values: dict[str, Any] = {
            "id": new_id(),
            "review_id": review.id,
            "owner_id": review.owner_id,
            "connection_id": connection_id,
            "kind": kind,
            "state": ResolutionState.INTENDED,
            "keeper_asset_id": keeper_asset_id,
            "snapshot": snapshot,
            "error": None,
            "decided_at": self._clock(),
            "ended_at": None,
        }
        planned = [
            {"resolution_id": values["id"], "state": LineState.PLANNED, "error": None}
            | asdict(step)
            for step in steps
        ]
        async with self._database.write() as connection:
            made = insert(resolutions).values(values).returning(resolutions.c.row)
            row = (await connection.execute(made)).scalar_one()
            if planned:
                await connection.execute(insert(lines), planned)
        return Resolution(row=row, **values)

    @whole
    async def set_step(
        self,
        step: ResolutionStep,
        state: LineState,
        *,
        error: str | None = None,
        target: str | None = None,
    ) -> ResolutionStep:
        """Record how far a step is, and return the line as it is now.

        ``target`` is what it is about from now on: the new id of a stack takes the place of the
        old one in the whole journal, so that earlier decisions can be undone as well.
        """
        values: dict[str, Any] = {"state": state, "error": error}
        if target is not None:
            values["target"] = target
        async with self._database.write() as connection:
            await connection.execute(update(lines).where(lines.c.row == step.row).values(**values))
            if target is not None and step.target is not None and step.kind in _STACKS:
                renamed = update(lines).where(lines.c.kind.in_(_STACKS))
                await connection.execute(
                    renamed.where(lines.c.target == step.target).values(target=target)
                )
        return replace(step, **values)

    @whole
    async def set_state(
        self, resolution: Resolution, state: ResolutionState, error: str | None = None
    ) -> Resolution:
        """Record how far a decision is, and return it as it is now."""
        ended = None if state in UNDER_WAY else self._clock()
        values: dict[str, Any] = {"state": state, "error": error, "ended_at": ended}
        await self._set(resolution.id, values)
        return replace(resolution, **values)

    @whole
    async def set_snapshot(self, resolution: Resolution, snapshot: Snapshot) -> Resolution:
        """Record more of what a decision was about, and return it as it is now."""
        await self._set(resolution.id, {"snapshot": snapshot})
        return replace(resolution, snapshot=snapshot)

    async def _set(self, resolution_id: str, values: dict[str, Any]) -> None:
        mine = resolutions.c.id == resolution_id
        async with self._database.write() as connection:
            await connection.execute(update(resolutions).where(mine).values(**values))

    async def _set_review(self, review_id: str, condition: Any, **values: Any) -> None:
        mine = reviews.c.id == review_id
        async with self._database.write() as connection:
            await connection.execute(update(reviews).where(mine, condition).values(**values))

    async def _resolutions(self, query: Select[*tuple[Any, ...]]) -> list[Resolution]:
        async with self._database.read() as reader:
            rows: Sequence[Row[*tuple[Any, ...]]] = (await reader.execute(query)).all()
        return [Resolution(*row) for row in rows]
