"""``/api/notifications``: where a person is told that a mirror needs them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from pentaprism.api.bodies import MIRROR_ID, WHEN, Answer, Request, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.errors import InvalidError
from pentaprism.notifications import check_url, describe
from pentaprism.program import Program
from pentaprism.store import Notice, Person

routes = Routes(Side.API, prefix="/api/notifications", tags=["notifications"])

_NOTICE = {
    "row": 3,
    "at": WHEN,
    "kind": "failed",
    "mirror_id": MIRROR_ID,
    "title": "Summer needs you",
    "body": "Google has to be connected again.",
    "error": None,
}

Address = Annotated[str, Field(min_length=1, max_length=2000)]


class Addresses(Request):
    """Where you shall be told, in the place of all addresses before."""

    model_config = Request.model_config | example(addresses=["ntfys://ntfy.example.org/photos"])

    addresses: list[Address] = Field(
        max_length=20, description="Addresses of services, as Apprise writes them; never shown."
    )


class NoticeBody(Answer):
    """Something that you were told."""

    model_config = Answer.model_config | example(**_NOTICE)

    row: int = Field(description="Its number, ascending with time.")
    at: datetime = Field(description="When.")
    kind: str = Field(description="What it was about, for programs.")
    mirror_id: str | None = Field(description="The mirror that it was about.")
    title: str = Field(description="Its first line.")
    body: str = Field(description="The rest.")
    error: str | None = Field(description="Why it could not be sent; null if it was.")

    @classmethod
    def of(cls, notice: Notice) -> Self:
        """Return what is told of ``notice``."""
        return cls(**{name: getattr(notice, name) for name in cls.model_fields})


class Notifications(Answer):
    """Where you are told, and what you were told last."""

    model_config = Answer.model_config | example(
        addresses=["ntfy at ntfy.example.org"], recent=[_NOTICE]
    )

    addresses: list[str] = Field(description="The services, without their secrets.")
    recent: list[NoticeBody] = Field(description="What you were told, the newest first.")


class Tried(Answer):
    """How a trial went."""

    model_config = Answer.model_config | example(
        success=True, message="A message was sent to all addresses."
    )

    success: bool = Field(description="Whether all services took the message.")
    message: str = Field(description="The same in a sentence, or which did not and why.")


async def _known(program: Program, person: Person) -> Notifications:
    store = program.app.store
    current = await store.people.get(person.id)
    return Notifications(
        addresses=[describe(url) for url in current.notification_urls],
        recent=[NoticeBody.of(notice) for notice in await store.notices.recent(person.id)],
    )


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def get_notifications(program: CurrentProgram, person: CurrentPerson) -> Notifications:
    """Tell where you are told, and what you were told last."""
    return await _known(program, person)


@routes.put("", allow=Allow.PERSON, responses=refusals())
async def set_addresses(
    program: CurrentProgram, person: CurrentPerson, body: Addresses
) -> Notifications:
    """Replace the addresses at which you are told."""
    for address in body.addresses:
        check_url(address)
    await program.app.store.people.set_notification_urls(person.id, body.addresses)
    return await _known(program, person)


@routes.post("/test", allow=Allow.PERSON, responses=refusals())
async def try_addresses(program: CurrentProgram, person: CurrentPerson) -> Tried:
    """Send a message to all your addresses."""
    if not person.notification_urls:
        raise InvalidError(
            "You have given no address yet.",
            code="no_address",
            hint="Give some with PUT /api/notifications.",
        )
    error = await program.notices.try_out(person.id)
    if error is not None:
        return Tried(success=False, message=error)
    return Tried(success=True, message="A message was sent to all addresses.")
