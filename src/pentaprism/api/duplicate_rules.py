"""``/api/duplicates/rules``: by what a keeper is proposed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field

from pentaprism.api.bodies import Answer, example
from pentaprism.api.problems import refusals
from pentaprism.duplicates.keeper_rules import Criterion, KeeperRules
from pentaprism.edge import Allow, Routes, Side
from pentaprism.edge.running import CurrentProgram

routes = Routes(Side.API, prefix="/api/duplicates", tags=["duplicates"])

_RULE = {"criterion": "folders", "meaning": "Not in Downloads. Best in Photos."}


class KeeperCriterion(Answer):
    """Something that shots are compared by."""

    model_config = Answer.model_config | example(**_RULE)

    criterion: Criterion = Field(description="Its name, as the file of rules names it.")
    meaning: str = Field(description="Which shot is the better one.")


class KeeperRulesBody(Answer):
    """By what it is decided which shot is proposed to be kept."""

    model_config = Answer.model_config | example(own=True, criteria=[_RULE])

    own: bool = Field(description="Whether a file of rules of your own is in force.")
    criteria: list[KeeperCriterion] = Field(
        description="What is asked, one after the other, until one shot is left."
    )

    @classmethod
    def of(cls, rules: KeeperRules, own: bool) -> Self:
        """Return ``rules`` in words."""
        return cls(
            own=own,
            criteria=[
                KeeperCriterion(criterion=one, meaning=_meaning(one, rules))
                for one in rules.criteria
            ],
        )


@routes.get("/rules", allow=Allow.PERSON, responses=refusals())
async def get_keeper_rules(program: CurrentProgram) -> KeeperRulesBody:
    """Tell by which rules it is proposed what to keep, in their order."""
    return KeeperRulesBody.of(
        program.app.duplicates.rules, program.app.settings.keeper_rules is not None
    )


_MEANINGS = {
    Criterion.FILES: "It has all files of the other and more, the RAW file, the live video.",
    Criterion.ENLARGED: "It was not enlarged from the other.",
    Criterion.RESOLUTION: "It has more pixels, by more than a hundredth.",
    Criterion.DETAILS: "It tells the camera, and the time to the second.",
    Criterion.COMPRESSION: "It is less compressed, by a tenth, at the same size and format.",
    Criterion.IMMICH: "It is in Immich, and not in a folder only.",
    Criterion.FAVOURITES: "It is a favourite in Immich.",
    Criterion.ALBUMS: "It is in more albums.",
    Criterion.AGE: "Its file is older.",
    Criterion.BYTES: "It is less compressed, by however little, at the same size and format.",
    Criterion.NAME: "Its name is shorter; at last its path comes first.",
}


def _meaning(criterion: Criterion, rules: KeeperRules) -> str:
    match criterion:
        case Criterion.EDITED if rules.edited == "edit":
            return "It has the edit."
        case Criterion.EDITED:
            return "It is the original and no edit."
        case Criterion.FORMAT if rules.formats:
            preferred = ", ".join(rules.formats)
            return f"Its format comes first among {preferred}; else it is nearer to the camera's."
        case Criterion.FORMAT:
            return "Its format is nearer to what the camera wrote."
        case Criterion.FOLDERS:
            return " ".join(_of_folders(rules))
        case _:
            return _MEANINGS[criterion]


def _of_folders(rules: KeeperRules) -> Iterator[str]:
    if rules.avoid:
        yield f"It is not in {', '.join(rules.avoid)}."
    if rules.folders:
        yield f"Its folder comes first among {', '.join(rules.folders)}."
    if not (rules.avoid or rules.folders):
        yield "No folder is preferred or avoided."
