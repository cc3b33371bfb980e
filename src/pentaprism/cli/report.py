"""A run from the command line: its progress while it works, then what it did, in words or JSON."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pentaprism.cli.events import run_events
from pentaprism.cli.exits import Exit, exit_code
from pentaprism.cli.forecast import say_forecast
from pentaprism.cli.output import (
    bytes_in_words,
    error_as_json,
    print_error,
    print_json,
    safe,
    say,
    short,
)
from pentaprism.errors import ActionRequiredError, WaitingError

if TYPE_CHECKING:
    from pentaprism.app import App, RunOptions
    from pentaprism.mirrors.run import MirrorRun
    from pentaprism.store.records import Connection, Mirror, Run, RunEvent

_SHOWN = 20
"""The most failures, and the most remarks, that are shown of one run."""

_COUNTED = {
    "adopted": "taken over as it was there already, without downloading",
    "linked": "shared with another mirror as a hard link",
    "replaced": "replaced by Immich's new version{old}",
    "edited_kept": "edited here, kept as it is",
    "returned": "in the album again",
    "skipped": "skipped: {reason}",
    "removed": "{removed}: {cause}",
    "orphaned": "kept, though {cause}",
    "already_in_account": "in the account already, from elsewhere; left out of the album",
    "superseded": "left the album, in which the same picture stays under another name",
    "note": "{note}",
}
"""What is told as a number, by the code of its event; blanks are details of the event."""


async def run_and_report(
    app: App,
    target: Mirror,
    connection: Connection,
    options: RunOptions,
    *,
    as_json: bool = False,
    wait: bool = False,
) -> int:
    """Run ``target`` once with progress, print what it did, and return the exit code.

    With ``wait`` a run that has to rest is gone on with when it can be. Raises
    `ActionRequiredError` with code ``paused`` for a mirror that is paused.
    """
    from pentaprism.cli.progress import execute
    from pentaprism.cli.waiting import wait_for

    refuse_paused(target)
    began = time.monotonic()
    while True:
        async with app.run(target, connection, options) as run:
            finished = await execute(run, target.album_name, quiet=as_json)
        if not wait or not isinstance(run.stopped, WaitingError):
            break
        await wait_for(app, target, run.stopped, quiet=as_json)
        target = await app.store.mirrors.get(target.id)
    seconds = time.monotonic() - began
    if as_json:
        print_json(_as_json(run, finished, seconds))
    else:
        await _report(app, target, finished, seconds)
        if run.stopped is not None:
            print_error(run.stopped, as_json=False)
        if isinstance(run.stopped, WaitingError):
            await say_forecast(app, target, max(0, run.tally.expected - run.tally.total))
    return _code(run, finished)


def refuse_paused(target: Mirror) -> None:
    """Raise `ActionRequiredError` if ``target`` is paused."""
    if target.paused:
        raise ActionRequiredError(
            f"The mirror of “{target.album_name}” is paused.",
            code="paused",
            hint=f"Let it go on with `pentaprism mirrors resume {short(target.id)}`.",
        )


def _as_json(run: MirrorRun, finished: Run, seconds: float) -> dict[str, Any]:
    """Return the one object of ``--json``; it has an error only if one ended the run early."""
    counters = finished.counters
    stopped = {} if run.stopped is None else {"error": error_as_json(run.stopped)}
    return {
        "run": finished.id,
        "status": finished.status.value,
        "total": counters.total,
        "uploaded": counters.uploaded,
        "skipped": counters.skipped,
        "failed": counters.failed,
        "removed": counters.removed,
        "bytes": counters.bytes,
        "seconds": round(seconds, 3),
        **({"waits_until": finished.waits_until} if finished.waits_until else {}),
        **stopped,
    }


def _code(run: MirrorRun, finished: Run) -> int:
    if run.stopped is not None:
        return exit_code(run.stopped)
    return Exit.SOME_FAILED if finished.counters.failed else Exit.DONE


class _Told:
    """What the events of a run amount to; grows with the kinds of events, not their number."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.skipped = 0
        self.failures: list[RunEvent] = []
        self.remarks: list[RunEvent] = []
        self.left_out = 0

    def add(self, event: RunEvent) -> None:
        """Take in one event."""
        self.skipped += event.code == "skipped"
        if event.code in _COUNTED:
            self.counts[_COUNTED[event.code].format_map(event.details)] += 1
        elif event.code == "failed":
            self._keep(self.failures, event)
        elif event.level == "warning":
            self._keep(self.remarks, event)

    def _keep(self, kept: list[RunEvent], event: RunEvent) -> None:
        if len(kept) < _SHOWN:
            kept.append(event)
        else:
            self.left_out += 1


async def _report(app: App, target: Mirror, run: Run, seconds: float) -> None:
    told = _Told()
    async for event in run_events(app.store, run.id):
        told.add(event)
    counters = run.counters
    where = await app.place_of(target)
    say(f"[bold]{safe(target.album_name)}[/] → {safe(where)}")
    say(
        f"{counters.uploaded:,} put ({bytes_in_words(counters.bytes)}), "
        f"{counters.skipped - told.skipped:,} were there, {told.skipped:,} skipped, "
        f"{counters.removed:,} removed, {counters.failed:,} failed, in {seconds:.1f} s",
        indent=2,
    )
    idle = not (counters.uploaded or counters.removed or counters.bytes or told.remarks)
    if run.status.value == "OK" and idle:
        say("Nothing had to be done; nothing was downloaded.", indent=2)
    for what, count in told.counts.most_common():
        say(f"{count:,} {safe(what)}", indent=2)
    for remark in told.remarks:
        about = f"{safe(remark.filename)} " if remark.filename else ""
        say(f"[yellow]![/] {about}{safe(remark.message)}", indent=2)
    _say_failures(told.failures)
    if told.left_out:
        say(f"… and {told.left_out:,} more: pentaprism runs show {short(run.id)}", indent=2)


def _say_failures(failures: list[RunEvent]) -> None:
    """Say what failed, and below those of one kind what can be done about them."""
    for event, following in pairwise([*failures, None]):
        if event is None:
            return
        hint = str(event.details.get("hint", ""))
        error = safe(str(event.details.get("error", event.message)))
        say(f"[red]✗[/] {safe(event.filename or '')}: {error}", indent=2)
        if hint and (following is None or hint != following.details.get("hint")):
            say(f"[dim]{safe(hint)}[/]", indent=4)
