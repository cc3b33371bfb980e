"""Uploads: raw ones and sessions, whose bytes are hashed as they come.

Source: https://developers.google.com/photos/library/guides/upload-media and
https://developers.google.com/photos/library/guides/resumable-uploads.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator

from aiohttp import web

from pentaprism.sandbox.google.call import Call, Dropped
from pentaprism.sandbox.google.errors import ApiError
from pentaprism.sandbox.google.library import Photos, Session, Upload
from pentaprism.sandbox.google.state import State
from pentaprism.sandbox.hosting import Bandwidth

KEPT = 8 * 1024 * 1024
"""The most bytes that are kept of one upload."""


class Uploads:
    """The handler of ``POST /v1/uploads``."""

    def __init__(self, state: State, bandwidth: Bandwidth) -> None:
        self._state = state
        self._bandwidth = bandwidth

    async def upload(self, call: Call) -> web.Response:
        """Take bytes, or what leads a session."""
        headers = call.request.headers
        if headers.get("X-Goog-Upload-Protocol") == "raw":
            return await self._raw(call)
        command = headers.get("X-Goog-Upload-Command", "")
        if command == "start":
            return self._start(call)
        session = call.photos.sessions.get(call.request.query.get("upload_id", ""))
        if session is None:
            raise ApiError(404, "Upload session not found.")
        if command == "query":
            return self._tell(session)
        commands = {part.strip() for part in command.split(",")}
        if not commands or not commands <= {"upload", "finalize"}:
            raise ApiError(400, f"Invalid upload command: {command}")
        return await self._continue(call, session, final="finalize" in commands)

    async def _raw(self, call: Call) -> web.Response:
        digest = hashlib.sha1(usedforsecurity=False)
        kept = _Kept(keep=self._state.keep_bytes)
        size = 0
        async for chunk in self._chunks(call):
            digest.update(chunk)
            kept.add(chunk)
            size += len(chunk)
        if not size:
            raise ApiError(400, "The upload is empty.")
        mime = call.request.headers.get("X-Goog-Upload-Content-Type", "")
        return self._finish(call.photos, digest.hexdigest(), size, mime, kept.data())

    def _start(self, call: Call) -> web.Response:
        headers = call.request.headers
        size = headers.get("X-Goog-Upload-Raw-Size", "")
        if headers.get("X-Goog-Upload-Protocol") != "resumable" or not size.isdigit():
            raise ApiError(400, "A resumable upload needs X-Goog-Upload-Raw-Size.")
        mime = headers.get("X-Goog-Upload-Content-Type", "")
        session = Session(secrets.token_urlsafe(24), int(size), mime)
        session.digest = hashlib.sha1(usedforsecurity=False)
        call.photos.sessions[session.id] = session
        url = f"{self._state.url}/v1/uploads?upload_id={session.id}&upload_protocol=resumable"
        return web.Response(
            headers={
                "X-Goog-Upload-Status": "active",
                "X-Goog-Upload-URL": url,
                "X-Goog-Upload-Control-URL": url,
                "X-Goog-Upload-Chunk-Granularity": str(self._state.settings.granularity),
            }
        )

    def _tell(self, session: Session) -> web.Response:
        return web.Response(
            headers={
                "X-Goog-Upload-Status": "final" if session.final else "active",
                "X-Goog-Upload-Size-Received": str(session.received),
                "X-Goog-Upload-Chunk-Granularity": str(self._state.settings.granularity),
            }
        )

    async def _continue(self, call: Call, session: Session, *, final: bool) -> web.Response:
        if session.final:
            raise ApiError(400, "The upload is finished already.")
        offset = call.request.headers.get("X-Goog-Upload-Offset", "")
        if offset != str(session.received):
            raise ApiError(400, f"The offset must be {session.received}.")
        granularity = self._state.settings.granularity
        length = call.request.content_length
        if not final and (length is None or length % granularity):
            raise ApiError(400, f"A chunk must be a multiple of {granularity} bytes.")
        await self._receive(call, session, granularity, final=final)
        if not final:
            return self._tell(session)
        if session.received != session.size:
            raise ApiError(400, "The size does not match X-Goog-Upload-Raw-Size.")
        session.final = True
        digest = session.digest.hexdigest()  # type: ignore[attr-defined]  # a hash
        data = b"".join(session.parts)
        return self._finish(call.photos, digest, session.size, session.mime_type, data)

    async def _receive(
        self, call: Call, session: Session, granularity: int, *, final: bool
    ) -> None:
        """Take the body; of one that breaks off, only whole multiples of the granularity stay."""
        pending = bytearray()
        try:
            async for chunk in self._chunks(call):
                pending += chunk
                whole = len(pending) // granularity * granularity
                if whole:
                    self._keep(session, bytes(pending[:whole]))
                    del pending[:whole]
        except ConnectionError as error:
            raise Dropped from error
        if final:
            self._keep(session, bytes(pending))

    def _keep(self, session: Session, data: bytes) -> None:
        session.digest.update(data)  # type: ignore[attr-defined]  # a hash
        session.received += len(data)
        if self._state.keep_bytes and session.received <= KEPT:
            session.parts.append(data)

    async def _chunks(self, call: Call) -> AsyncIterator[bytes]:
        """Yield the body as it comes; a fault breaks the connection within it."""
        drop = call.faults.get("drop_request")
        received = 0
        async for chunk in call.request.content.iter_any():
            await self._bandwidth.wait(len(chunk))
            call.state.requests["uploaded bytes"] += len(chunk)
            if drop is not None and received + len(chunk) > drop.after_bytes:
                part = chunk[: max(0, drop.after_bytes - received)]
                if part:
                    yield part
                raise Dropped
            received += len(chunk)
            yield chunk
        if drop is not None:
            raise Dropped

    def _finish(self, photos: Photos, sha1: str, size: int, mime: str, data: bytes) -> web.Response:
        upload = Upload(
            f"CAIS{secrets.token_urlsafe(120)}", sha1, size, self._state.clock.now(), mime, data
        )
        photos.uploads[upload.token] = upload
        photos.uploaded[sha1] += 1
        return web.Response(text=upload.token, headers={"X-Goog-Upload-Status": "final"})


class _Kept:
    """The beginning of a body, where bytes are kept."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        if self._keep and self._size < KEPT:
            self._parts.append(chunk)
            self._size += len(chunk)

    def data(self) -> bytes:
        return b"".join(self._parts)
