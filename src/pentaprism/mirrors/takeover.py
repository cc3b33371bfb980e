"""Taking over a folder: when what lies in it has to be read, and what is found there."""

from __future__ import annotations

from pentaprism.destinations.base import Destination, RemoteAlbum
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.outcomes import Outcome
from pentaprism.mirrors.recorder import Recorder
from pentaprism.store import Store
from pentaprism.store.records import Run, RunStatus

_RUNS = 50
_FIRST_EVENTS = 10


async def take_over(
    store: Store,
    mirror_id: str,
    destination: Destination,
    remote: RemoteAlbum,
    recorder: Recorder,
) -> Found:
    """Return what lies at ``remote`` unrecorded, if nothing was recorded yet, or not all of it.

    Reads every file there in that case, so it is done for the first run of a mirror, and after
    one that was cut short while it took over what it had found.
    """
    if not destination.features.paths:
        return Found()
    fresh = not await store.items.highest_row(mirror_id)
    if not fresh and not await _was_cut_short(store, mirror_id):
        return Found()
    found = Found([item async for item in destination.list(remote)])
    if found:
        await recorder.add(Outcome(events=[event(Code.FOLDER_READ, files=len(found))]))
    return found


async def _was_cut_short(store: Store, mirror_id: str) -> bool:
    """Tell whether a run that read the folder, and every one since, did not come to its end."""
    for run in await store.runs.recent(_RUNS, mirror_id):
        if _came_to_its_end(run):
            return False
        events = await store.runs.events(run.id, limit=_FIRST_EVENTS)
        if any(happened.code == Code.FOLDER_READ for happened in events):
            return True
    return False


def _came_to_its_end(run: Run) -> bool:
    """Tell whether all assets of the album were looked at; some of them may have failed."""
    return run.status is RunStatus.OK or (run.status is RunStatus.FAILED and run.reason is None)
