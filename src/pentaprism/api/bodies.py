"""What the bodies of requests and answers share."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.config import JsonDict

CONNECTION_ID = "0f6c1f0e-6f0b-4f5e-9f5e-0d9f6f1c2a11"
ACCOUNT_ID = "7b0d4c52-5e6a-4a54-8a50-2f0a8c6b1d22"
MIRROR_ID = "3d1f0a9c-8a1e-4d62-9a55-6b2c7d8e9f33"
RUN_ID = "c2a7e1d4-1b3c-4e5f-8a6b-7c8d9e0f1a44"
ALBUM_ID = "e5b8c9d0-2c4d-4f6a-9b7c-8d9e0f1a2b55"
ASSET_ID = "a1b2c3d4-3d5e-4a7b-8c8d-9e0f1a2b3c66"
TOKEN_ID = "5f3b8e17-9c0d-4a6e-b1f2-c3d4e5f60777"  # noqa: S105 - the id of one, in examples
ROOT_ID = "9a4c2e60-7d1b-4f83-a2c5-1e6f7a8b9c88"
GROUP_ID = "6c1d8f24-3b5a-4e97-90c8-2d7e8f9a0b99"
WHEN = "2026-06-01T03:00:00Z"
LATER = "2026-06-01T03:12:30Z"
"""What the examples of the documentation are made of."""

HIGHEST = 2**63 - 1
"""The highest number of a row that the database knows."""

_SURROGATES = re.compile("[\ud800-\udfff]")


class Request(BaseModel):
    """The body of a request; a field that nobody knows is an error."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """The body of an answer; text that no encoding can hold is replaced."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _present(cls, values: Any) -> Any:
        return presentable(values)


def presentable(value: Any) -> Any:
    """Return ``value`` with U+FFFD for each half of a character: file names may hold some."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {presentable(name): presentable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [presentable(one) for one in value]
    return value


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a body that shows ``values`` as its example."""
    extra: JsonDict = {"examples": [values]}
    return ConfigDict(json_schema_extra=extra)


ConnectionId = Annotated[str, Path(description="Id of a connection.", examples=[CONNECTION_ID])]
AccountId = Annotated[str, Path(description="Id of an account.", examples=[ACCOUNT_ID])]
MirrorId = Annotated[str, Path(description="Id of a mirror.", examples=[MIRROR_ID])]
RunId = Annotated[str, Path(description="Id of a run.", examples=[RUN_ID])]
RootId = Annotated[str, Path(description="Id of an indexed folder.", examples=[ROOT_ID])]
GroupId = Annotated[str, Path(description="Id of a group of files.", examples=[GROUP_ID])]
TokenId = Annotated[str, Path(description="Id of an API token.", examples=[TOKEN_ID])]

WhichMirror = Annotated[
    str | None, Query(description="Id of a mirror; without it, your first one.", max_length=100)
]
WhichConnection = Annotated[
    str | None,
    Query(description="Id of a connection; without it, the one saved last.", max_length=100),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="The most to return.")]
AfterRow = Annotated[
    int,
    Query(ge=0, le=HIGHEST, description="The page after this one: `next` of the page before."),
]
BeforeRun = Annotated[
    str | None,
    Query(
        description="Older runs than this one: `next` of the page before, the id of a run.",
        max_length=100,
    ),
]
Search = Annotated[
    str | None, Query(description="A part of the text, in either case.", max_length=200)
]
