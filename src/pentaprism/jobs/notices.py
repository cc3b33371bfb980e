"""Notices: tells the owner of a mirror what the end of a run means, at the addresses they gave."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from pentaprism.app import App
from pentaprism.errors import NotFoundError
from pentaprism.jobs.runner import PAUSED, QUEUED, STOPPING
from pentaprism.notifications.messages import Facts, Message, compose
from pentaprism.notifications.sending import send
from pentaprism.notifications.verdict import Ending, Kind, judge, last_ending
from pentaprism.store.records import Mirror, Run, RunStatus

log = logging.getLogger(__name__)

TEST = "test"
"""The kind of a notice that somebody sent to try their addresses."""

_LOOKED_AT = 20
"""Runs before the one that ended among which the last that says something is looked for."""

_TOLD_LOOKED_AT = 200
"""Notices among which one of a run is looked for; so many are kept."""

_WAITED = {
    Kind.RECONNECT_NEEDED.value: Ending(RunStatus.WAITING.value, "reconnect"),
    Kind.QUOTA_REACHED.value: Ending(
        RunStatus.WAITING.value, "quota", datetime.max.replace(tzinfo=UTC)
    ),
}
"""How the run of a notice stood; that it had a time to go on at is all that counts of it."""

_OUR_OWN = frozenset({PAUSED, QUEUED, STOPPING})
"""The codes of runs that rest because somebody wanted it, of which nobody needs to be told."""


class Notices:
    """Sends notices and remembers them; ``link`` makes the address of a page from its path."""

    def __init__(self, app: App, link: Callable[[str], str]) -> None:
        self._app = app
        self._store = app.store
        self._link = link
        self._last: dict[str, Ending] = {}

    async def tell(self, mirror: Mirror, run: Run) -> None:
        """Tell the owner of ``mirror`` what the end of ``run`` calls for, if anything."""
        if run.code in _OUR_OWN:
            return
        owner_id = (await self._app.mirror_connection(mirror)).owner_id
        now = _ending(run)
        # A run that waits is taken up as the same run, so its record does not tell how it stood.
        before = (
            self._last.get(mirror.id)
            or await self._as_told(owner_id, run)
            or last_ending(map(_ending, await self._before(run)))
        )
        kind = judge(before, now)
        self._last[mirror.id] = last_ending([now]) or before or now
        if kind is None:
            return
        message = compose(kind, await self._facts(mirror, run))
        await self._send(owner_id, kind.value, message, mirror.id)

    async def try_out(self, person_id: str) -> str | None:
        """Send a message to all addresses of a person; return why one failed, None if none did."""
        message = Message(
            "Pentaprism can reach you here",
            "This is what a message looks like. You get one when a run fails, when an account has "
            "to be connected again, when the day's quota is used up, and when all is well again."
            f"\n\nChoose where they go: {self._link('/settings')}",
        )
        return await self._send(person_id, TEST, message, None)

    async def _as_told(self, person_id: str, run: Run) -> Ending | None:
        """Return how ``run`` waited when a person was told of it before this process began."""
        for notice in await self._store.notices.recent(person_id, _TOLD_LOOKED_AT):
            if notice.mirror_id == run.mirror_id and notice.at >= run.started_at:
                return _WAITED.get(notice.kind)
        return None

    async def _before(self, run: Run) -> list[Run]:
        runs = await self._store.runs.recent(_LOOKED_AT, run.mirror_id)
        return [one for one in runs if one.id != run.id and one.code not in _OUR_OWN]

    async def _facts(self, mirror: Mirror, run: Run) -> Facts:
        counters = run.counters
        page = "/accounts" if run.code == "reconnect" else f"/runs/{run.id}"
        return Facts(
            mirror=mirror.album_name,
            place=await self._app.place_of(mirror),
            link=self._link(page),
            reason=run.reason or "",
            hint=await self._hint(run),
            done=counters.uploaded,
            failed=counters.failed,
            left=max(0, run.expected - counters.total) if run.expected else None,
            until=run.waits_until,
        )

    async def _hint(self, run: Run) -> str:
        """Return what to do, as the run's last event says it."""
        events = await self._store.runs.event_page(run.id, limit=5)
        return next((str(e.details["hint"]) for e in events if e.details.get("hint")), "")

    async def _send(
        self, person_id: str, kind: str, message: Message, mirror_id: str | None
    ) -> str | None:
        try:
            person = await self._store.people.get(person_id)
        except NotFoundError:
            return None  # who never signed in has given no addresses
        if not person.notification_urls:
            return None
        failures = await send(person.notification_urls, message)
        error = "; ".join(f"{one.service}: {one.reason}" for one in failures) or None
        await self._store.notices.add(
            person_id=person_id,
            kind=kind,
            mirror_id=mirror_id,
            title=message.title,
            body=message.body,
            error=error,
        )
        return error


def _ending(run: Run) -> Ending:
    return Ending(run.status.value, run.code, run.waits_until)
