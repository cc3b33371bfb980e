"""Reads an album's listing and does nothing with it: the least that any client must do."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import orjson


async def read(url: str, api_key: str, album_id: str) -> int:
    """Return the number of assets in the album, having read every page."""
    count = 0
    page: str | None = "1"
    async with aiohttp.ClientSession(headers={"x-api-key": api_key}) as session:
        while page is not None:
            query = {"albumIds": [album_id], "size": 1000, "page": int(page), "order": "asc"}
            async with session.post(f"{url}/api/search/metadata", json=query) as reply:
                assets = orjson.loads(await reply.read())["assets"]
            count += len(assets["items"])
            page = assets["nextPage"]
    return count


if __name__ == "__main__":
    print(asyncio.run(read(*sys.argv[1:4])))
