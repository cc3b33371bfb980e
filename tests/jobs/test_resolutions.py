"""Decisions about duplicates at an Immich: kept, marked, parted, in bulk, and all of it undone."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from media_folders import LONG_AGO, put
from mirror_world import World
from PIL import Image
from resolving_world import Duplicated, duplicated, upload_all

from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError, NotFoundError
from pentaprism.fingerprints.labels import Label
from pentaprism.immich import READ_ONLY
from pentaprism.jobs.resolutions import Resolutions
from pentaprism.jobs.resolving import Doing, Resolving
from pentaprism.library.progress import ScanProgress
from pentaprism.resolution.bulk import BulkChoice, LeftOut
from pentaprism.resolution.remarks import NoteCode, RefusalCode
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.sandbox.immich.duplicates import COPIES, names_of
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.journal_records import (
    UNDER_WAY,
    DecisionKind,
    Resolution,
    ResolutionState,
    StepKind,
)
from pentaprism.store.library_records import Watching

PAIRS, IDENTICAL = 3, 2
DONE, UNDONE = ResolutionState.DONE, ResolutionState.UNDONE


@asynccontextmanager
async def opened(home: Path, *, uploaded: bool) -> AsyncIterator[Duplicated]:
    # The first copy is in an album that only its owner may change.
    with Sandbox(assets=0, hostile=False, duplicates=PAIRS) as sandbox:
        world = World(home, sandbox)
        if uploaded:
            upload_all(world)
        async with duplicated(world) as made:
            yield made


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Duplicated]:
    """Copies with the same bytes in an external library, and recompressed ones."""
    async with opened(tmp_path, uploaded=False) as made:
        yield made


@pytest.fixture
async def uploads(tmp_path: Path) -> AsyncIterator[Duplicated]:
    """The same, and all of them were uploaded."""
    async with opened(tmp_path, uploaded=True) as made:
        yield made


def recompressed(data: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, "JPEG", quality=70)
    return out.getvalue()


async def finished(place: Duplicated) -> Resolving:
    job = await place.resolutions.finished(place.owner_id)
    assert job is not None
    assert job.ended_at is not None
    return job


async def groups_leave_the_list(place: Duplicated, job: Resolving) -> None:
    """Watch a bulk to its end: what is decided is not listed any more."""
    changes = place.resolutions.changes
    number = changes.number
    while job.ended_at is None:
        number = await changes.after(number, 60)
        done = job.done
        assert len(await place.groups()) <= PAIRS - done


async def test_one_after_the_other_is_resolved_and_undone(place: Duplicated) -> None:
    copies = place.world.library.album_named(COPIES)
    copies.thumbnail_id = place.named(names_of(1)[1]).id
    before = place.seen()
    groups = await place.search()
    assert len(groups) == PAIRS
    made = []
    refused: list[ConflictError] = []
    for group in groups:
        # By itself what is in most albums is kept.
        shots = await place.names(group)
        original = next(shot for name, shot in shots.items() if name.startswith("PAIR"))
        try:
            made.append(await place.resolutions.resolve(group.id, original))
        except ConflictError as error:
            refused.append(error)
    assert len(made) == PAIRS - 1
    assert [error.code for error in refused] == ["refused"]
    assert "Seen by others" in refused[0].message
    # What was refused is no review.
    assert len(await place.app.store.journal.reviews(place.owner_id)) == len(made)
    assert {one.state for one in made} == {DONE}
    assert len(place.trashed()) == len(made)
    await place.resolutions.settled()
    assert len(await place.groups()) == 1
    for one in reversed(made):
        assert (await place.resolutions.undo(one.id)).state is UNDONE
    assert place.seen() == before
    await place.resolutions.settled()
    assert len(await place.search()) == PAIRS
    kinds = {s.kind for one in made for s in await place.app.store.journal.steps(one.id)}
    assert kinds >= {
        StepKind.ALBUM,
        StepKind.COVER,
        StepKind.METADATA,
        StepKind.TAGS,
        StepKind.TRASH,
    }


async def test_a_plan_changes_nothing_and_tells_what_is_worth_knowing(place: Duplicated) -> None:
    before = place.seen()
    told, refused = set(), set()
    for group in await place.search():
        for shot in (await place.names(group)).values():
            planned = await place.resolutions.plan(group.id, shot)
            assert planned.connection == place.connection
            told |= {note.code for note in planned.plan.notes}
            refused |= {refusal.code for refusal in planned.plan.refusals}
    assert told >= {NoteCode.EXTERNAL, NoteCode.SIDECAR}
    assert refused == {RefusalCode.ALBUM_CLOSED}
    assert place.seen() == before
    with pytest.raises(InvalidError):
        await place.resolutions.plan(group.id, 0)
    with pytest.raises(InvalidError):
        await place.resolutions.plan(group.id, connection_id="another")
    with pytest.raises(NotFoundError):
        await place.resolutions.plan("nothing")


async def test_bulk_resolves_what_cannot_lose_anything_and_a_review_is_undone(
    uploads: Duplicated,
) -> None:
    place = uploads
    before = place.seen()
    groups = await place.search()
    identical = [group for group in groups if group.label is Label.IDENTICAL]
    assert len(identical) == IDENTICAL
    preview = await place.resolutions.preview_bulk(place.owner_id, BulkChoice())
    assert (preview.groups, preview.assets, preview.marked) == (IDENTICAL, IDENTICAL, 0)
    assert preview.bytes == sum(group.bytes for group in identical)
    every = await place.resolutions.preview_bulk(place.owner_id, BulkChoice(Label.SAME_PICTURE))
    assert every.groups == 0
    others = await place.resolutions.preview_bulk(place.owner_id, BulkChoice(Label.RECOMPRESSED))
    assert (others.groups, others.left_out) == (0, {LeftOut.NOT_COVERED: PAIRS - IDENTICAL})
    assert place.seen() == before
    job = await place.resolutions.begin_bulk(place.owner_id, BulkChoice())
    with pytest.raises(ConflictError):
        await place.resolutions.begin_bulk(place.owner_id, BulkChoice())
    await groups_leave_the_list(place, job)
    assert await finished(place) is job
    assert (job.doing, job.error, job.total) == (Doing.BULK, None, IDENTICAL)
    assert (job.done + job.left, job.failed) == (IDENTICAL, 0)
    assert job.done >= IDENTICAL - 1
    assert len(place.trashed()) == job.done
    await place.resolutions.settled()
    assert len(await place.groups()) == PAIRS - job.done
    review = await place.app.store.journal.review(job.review_id)
    assert review.ended_at is not None
    undo = await place.resolutions.begin_undo(job.review_id)
    await finished(place)
    assert (undo.error, undo.done, undo.left) == (None, job.done, 0)
    assert place.seen() == before
    assert (await place.app.store.journal.review(job.review_id)).undone_at is not None
    again = await place.resolutions.begin_undo(job.review_id)
    await finished(place)
    assert (again.done, place.seen() == before) == (job.done, True)


async def test_a_verdict_is_in_the_journal_and_is_undone(place: Duplicated) -> None:
    groups = await place.search()
    for kind in VerdictKind:
        made = await place.resolutions.give_verdict(groups[0].id, kind)
        assert (made.state, made.kind) == (DONE, DecisionKind(kind))
        left = await place.groups()
        assert {group.id for group in left}.isdisjoint({groups[0].id})
        assert len(left) == PAIRS - 1
        assert (await place.resolutions.undo(made.id)).state is UNDONE
        assert (await place.resolutions.undo(made.id)).state is UNDONE
        groups = await place.groups()
        assert len(groups) == PAIRS
    assert place.trashed() == set()


async def in_folder(place: Duplicated, *names: str) -> tuple[Path, bytes]:
    """Copies of one of the pictures in a folder, which is indexed."""
    folder = place.world.home / "folder"
    data = recompressed(bytes(read(place.named(names_of(1)[0]).content)))
    for name in names:
        put(folder / name, data)
    root = await place.app.store.roots.add(
        place.owner_id, str(folder), "folder", watching=Watching.OFF
    )
    await place.app.indexing.scan(root, ScanProgress())
    return folder, data


async def test_files_in_folders_only_are_marked_and_not_touched(place: Duplicated) -> None:
    folder, other = await in_folder(place, "one.jpg", "two.jpg")
    (group,) = [one for one in await place.search() if one.files == 4]
    shots = await place.names(group)
    marks = place.app.store.duplicate_marks
    marked = await place.resolutions.mark(group.id, shots["PAIR_0001.jpg"])
    assert (marked.kind, marked.state) == (DecisionKind.MARK, DONE)
    assert {mark.path for mark in await marks.page(place.owner_id)} == {"one.jpg", "two.jpg"}
    assert (await place.resolutions.undo(marked.id)).state is UNDONE
    assert await marks.count(place.owner_id) == 0
    # Who comes back is in a new group.
    (group,) = [one for one in await place.search() if one.files == 4]
    shots = await place.names(group)
    # What is kept would be in the folder only, and the picture gone from Immich.
    with pytest.raises(ConflictError) as refused:
        await place.resolutions.resolve(group.id, shots["one.jpg"])
    assert refused.value.code == "refused"
    kept = await place.resolutions.resolve(group.id, shots["PAIR_0001.jpg"])
    assert place.trashed() == {names_of(1)[1]}
    assert await marks.count(place.owner_id) == 2
    await place.resolutions.undo(kept.id)
    assert (place.trashed(), await marks.count(place.owner_id)) == (set(), 0)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "one.jpg": other,
        "two.jpg": other,
    }
    assert {int(file.stat().st_mtime) for file in folder.iterdir()} == {int(LONG_AGO)}


async def test_a_key_that_may_not_is_told_what_it_lacks(place: Duplicated) -> None:
    groups = await place.search()
    key = place.world.library.keys[place.world.sandbox.api_key]
    key.permissions = [*READ_ONLY]
    before = place.seen()
    with pytest.raises(ActionRequiredError) as error:
        await place.resolutions.resolve(groups[0].id)
    assert error.value.code == "permissions"
    assert "asset.delete" in error.value.message + error.value.hint
    assert place.seen() == before


@asynccontextmanager
async def started_again(place: Duplicated) -> AsyncIterator[Resolutions]:
    """The decisions of a later start, at work on what was interrupted as the server does it."""
    place.world.now += timedelta(hours=1)
    again = Resolutions(place.app)
    task = asyncio.create_task(again.run())
    try:
        yield again
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await again.close()


async def ended(place: Duplicated, resolution: Resolution) -> Resolution:
    """Wait until a decision has come to its end."""
    while True:
        found = await place.app.store.journal.get(resolution.id)
        if found.state not in UNDER_WAY:
            return found
        await asyncio.sleep(0.01)


async def interrupted(place: Duplicated, work: Awaitable[object]) -> Resolution:
    """Let a decision break off, and return what stands in the journal of it."""
    with pytest.raises(Exception, match=r"Immich|not now"):
        await work
    (waiting,) = await place.app.store.journal.under_way()
    return waiting


@contextmanager
def unwritable(place: Duplicated, table: str) -> Iterator[None]:
    """Let nothing be written into a table of the database."""
    path = place.app.settings.database_path
    refuse = f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'not now'); END"
    for order in (refuse, "DROP TRIGGER no"):
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            connection.execute(order)
            connection.commit()
        if order is refuse:
            yield


async def test_what_was_interrupted_ends_at_the_next_start(place: Duplicated) -> None:
    before = place.seen()
    group = (await place.search())[1]
    place.world.sandbox.faults.add("status", route="delete_assets", times=100)
    review = await place.app.store.journal.begin_review(place.owner_id)
    broken = place.resolutions.resolve(group.id, review=review)
    waiting = await interrupted(place, broken)
    await place.resolutions.recover()
    assert await place.app.store.journal.under_way() == [waiting]
    place.world.sandbox.faults.clear()
    async with started_again(place):
        assert (await ended(place, waiting)).state is DONE
    assert (await place.app.store.journal.review(review.id)).ended_at is not None
    assert len(place.trashed()) == 1
    await place.resolutions.undo(waiting.id)
    assert place.seen() == before


async def test_marks_belong_to_the_decision_however_it_is_interrupted(place: Duplicated) -> None:
    await in_folder(place, "one.jpg")
    (group,) = [one for one in await place.search() if one.files == 3]
    kept = (await place.names(group))[names_of(1)[0]]
    marks = place.app.store.duplicate_marks
    for decide in (place.resolutions.mark, place.resolutions.resolve):
        with unwritable(place, "duplicate_marks"):
            waiting = await interrupted(place, decide(group.id, kept))
            assert await marks.count(place.owner_id) == 0
        async with started_again(place) as again:
            assert (await ended(place, waiting)).state is DONE
            assert await marks.count(place.owner_id) == 1
            assert (await again.undo(waiting.id)).state is UNDONE
        assert await marks.count(place.owner_id) == 0
    assert place.trashed() == set()


async def test_a_verdict_that_was_interrupted_is_given_at_the_next_start(
    place: Duplicated,
) -> None:
    group = (await place.search())[0]
    given = place.resolutions.give_verdict(group.id, VerdictKind.KEEP_ALL)
    with unwritable(place, "verdicts"):
        waiting = await interrupted(place, given)
    async with started_again(place) as again:
        assert (await ended(place, waiting)).state is DONE
        assert len(await place.groups()) == PAIRS - 1
        await again.undo(waiting.id)
    assert len(await place.groups()) == PAIRS


async def test_without_its_connection_a_decision_ends_and_says_why(place: Duplicated) -> None:
    group = (await place.search())[1]
    place.world.sandbox.faults.add("status", route="delete_assets", times=100)
    waiting = await interrupted(place, place.resolutions.resolve(group.id))
    await place.app.store.connections.delete(place.connection.id)
    async with started_again(place) as again:
        left = await ended(place, waiting)
        assert left.state is ResolutionState.PARTLY
        assert "connection was removed" in (left.error or "")
        with pytest.raises(ConflictError) as gone:
            await again.undo(left.id)
    assert gone.value.code == "no_connection"
