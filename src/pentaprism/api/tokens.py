"""``/api/tokens``: with which programs act for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, Field

from pentaprism.api.bodies import TOKEN_ID, WHEN, Answer, Request, TokenId, example
from pentaprism.api.problems import refusals
from pentaprism.edge import Allow, CurrentPerson, CurrentVisitor, RefusedError, Routes, Side
from pentaprism.edge.running import CurrentProgram
from pentaprism.store import ApiToken

routes = Routes(Side.API, prefix="/api/tokens", tags=["tokens"])

_TOKEN = {
    "id": TOKEN_ID,
    "name": "Backup script",
    "created_at": WHEN,
    "last_used_at": None,
    "expires_at": None,
}


class NewToken(Request):
    """A token that shall be made."""

    model_config = Request.model_config | example(name="Backup script", expires_at=None)

    name: str = Field(max_length=1000, description="The program that will use it.")
    expires_at: AwareDatetime | None = Field(
        None, description="When it ends; without it, when it is deleted."
    )


class TokenBody(Answer):
    """An API token; its secret is told only once, when it is made."""

    model_config = Answer.model_config | example(**_TOKEN)

    id: str = Field(description="Its id.")
    name: str = Field(description="The program that uses it.")
    created_at: datetime = Field(description="When it was made.")
    last_used_at: datetime | None = Field(description="When it was used last, to the minute.")
    expires_at: datetime | None = Field(description="When it ends; null when it is deleted.")

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        """Return what is told of ``token``."""
        return cls(**{name: getattr(token, name) for name in TokenBody.model_fields})


class TokenMade(Answer):
    """A new token, with its secret."""

    model_config = Answer.model_config | example(token=_TOKEN, secret="pentaprism_…")  # noqa: S106 - it is none

    token: TokenBody = Field(description="The token.")
    secret: str = Field(description="Send it as `Authorization: Bearer …`; it is not kept here.")


@routes.get("", allow=Allow.PERSON, responses=refusals())
async def list_tokens(program: CurrentProgram, person: CurrentPerson) -> list[TokenBody]:
    """List your API tokens, the oldest first."""
    return [TokenBody.of(one) for one in await program.app.store.api_tokens.list_of(person.id)]


@routes.post("", allow=Allow.PERSON, status_code=201, responses=refusals())
async def create_token(
    program: CurrentProgram, visitor: CurrentVisitor, person: CurrentPerson, body: NewToken
) -> TokenMade:
    """Make an API token; this needs somebody who has signed in, and no token is enough."""
    if visitor.via != "session":
        raise RefusedError(
            "A token cannot make another one, so that one which was stolen can be revoked.",
            code="session_needed",
            hint="Make it on the settings page.",
            status=403,
        )
    token, secret = await program.tokens.make(person, body.name, body.expires_at)
    return TokenMade(token=TokenBody.of(token), secret=secret)


@routes.delete("/{token_id}", allow=Allow.PERSON, status_code=204, responses=refusals(404))
async def delete_token(program: CurrentProgram, person: CurrentPerson, token_id: TokenId) -> None:
    """Revoke an API token."""
    await program.app.store.api_tokens.delete(token_id, person.id)
