"""What a download says when Immich, or something in its place, does not give the file."""

from __future__ import annotations

from typing import Any

import pytest
from originals import Target, download
from scripted_server import KEY, Raw, always, reply

from pentaprism.errors import ActionRequiredError, PentaprismError, PermanentError, RetryableError

REFUSALS: list[tuple[Raw, type[PentaprismError], str]] = [
    (reply({"message": "Not Found"}, 404), PermanentError, "asset_gone"),
    (
        reply({"message": "Not found or no asset.download access"}, 400),
        PermanentError,
        "asset_gone",
    ),
    (reply({"message": "Cannot GET /api/assets"}, 404), RetryableError, "immich_unavailable"),
    (reply(b"<html>", 404, Content_Type="text/html"), ActionRequiredError, "not_immich"),
    (reply(b"<html>", 200, Content_Type="text/html"), ActionRequiredError, "not_immich"),
    (reply({"message": "Invalid API key"}, 401), ActionRequiredError, "bad_key"),
    (
        reply({"message": "Missing required permission: asset.download"}, 403),
        ActionRequiredError,
        "permissions",
    ),
    (reply(b"", 302, Location="https://other/login"), ActionRequiredError, "url"),
    (reply({"message": "Internal server error"}, 500), RetryableError, "immich_unavailable"),
    (reply(b"busy", 429), RetryableError, "immich_unavailable"),
    (Raw(b"\x15\x03\x01\x00\x02\x02\x16"), RetryableError, "immich_unavailable"),
    (Raw(b"SSH-2.0-OpenSSH\r\n\r\n"), ActionRequiredError, "url"),
    (Raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000), RetryableError, "immich_unavailable"),
]


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals_say_what_to_do(
    serve: Any, connect: Any, target: Target, case: tuple[Raw, type[PentaprismError], str]
) -> None:
    raw, kind, code = case
    server = serve(always(raw))
    with pytest.raises(kind) as caught:
        await download(connect(server.url, retries=2), target)
    assert caught.value.code == code
    assert caught.value.hint
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    assert len(server.requests) == (3 if kind is RetryableError else 1)
    assert target.allocated == []
