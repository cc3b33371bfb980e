"""``/api/destinations``: where albums can be mirrored to, and what can be chosen there."""

from __future__ import annotations

from pydantic import Field

from pentaprism.api.bodies import Answer, example
from pentaprism.api.problems import refusals
from pentaprism.destinations.base import DestinationType
from pentaprism.destinations.registry import DESTINATIONS
from pentaprism.edge import Allow, Routes, Side
from pentaprism.store import JsonObject

routes = Routes(Side.API, prefix="/api/destinations", tags=["mirrors"])


class DestinationBody(Answer):
    """A kind of destination."""

    model_config = Answer.model_config | example(
        kind="local_folder",
        label="Folder",
        in_account=False,
        options={"type": "object", "properties": {"path": {"type": "string"}}},
    )

    kind: str = Field(description="Its name, for `kind` of a mirror.")
    label: str = Field(description="Its name for people.")
    in_account: bool = Field(description="Whether it is an online account.")
    options: JsonObject = Field(description="JSON schema of `options` of a mirror.")


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_destinations() -> list[DestinationBody]:
    """List the kinds of destination there are."""
    return [_body(kind) for kind in DESTINATIONS.values()]


def _body(kind: DestinationType) -> DestinationBody:
    return DestinationBody(
        kind=kind.kind,
        label=kind.label,
        in_account=kind.in_account,
        options=kind.options.model_json_schema(),
    )
