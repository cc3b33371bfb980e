"""``/api/journal``: what was decided about duplicates, and taking it back."""

from __future__ import annotations

from pentaprism.api.belongings import decision_of, review_of
from pentaprism.api.bodies import Limit
from pentaprism.api.duplicate_plan_bodies import BulkWork
from pentaprism.api.journal_bodies import (
    AfterReview,
    BeforeDecision,
    DecisionDetail,
    DecisionId,
    JournalPage,
    OfReview,
    ReviewBody,
    ReviewId,
    ReviewPage,
)
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram

routes = Routes(Side.API, prefix="/api/journal", tags=["journal"])


@routes.get("", allow=Allow.PERSON, responses=refusals(404))
async def list_decisions(
    program: CurrentProgram,
    person: CurrentPerson,
    *,
    review_id: OfReview = None,
    before: BeforeDecision = None,
    limit: Limit = 100,
) -> JournalPage:
    """List what you decided about duplicates, the newest first."""
    if review_id is not None:
        await review_of(program.app, person, review_id)
    found = await program.app.store.journal.page(
        person.id, after=before, limit=limit + 1, review_id=review_id
    )
    return JournalPage.of(found, limit)


@routes.get("/reviews", allow=Allow.PERSON, responses=refusals(404))
async def list_reviews(
    program: CurrentProgram, person: CurrentPerson, after: AfterReview = None, limit: Limit = 100
) -> ReviewPage:
    """List your reviews, which are decisions made together, the newest first."""
    if after is not None:
        await review_of(program.app, person, after)
    found = await program.app.store.journal.reviews(person.id, after=after, limit=limit + 1)
    return ReviewPage.of(found, limit)


@routes.get("/reviews/{review_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_review(
    program: CurrentProgram, person: CurrentPerson, review_id: ReviewId
) -> ReviewBody:
    """Return a review; `GET /api/journal?review_id=` lists its decisions."""
    return ReviewBody.of(await review_of(program.app, person, review_id))


@routes.post(
    "/reviews/{review_id}/undo", allow=Allow.PERSON, status_code=202, responses=refusals(404, 409)
)
async def undo_review(
    program: CurrentProgram, person: CurrentPerson, review_id: ReviewId
) -> BulkWork:
    """Begin to take all decisions of a review back, the newest first."""
    review = await review_of(program.app, person, review_id)
    return BulkWork.of(await program.resolutions.begin_undo(review.id))


@routes.get("/{decision_id}", allow=Allow.PERSON, responses=refusals(404))
async def get_decision(
    program: CurrentProgram, person: CurrentPerson, decision_id: DecisionId
) -> DecisionDetail:
    """Return a decision with its steps, and how far each is."""
    decision = await decision_of(program.app, person, decision_id)
    steps = await program.app.store.journal.steps(decision.id)
    return DecisionDetail.of_all(decision, steps)


@routes.post("/{decision_id}/undo", allow=Allow.PERSON, responses=refusals(404, 409))
async def undo_decision(
    program: CurrentProgram, person: CurrentPerson, decision_id: DecisionId
) -> DecisionDetail:
    """Take a decision back; what somebody has changed since is kept and told."""
    decision = await decision_of(program.app, person, decision_id)
    undone = await program.resolutions.undo(decision.id)
    return DecisionDetail.of_all(undone, await program.app.store.journal.steps(undone.id))
