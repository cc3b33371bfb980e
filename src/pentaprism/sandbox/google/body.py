"""The JSON body of a request."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from pentaprism.sandbox.google.errors import ApiError


async def read_json(request: web.Request) -> dict[str, Any]:
    """Return the body, an empty object where there is none; 400 for what is no JSON object."""
    data = await request.read()
    try:
        body = json.loads(data or b"{}")
    except ValueError as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON payload received.")
    return body
