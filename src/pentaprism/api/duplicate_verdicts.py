"""``/api/duplicates/verdicts``: which files are no duplicates, or are both kept, for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Query
from pydantic import Field

from pentaprism.api.belongings import verdict_of
from pentaprism.api.bodies import HIGHEST, WHEN, Answer, Limit, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.store.duplicate_records import Verdict, VerdictKind

routes = Routes(Side.API, prefix="/api/duplicates/verdicts", tags=["duplicates"])

_VERDICT = {
    "id": 17,
    "kind": "not_duplicate",
    "files": [4711, 4712],
    "sha1": [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    ],
    "decided_at": WHEN,
}

VerdictId = Annotated[int, Path(ge=1, le=HIGHEST, description="Id of a verdict.", examples=[17])]
BeforeVerdict = Annotated[
    int | None,
    Query(ge=1, le=HIGHEST, description="Older ones than this: `next` of the page before."),
]


class VerdictBody(Answer):
    """What was said for good about two files that are alike."""

    model_config = Answer.model_config | example(**_VERDICT)

    id: int = Field(description="Its id.")
    kind: VerdictKind = Field(description="What was said.")
    files: list[int] = Field(
        description="The numbers of the two in the index, which they may have left since."
    )
    sha1: list[str | None] = Field(
        description="SHA-1 of their bytes: it counts for these wherever they come up again."
    )
    decided_at: datetime = Field(description="When it was said.")

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Return what is told of ``verdict``."""
        digests = (verdict.low_sha1, verdict.high_sha1)
        return cls(
            id=verdict.id,
            kind=verdict.kind,
            files=[verdict.low, verdict.high],
            sha1=[digest.hex() if digest else None for digest in digests],
            decided_at=verdict.decided_at,
        )


class VerdictPage(Answer):
    """Verdicts, the latest first."""

    model_config = Answer.model_config | example(verdicts=[_VERDICT], next=None)

    verdicts: list[VerdictBody] = Field(description="The verdicts of this page.")
    next: int | None = Field(description="Give it as `before` for the next page; null at the end.")

    @classmethod
    def of(cls, found: Sequence[Verdict], limit: int) -> Self:
        """Return the first ``limit`` of ``found`` as a page."""
        page = found[:limit]
        return cls(
            verdicts=[VerdictBody.of(one) for one in page],
            next=page[-1].id if len(found) > limit else None,
        )


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_verdicts(
    program: CurrentProgram,
    person: CurrentPerson,
    before: BeforeVerdict = None,
    limit: Limit = 100,
) -> VerdictPage:
    """List what you said for good about files that are alike, the latest first."""
    found = await program.app.store.verdicts.list(person.id, after=before, limit=limit + 1)
    return VerdictPage.of(found, limit)


@routes.delete("/{verdict_id}", allow=Allow.PERSON, status_code=204, responses=refusals(404))
async def delete_verdict(
    program: CurrentProgram, person: CurrentPerson, verdict_id: VerdictId
) -> None:
    """Take a verdict back, so that the two may be duplicates again."""
    verdict = await verdict_of(program.app, person, verdict_id)
    await program.app.store.verdicts.remove([verdict.id])
    await program.app.duplicates.regroup()
