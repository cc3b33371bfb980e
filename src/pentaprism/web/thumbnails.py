"""Small pictures of assets, as Immich made them."""

from __future__ import annotations

from starlette.responses import Response

from pentaprism.connections.thumbnails import Size
from pentaprism.definitions import own_connection
from pentaprism.edge import Allow, Routes, Side
from pentaprism.errors import PentaprismError
from pentaprism.web.page import CurrentPage

routes = Routes(Side.PAGES)

_KEPT = "private, max-age=86400"


@routes.get("/thumbnails/{connection_id}/{asset_id}", allow=Allow.PERSON)
async def thumbnail(
    page: CurrentPage, connection_id: str, asset_id: str, size: Size = "thumbnail"
) -> Response:
    """Answer with a small picture; 404 where there is none, for which pages show a hole."""
    connection = await own_connection(page.program.app, page.person, connection_id)
    try:
        picture = await page.program.thumbnails.of(connection, asset_id, size)
    except PentaprismError:
        picture = None  # a page of pictures says elsewhere that Immich is away
    if picture is None:
        return Response(status_code=404)
    headers = {"ETag": f'"{picture.etag}"', "Cache-Control": _KEPT}
    if picture.etag in page.request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(picture.data, media_type=picture.mime_type, headers=headers)
