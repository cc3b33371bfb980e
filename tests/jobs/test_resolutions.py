"""Decisions about duplicates at an Immich: kept, marked, parted, in bulk, and all of it undone."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from media_folders import LONG_AGO, put
from mirror_world import World
from PIL import Image
from resolving_world import Duplicated, duplicated, prepare

from pentaprism.errors import ActionRequiredError, ConflictError, InvalidError, NotFoundError
from pentaprism.fingerprints.labels import Label
from pentaprism.immich import READ_ONLY
from pentaprism.jobs.resolving import Doing, Resolving
from pentaprism.library.progress import ScanProgress
from pentaprism.resolution.bulk import BulkChoice, LeftOut
from pentaprism.resolution.remarks import NoteCode, RefusalCode
from pentaprism.sandbox.immich import Sandbox
from pentaprism.sandbox.immich.content import read
from pentaprism.store.duplicate_records import VerdictKind
from pentaprism.store.journal_records import DecisionKind, ResolutionState, StepKind
from pentaprism.store.library_records import Watching

PAIRS = 6
DONE, UNDONE = ResolutionState.DONE, ResolutionState.UNDONE


@asynccontextmanager
async def opened(home: Path, *, uploaded: bool) -> AsyncIterator[Duplicated]:
    # The first copy is in an album that only its owner may change.
    with Sandbox(assets=0, hostile=False, duplicates=PAIRS) as sandbox:
        world = World(home, sandbox)
        prepare(world, uploaded=uploaded)
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


async def test_one_after_the_other_is_resolved_and_undone(place: Duplicated) -> None:
    before = place.seen()
    groups = await place.search()
    assert len(groups) == PAIRS
    made = []
    refused: list[ConflictError] = []
    for group in groups:
        try:
            made.append(await place.resolutions.resolve(group.id))
        except ConflictError as error:
            refused.append(error)
    assert len(made) == PAIRS - 1
    assert [error.code for error in refused] == ["refused"]
    assert "Seen by others" in refused[0].message
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
    assert kinds >= {StepKind.ALBUM, StepKind.METADATA, StepKind.TAGS, StepKind.TRASH}


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
    assert len(identical) == PAIRS // 2
    preview = await place.resolutions.preview_bulk(place.owner_id, BulkChoice())
    assert (preview.groups, preview.assets, preview.marked) == (PAIRS // 2, PAIRS // 2, 0)
    assert preview.bytes == sum(group.bytes for group in identical)
    every = await place.resolutions.preview_bulk(place.owner_id, BulkChoice(Label.SAME_PICTURE))
    assert every.groups == 0
    others = await place.resolutions.preview_bulk(place.owner_id, BulkChoice(Label.RECOMPRESSED))
    assert (others.groups, others.left_out) == (0, {LeftOut.NOT_COVERED: PAIRS // 2})
    assert place.seen() == before
    job = await place.resolutions.begin_bulk(place.owner_id, BulkChoice())
    with pytest.raises(ConflictError):
        await place.resolutions.begin_bulk(place.owner_id, BulkChoice())
    assert await finished(place) is job
    assert (job.doing, job.error, job.total) == (Doing.BULK, None, PAIRS // 2)
    assert (job.done + job.left, job.failed) == (PAIRS // 2, 0)
    assert job.done >= PAIRS // 2 - 1
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


async def test_files_in_folders_only_are_marked_and_not_touched(place: Duplicated) -> None:
    folder = place.world.home / "folder"
    other = recompressed(bytes(read(place.named("PAIR_0001.jpg").content)))
    for name in ("one.jpg", "two.jpg"):
        put(folder / name, other)
    root = await place.app.store.roots.add(
        place.owner_id, str(folder), "folder", watching=Watching.OFF
    )
    await place.app.indexing.scan(root, ScanProgress())
    (group,) = [one for one in await place.search() if one.files == 4]
    shots = await place.names(group)
    marks = place.app.store.duplicate_marks
    marked = await place.resolutions.mark(group.id, shots["PAIR_0001.jpg"])
    assert (marked.kind, marked.state) == (DecisionKind.MARK, DONE)
    assert {mark.path for mark in await marks.page(place.owner_id)} == {"one.jpg", "two.jpg"}
    assert (await place.resolutions.undo(marked.id)).state is UNDONE
    assert await marks.count(place.owner_id) == 0
    # What is kept would be in the folder only, and the picture gone from Immich.
    with pytest.raises(ConflictError) as refused:
        await place.resolutions.resolve(group.id, shots["one.jpg"])
    assert refused.value.code == "refused"
    kept = await place.resolutions.resolve(group.id, shots["PAIR_0001.jpg"])
    assert place.trashed() == {"COPY_0001.jpg"}
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


async def test_what_was_interrupted_ends_at_the_next_start(place: Duplicated) -> None:
    before = place.seen()
    groups = await place.search()
    group = groups[1]
    place.world.sandbox.faults.add("status", route="delete_assets", times=100)
    with pytest.raises(Exception, match="Immich"):
        await place.resolutions.resolve(group.id)
    (waiting,) = await place.app.store.journal.under_way()
    await place.resolutions.recover()
    place.world.sandbox.faults.clear()
    await place.resolutions.recover()
    ended = await place.app.store.journal.get(waiting.id)
    assert ended.state is DONE
    assert len(place.trashed()) == 1
    await place.resolutions.undo(ended.id)
    assert place.seen() == before
