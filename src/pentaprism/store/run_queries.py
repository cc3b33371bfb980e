"""The queries for runs and their events that have many ways to be narrowed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from pentaprism.store.records import RunStatus
from pentaprism.store.tables import connections, mirrors, run_events, runs


def of_owner[*Ts](query: Select[*Ts]) -> Select[*Ts]:
    """Return ``query`` of runs joined with the connection, which knows the owner."""
    return query.join_from(runs, mirrors).join(connections)


def last_runs(owner_id: str | None) -> Select[*tuple[Any, ...]]:
    """Return the query for the newest run of each mirror, of one owner or of all.

    It asks for each mirror by the index, and does not read all runs.
    """
    others = runs.alias("others")
    newest = (
        select(others.c.id)
        .where(others.c.mirror_id == mirrors.c.id)
        .order_by(others.c.started_at.desc(), others.c.id)
        .limit(1)
        .correlate(mirrors)
        .scalar_subquery()
    )
    query = select(runs).join_from(mirrors, runs, runs.c.id == newest)
    if owner_id is None:
        return query
    return query.join(connections, connections.c.id == mirrors.c.connection_id).where(
        connections.c.owner_id == owner_id
    )


def runs_page(
    owner_id: str | None,
    mirror_id: str | None,
    statuses: Collection[RunStatus] | None,
    before: tuple[datetime, str] | None,
) -> Select[*tuple[Any, ...]]:
    """Return the query for runs, the newest first; see `Runs.page`."""
    query = select(runs)
    if owner_id is not None:
        query = of_owner(query).where(connections.c.owner_id == owner_id)
    if mirror_id is not None:
        query = query.where(runs.c.mirror_id == mirror_id)
    if statuses is not None:
        query = query.where(runs.c.status.in_(statuses))
    if before is not None:
        time, id_ = before
        query = query.where(
            runs.c.started_at <= time, or_(runs.c.started_at < time, runs.c.id > id_)
        )
    return query.order_by(runs.c.started_at.desc(), runs.c.id)


def event_filter(
    run_id: str,
    levels: Collection[str] | None,
    codes: Collection[str] | None,
    search: str | None,
) -> list[ColumnElement[bool]]:
    """Return the conditions for events of a run; see `Runs.event_page`."""
    conditions: list[ColumnElement[bool]] = [run_events.c.run_id == run_id]
    if levels is not None:
        conditions.append(run_events.c.level.in_(levels))
    if codes is not None:
        conditions.append(run_events.c.code.in_(codes))
    if search:
        conditions.append(
            or_(
                run_events.c.message.icontains(search, autoescape=True),
                run_events.c.filename.icontains(search, autoescape=True),
            )
        )
    return conditions
