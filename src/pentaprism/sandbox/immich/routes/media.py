"""/assets/{id}/original and /thumbnail: files, with Express's rules for ranges and conditions."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import quote

from pentaprism.sandbox.immich.body import read_flag, read_option
from pentaprism.sandbox.immich.call import Call, Route
from pentaprism.sandbox.immich.content import Content, Whole
from pentaprism.sandbox.immich.entities import Asset
from pentaprism.sandbox.immich.errors import ApiError, not_found
from pentaprism.sandbox.immich.reply import Reply, json, redirect

_SIZES = ("original", "fullsize", "preview", "thumbnail")
_CACHE = (
    "private, max-age=86400, no-transform, stale-while-revalidate=2592000, stale-if-error=2592000"
)


def get_original(call: Call) -> Reply:
    """Return the file, or with ``edited=true`` what Immich's editor made of it."""
    try:
        asset = call.asset("asset.download")
    except ApiError as error:
        raise error if error.errors else not_found() from None
    edited = read_flag(call.query, "edited")
    if asset.is_offline:
        raise not_found()
    name = asset.filename.rpartition("/")[2]
    if asset.edited is not None and edited:
        stem = name.rpartition(".")[0]
        return _file(call, asset.edited, "image/jpeg", f"{stem}.jpeg", asset.updated)
    return _file(call, asset.content, asset.mime_type, name, asset.modified)


def get_playback(call: Call) -> Reply:
    """Return the file of a video."""
    try:
        asset = call.asset("asset.view")
    except ApiError as error:
        raise error if error.errors else not_found() from None
    if asset.is_offline or not asset.is_video:
        raise not_found()
    reply = _file(call, asset.content, asset.mime_type, asset.filename, asset.modified)
    del reply.headers["Content-Disposition"]
    return reply


def get_thumbnail(call: Call) -> Reply:
    """Return a preview (JPEG) or a thumbnail (WebP); 404 until it is made."""
    asset = call.asset("asset.view")
    size = read_option(call.query.get("size", "thumbnail"), _SIZES, "size")
    if size in ("fullsize", "original"):
        return redirect("original?")
    made = _thumbnail(asset, size)
    if made is None:
        raise not_found("Asset media not found")
    form, suffix = ("image/jpeg", "jpeg") if size == "preview" else ("image/webp", "webp")
    stem = asset.filename.rpartition(".")[0]
    return _file(call, Whole(made), form, f"{stem}_{size}.{suffix}", asset.updated)


def _thumbnail(asset: Asset, size: str) -> bytes | None:
    if not asset.processed or (asset.visibility == "hidden" and asset.is_video):
        return None
    # Pillow and PyAV load here, not with the program
    from pentaprism.sandbox.immich.thumbnails import (  # noqa: PLC0415 (loads late)
        render,
        render_scene,
    )

    if asset.scene is not None:
        return render_scene(asset.scene, size)
    return render(asset.content, size, is_video=asset.is_video)


def _file(call: Call, content: Content, mime: str, name: str, modified: int) -> Reply:
    etag = f'W/"{content.size:x}-{modified:x}"'
    headers = {
        "Cache-Control": _CACHE,
        "Content-Disposition": "inline; filename*=UTF-8''" + quote(name, safe="!*'()"),
        "Accept-Ranges": "bytes",
        "Last-Modified": formatdate(modified // 1000, usegmt=True),
        "ETag": etag,
    }
    if _is_refused(call, etag, modified):
        missing = json({"message": "Not Found"}).content
        return Reply(404, missing, f"{mime}; charset=utf-8", headers)
    if _is_fresh(call, etag, modified):
        return Reply(304, Whole(b""), None, headers)
    wanted = None if "ignore_range" in call.faults else call.headers.get("Range")
    if wanted is None or not _still_same(call, etag, modified):
        return Reply(200, content, mime, headers)
    return _part(call, content, mime, headers, wanted)


def _part(call: Call, content: Content, mime: str, headers: dict[str, str], wanted: str) -> Reply:
    size = content.size
    try:
        span = _parse_range(wanted, size)
    except IndexError:
        missing = json({"message": "Not Found"}).content
        unsatisfied = headers | {"Content-Range": f"bytes */{size}"}
        return Reply(404, missing, f"{mime}; charset=utf-8", unsatisfied)
    if span is None:
        return Reply(200, content, mime, headers)
    start, stop = span
    shown = start + 1 if "wrong_content_range" in call.faults else start
    headers["Content-Range"] = f"bytes {shown}-{stop - 1}/{size}"
    return Reply(206, content, mime, headers, start, stop)


def _parse_range(text: str, size: int) -> tuple[int, int] | None:
    """Return start and stop; None where Express sends everything.

    Raises `IndexError` for a range that cannot be satisfied.
    """
    unit, _, spec = text.partition("=")
    first, dash, last = spec.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in spec:
        return None
    if not (first + last).isdigit():
        return None
    if not first:
        start, stop = size - int(last), size
    else:
        start, stop = int(first), min(int(last) + 1 if last else size, size)
    if start < 0 or start >= stop:
        raise IndexError(text)
    return start, stop


def _is_refused(call: Call, etag: str, modified: int) -> bool:
    """Say whether a precondition fails; Immich answers 404 where Express would 412."""
    if (wanted := call.headers.get("If-Match")) is not None:
        return wanted != "*" and etag not in wanted
    since = call.headers.get("If-Unmodified-Since")
    return since is not None and modified // 1000 > _seconds(since)


def _is_fresh(call: Call, etag: str, modified: int) -> bool:
    if "no-cache" in call.headers.get("Cache-Control", ""):
        return False
    if (known := call.headers.get("If-None-Match")) is not None:
        return known == "*" or etag.removeprefix("W/") in known
    since = call.headers.get("If-Modified-Since")
    return since is not None and modified // 1000 <= _seconds(since)


def _still_same(call: Call, etag: str, modified: int) -> bool:
    condition = call.headers.get("If-Range")
    if condition is None:
        return True
    if '"' in condition:
        return etag in condition
    return modified // 1000 <= _seconds(condition)


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return float("-inf")


ROUTES = (
    Route("GET", "/assets/{id}/original", "original", get_original, "asset.download", "id"),
    Route("GET", "/assets/{id}/thumbnail", "thumbnail", get_thumbnail, "asset.view", "id"),
    Route("GET", "/assets/{id}/video/playback", "playback", get_playback, "asset.view", "id"),
)
