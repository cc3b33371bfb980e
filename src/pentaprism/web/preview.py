"""What the next run of a mirror would do: the plan with its reasons, before anything is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.responses import Response

from pentaprism.definitions import own_mirror
from pentaprism.edge import Allow, Routes, Side
from pentaprism.jobs.plans import Plan
from pentaprism.mirrors.preview import Row, Verb
from pentaprism.store.records import Mirror
from pentaprism.web.live import live
from pentaprism.web.mirrors import address
from pentaprism.web.page import CurrentPage

routes = Routes(Side.PAGES)

ROWS = 100
"""How many rows of a plan one page shows."""

_ORDER = (Verb.REMOVE, Verb.HELD, Verb.PUT, Verb.LEAVE, Verb.SKIP, Verb.KEEP)
_CHANGES = frozenset({Verb.PUT, Verb.REMOVE, Verb.HELD})
_NEW = "new"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a plan's rows: those of ``group`` from ``start`` on, of ``found`` in all."""

    rows: Sequence[Row]
    start: int
    found: int
    cut: bool

    @property
    def groups(self) -> list[tuple[Verb, list[Row]]]:
        """Return the rows by what would be done."""
        return [(verb, list(rows)) for verb, rows in groupby(self.rows, lambda row: row.verb)]

    @property
    def end(self) -> int:
        """Return how many rows are shown when this page is."""
        return self.start + len(self.rows)


def choose(plan: Plan, show: str, q: str, after: int) -> Shown:
    """Return the rows of ``plan`` that are asked for: a verb, the changes, or all.

    ``cut`` tells that the plan has more rows than are kept.
    """
    verbs = [verb for verb in _ORDER if _wanted(verb, show)]
    wanted = q.strip().casefold()
    found = [
        row
        for verb in verbs
        for row in plan.rows[verb]
        if wanted in row.path.casefold() or wanted in row.filename.casefold()
    ]
    start = max(0, after)
    cut = any(plan.counts[verb] > len(plan.rows[verb]) for verb in verbs)
    return Shown(found[start : start + ROWS], start, len(found), cut)


@routes.get("/mirrors/{mirror_id}/preview", allow=Allow.PERSON)
async def preview(
    page: CurrentPage, mirror_id: str, show: str = "", q: str = "", after: int = 0
) -> Response:
    """Show the newest plan, how far it is, or that there is none."""
    mirror = await own_mirror(page.program.app, page.person, mirror_id)
    plan = page.program.plans.latest(mirror.id, page.person.id)
    place = await page.program.app.place_of(mirror)
    if plan is None:
        return page.html("preview-none.html", "mirrors", mirror=mirror, place=place)
    return page.html(
        "mirror-preview.html",
        "mirrors",
        place=place,
        **_context(mirror, plan, show, q, after),
    )


@routes.post("/mirrors/{mirror_id}/preview", allow=Allow.PERSON)
async def begin(page: CurrentPage, mirror_id: str) -> Response:
    """Begin to plan."""
    mirror = await own_mirror(page.program.app, page.person, mirror_id)
    page.program.plans.begin(mirror, page.person.id)
    return page.go(f"/mirrors/{mirror.id}/preview")


@routes.get("/mirrors/{mirror_id}/preview/live", allow=Allow.PERSON)
async def preview_live(page: CurrentPage, mirror_id: str) -> Response:
    """Send how far the plan is, and at its end all of it."""
    mirror = await own_mirror(page.program.app, page.person, mirror_id)
    plan = page.program.plans.latest(mirror.id, page.person.id)
    over = False

    async def render() -> str | None:
        nonlocal over
        if plan is None or over:
            return None
        over = plan.done
        part = "result" if plan.done else "progress"
        return page.fragment("preview/parts.html", part, **_context(mirror, plan, "", "", 0))

    return live(page.program.plans.changes, render, refresh=1)


def _wanted(verb: Verb, show: str) -> bool:
    if show == "all":
        return True
    return verb.value == show if show in set(Verb) else verb in _CHANGES


def _context(mirror: Mirror, plan: Plan, show: str, q: str, after: int) -> dict[str, Any]:
    changes = sum(plan.counts[verb] for verb in _CHANGES)
    chosen = show or ("changes" if changes else "all")
    shown = choose(plan, chosen, q, after)
    here = f"/mirrors/{mirror.id}/preview"
    chips = [("changes", address(here, show="changes", q=q), changes)]
    chips += [
        (verb.value, address(here, show=verb.value, q=q), plan.counts[verb])
        for verb in _ORDER
        if plan.counts[verb]
    ]
    return {
        "mirror": mirror,
        "plan": plan,
        "show": chosen,
        "q": q,
        "shown": shown,
        "chips": chips,
        "replaced": _replaced(plan),
        "removals": plan.counts[Verb.HELD],
        "more": address(here, show=chosen, q=q, after=shown.end) if shown.end < shown.found else "",
    }


def _replaced(plan: Plan) -> int | None:
    """Return how many puts replace what is there, None where not all puts are known."""
    puts = plan.rows[Verb.PUT]
    if len(puts) < plan.counts[Verb.PUT]:
        return None
    return sum(row.code not in {_NEW, "retry"} for row in puts)
