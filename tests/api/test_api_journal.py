"""The journal over HTTP: decisions and reviews page by page, each told as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_world import ApiWorld, Caller
from media_folders import index
from owned_duplicates import own_duplicates

from pentaprism.store.journal_records import DecisionKind, PlannedStep, ResolutionState, StepKind


@pytest.fixture
async def caller(world: ApiWorld, tmp_path: Path) -> Caller:
    """Somebody with one review in the journal, which marked a file."""
    caller = await world.with_token()
    assert caller.person is not None
    root_id, _ = await index(world.program, caller.person.id, tmp_path / "photos")
    await own_duplicates(world.program, caller.person.id, root_id)
    return caller


async def test_decisions_are_told_page_by_page(world: ApiWorld, caller: Caller) -> None:
    journal = world.app.store.journal
    assert caller.person is not None
    review = await journal.begin_review(caller.person.id, "second")
    about = {"label": "similar", "score": 0.5, "keeper": None, "losers": []}
    step = PlannedStep(StepKind.ALBUM, "asset", "album", "Summer\ud800", False, True)
    made = await journal.begin(review, DecisionKind.KEEP, about, steps=[step])
    await journal.set_state(made, ResolutionState.PARTLY, "The album was closed.")
    first = (await caller.get("/api/journal", limit=1)).body
    second = (await caller.get("/api/journal", before=first["next"])).body
    assert second["next"] is None
    (newest,), (oldest,) = first["decisions"], second["decisions"]
    assert (newest["id"], newest["state"]) == (made.id, "partly")
    assert (newest["label"], newest["score"], newest["keeper"]) == ("similar", 0.5, [])
    assert newest["error"] == "The album was closed."
    assert (oldest["kind"], oldest["state"]) == ("mark", "done")
    assert oldest["keeper"][0]["path"].endswith("photos 7.jpg")
    assert [len(shot) for shot in oldest["others"]] == [1]
    detail = (await caller.get(f"/api/journal/{made.id}")).body
    assert {key: detail[key] for key in newest} == newest
    (told,) = detail["steps"]
    assert (told["kind"], told["state"], told["name"]) == ("album", "planned", "Summer\ufffd")
    assert (told["before"], told["after"]) == (False, True)
    of_review = (await caller.get("/api/journal", review_id=review.id)).body
    assert [one["id"] for one in of_review["decisions"]] == [made.id]


async def test_reviews_are_told_page_by_page(world: ApiWorld, caller: Caller) -> None:
    assert caller.person is not None
    world.world.pass_time(seconds=1)
    review = await world.app.store.journal.begin_review(caller.person.id, "second")
    first = (await caller.get("/api/journal/reviews", limit=1)).body
    second = (await caller.get("/api/journal/reviews", after=first["next"])).body
    assert second["next"] is None
    assert [one["note"] for one in first["reviews"] + second["reviews"]] == ["second", "photos"]
    (one,) = first["reviews"]
    assert (one["id"], one["ended_at"]) == (review.id, None)
    assert (await caller.get(f"/api/journal/reviews/{review.id}")).body == one


async def test_what_is_not_there_is_not_found(caller: Caller) -> None:
    assert (await caller.get("/api/journal/x")).code == "decision_not_found"
    assert (await caller.post("/api/journal/x/undo")).code == "decision_not_found"
    assert (await caller.get("/api/journal/reviews/x")).code == "review_not_found"
    assert (await caller.post("/api/journal/reviews/x/undo")).code == "review_not_found"
    assert (await caller.get("/api/journal", review_id="x")).code == "review_not_found"
    assert (await caller.get("/api/journal", before=0)).status == 422


async def test_undoing_twice_changes_nothing(caller: Caller) -> None:
    (made,) = (await caller.get("/api/journal")).body["decisions"]
    first = await caller.post(f"/api/journal/{made['id']}/undo")
    assert (first.status, first.body["state"]) == (200, "undone"), first.text
    again = await caller.post(f"/api/journal/{made['id']}/undo")
    assert (again.status, again.body) == (200, first.body)
