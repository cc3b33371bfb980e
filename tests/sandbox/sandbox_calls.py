"""Calls to a sandbox, for its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from pentaprism.sandbox.immich import Sandbox


@dataclass
class Answer:
    """A reply that was read whole."""

    status: int
    headers: dict[str, str]
    body: bytes
    json: Any = field(default=None)


class Caller:
    """Speaks to a sandbox with one credential."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request and read the reply; ``if_range="x"`` sends ``If-Range: x``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = URL(self.sandbox.url + path, encoded=True)
        async with self.session.request(
            method, url, json=body, headers=named, allow_redirects=False
        ) as reply:
            data = await reply.read()
            is_json = reply.content_type == "application/json" and data
            return Answer(
                reply.status,
                {name.lower(): value for name, value in reply.headers.items()},
                data,
                await reply.json() if is_json else None,
            )

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.call("POST", path, body)

    async def listing(self, album_id: str, size: int = 1000, **filters: Any) -> list[Any]:
        """Return all items of an album, page by page, oldest first."""
        items: list[Any] = []
        page: str | None = "1"
        while page:
            asked = {"albumIds": [album_id], "size": size, "page": int(page), "order": "asc"}
            reply = await self.post("/api/search/metadata", asked | filters)
            assert reply.status == 200, reply.body
            items += reply.json["assets"]["items"]
            page = reply.json["assets"]["nextPage"]
        return items


@asynccontextmanager
async def caller(sandbox: Sandbox, key: str | None = None) -> AsyncIterator[Caller]:
    """Open a session with an API key; the owner's unless another is given ("" sends none)."""
    secret = sandbox.api_key if key is None else key
    headers = {"x-api-key": secret} if secret else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Caller(session, sandbox)


def main_album(sandbox: Sandbox) -> str:
    return sandbox.library.album_named("Holiday").id
