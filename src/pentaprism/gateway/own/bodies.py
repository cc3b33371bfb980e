"""What the bodies of the gateway's own answers share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from pentaprism.assets import MediaType
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType
from pentaprism.store import ItemState
from pentaprism.store.asset_facts import AssetFacts
from pentaprism.store.asset_groups_records import NamedAsset

ASSET_ID = "a1b2c3d4-3d5e-4a7b-8c8d-9e0f1a2b3c66"
OTHER_ID = "b7c8d9e0-4e6f-4b8c-9d9e-0f1a2b3c4d77"
COPY_ID = "c9d0e1f2-5f70-4c9d-8e0f-1a2b3c4d5e88"
GROUP_ID = "6c1d8f24-3b5a-4e97-90c8-2d7e8f9a0b99"
MIRROR_ID = "3d1f0a9c-8a1e-4d62-9a55-6b2c7d8e9f33"
TAKEN_AT = "2026-06-01T12:00:00"
WHEN = "2026-06-01T03:00:00Z"
"""What the examples of the documentation are made of."""

GROUP: JsonDict = {
    "id": GROUP_ID,
    "type": "raw_jpeg",
    "primary": ASSET_ID,
    "members": [ASSET_ID, OTHER_ID],
}
DUPLICATE: JsonDict = {"id": COPY_ID, "label": "same_picture", "score": 0.998}
MIRROR: JsonDict = {"id": MIRROR_ID, "status": "OK"}
NAMED: JsonDict = {"id": ASSET_ID, "name": "IMG_1.JPG", "type": "IMAGE", "size": 5_000_000}


def _without_halves(value: Any) -> Any:
    """Return text with U+FFFD for each half of a character, which no encoding can hold."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


AssetType = Literal[MediaType.IMAGE, MediaType.VIDEO]
"""What the index holds; Immich has other kinds of files, which it cannot show."""

Name = Annotated[str, BeforeValidator(_without_halves)]


class Answer(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(frozen=True)


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a body that shows ``values`` as its example."""
    extra: JsonDict = {"examples": [values]}
    return ConfigDict(frozen=True, json_schema_extra=extra)


class GroupFactBody(Answer):
    """The outermost group of an asset: a burst comes before the shots in it."""

    model_config = example(**GROUP)

    id: str = Field(description="Its id.")
    type: GroupType = Field(description="What makes the files one shot.")
    primary: str | None = Field(
        description="The asset that is shown first; null where that file is no asset."
    )
    members: list[str] = Field(description="All of its assets, the primary first.")


class DuplicateFactBody(Answer):
    """Another asset that shows the same picture."""

    model_config = example(**DUPLICATE)

    id: str = Field(description="The id of the other asset.")
    label: Label = Field(description="What the two have in common.")
    score: float = Field(description="How much alike they are, from 0 to 1.")


class MirrorFactBody(Answer):
    """A mirror that an asset is in."""

    model_config = example(**MIRROR)

    id: str = Field(description="The id of the mirror.")
    status: ItemState = Field(description="How the asset stands there.")


class FactsBody(Answer):
    """What is known of an asset; the same three members as Immich's replies get."""

    model_config = example(group=GROUP, duplicates=[DUPLICATE], mirrors=[MIRROR])

    group: GroupFactBody | None = Field(description="Its group; null for a shot of one file.")
    duplicates: list[DuplicateFactBody] = Field(description="The closest first, 100 at most.")
    mirrors: list[MirrorFactBody] = Field(description="The mirrors that it is in.")


def told(facts: AssetFacts) -> dict[str, Any]:
    """Return the members of `FactsBody`."""
    group = facts.group
    return {
        "group": None
        if group is None
        else GroupFactBody(
            id=group.id, type=group.type, primary=group.primary, members=list(group.members)
        ),
        "duplicates": [
            DuplicateFactBody(id=one.id, label=one.label, score=one.score)
            for one in facts.duplicates
        ],
        "mirrors": [MirrorFactBody(id=one.id, status=one.status) for one in facts.mirrors],
    }


def shown_type(type_: MediaType) -> AssetType:
    """Return the type as answers tell it."""
    return MediaType.VIDEO if type_ is MediaType.VIDEO else MediaType.IMAGE


class NamedBody(Answer):
    """An asset of Immich."""

    model_config = example(**NAMED)

    id: str = Field(description="Its id in Immich.")
    name: Name = Field(description="The name of its file.")
    type: AssetType = Field(description="IMAGE or VIDEO.")
    size: int | None = Field(description="Its bytes; null where Immich does not tell.")

    @classmethod
    def of(cls, asset: NamedAsset) -> Self:
        """Return what is told of ``asset``."""
        return cls(id=asset.id, name=asset.name, type=shown_type(asset.type), size=asset.size)


WALL_TIME: JsonDict = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$",
    "examples": [TAKEN_AT],
}
"""A time without a zone, which the formats of JSON Schema have no name for."""

Taken = Annotated[
    Annotated[datetime, WithJsonSchema(WALL_TIME)] | None,
    Field(description="When it was taken, by the clock on the wall there; null if unknown."),
]
Next = Annotated[
    str | None, Field(description="Give it as `after` for the page after; null for the last one.")
]
After = Annotated[
    str | None,
    Query(max_length=200, description="The page after this one: `next` of the page before."),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="The most to return.")]
