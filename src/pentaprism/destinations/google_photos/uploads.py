"""Uploads: brings bytes to Google as they come, and returns the token that stands for them.

Small files go in one request. Large ones go through a session, which after a broken connection
tells how far it has come. Either way the bytes are hashed on the way, and the last of them is held
back until they have proved right: no token comes about for others.
Source: https://developers.google.com/photos/library/guides/upload-media and
https://developers.google.com/photos/library/guides/resumable-uploads.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import urlsplit

from pentaprism.destinations.google_photos.calls import Answer, Calls, Request
from pentaprism.destinations.google_photos.refusals import missing_scope, unreadable
from pentaprism.destinations.google_photos.scopes import APPEND
from pentaprism.errors import PentaprismError, PermanentError, RetryableError

THRESHOLD = 8 * 1024 * 1024
"""Bytes from which on a file goes through a session."""

_SESSIONS = 4
"""Sessions that are begun for one file before it is given up."""


class Source(Protocol):
    """A file to be uploaded; ``size`` in bytes is exact."""

    @property
    def filename(self) -> str:
        """Its name."""
        ...

    @property
    def mime_type(self) -> str:
        """Its media type."""
        ...

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    def stream(self, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield its bytes from ``offset`` on."""
        ...


@dataclass(frozen=True, slots=True)
class UploadedBytes:
    """Bytes that are at Google: their token, the SHA-1 of what was sent, and their number."""

    token: str = field(repr=False)
    sha1: bytes
    size: int


async def upload(
    calls: Calls, source: Source, *, expected: bytes | None = None, threshold: int = THRESHOLD
) -> UploadedBytes:
    """Upload ``source`` and return its token; with ``expected``, only if that is its SHA-1.

    Raises `PermanentError` with code ``checksum_mismatch`` or ``size_changed``; what the source
    raises is passed on as it is.
    """
    if APPEND not in calls.access.tokens.scopes:
        raise missing_scope(APPEND)
    work = _Resumable if source.size >= threshold else _Raw
    return await work(calls, source, expected).run()


class _Upload:
    """What both ways share: attempts that are repeated, and bytes that are hashed once."""

    def __init__(self, calls: Calls, source: Source, expected: bytes | None) -> None:
        self._calls = calls
        self._source = source
        self._expected = expected
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._hashed = 0
        self._failure: PentaprismError | None = None

    async def run(self) -> UploadedBytes:
        """Upload the bytes, repeated after errors that pass."""
        answer = await self._calls.repeated(self._attempt)
        if answer is None:
            raise cast("PentaprismError", self._failure)
        token = answer.body.decode("utf-8", "replace").strip()
        if not token or token.startswith(("<", "{")):
            raise unreadable("an upload")
        return UploadedBytes(token, self._hash.digest(), self._source.size)

    async def _attempt(self) -> Answer | None:
        """Return the answer; None when the source has failed, which is not Google's matter."""
        try:
            return await self._send()
        except PentaprismError:
            if self._failure is not None:
                return None
            raise

    async def _send(self) -> Answer:
        raise NotImplementedError

    def _start_over(self) -> None:
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._hashed = 0

    async def _body(self, offset: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``offset`` on, exactly as many as there should be, and the right.

        An error of the source is kept: the HTTP client would hide it behind one of its own.
        """
        try:
            async with aclosing(self._checked(offset)) as pieces:
                async for piece in pieces:
                    yield piece
        except PentaprismError as error:
            self._failure = error
            raise

    async def _checked(self, offset: int) -> AsyncGenerator[bytes]:
        size = self._source.size
        position = offset
        held: bytes | None = None
        stream = cast("AsyncGenerator[bytes]", self._source.stream(offset))
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                if not piece:
                    continue
                if held is not None:
                    yield held
                held = piece
                self._count(position, piece)
                position += len(piece)
                if position > size:
                    raise _size_changed(self._source.filename, size)
        if position != size:
            raise _size_changed(self._source.filename, size)
        if self._expected is not None and self._hash.digest() != self._expected:
            raise _mismatch(self._source.filename)
        if held is not None:
            yield held

    def _count(self, position: int, piece: bytes) -> None:
        """Hash what of ``piece`` at ``position`` has not been hashed before."""
        new = position + len(piece) - self._hashed
        if new > 0:
            self._hash.update(piece if new == len(piece) else memoryview(piece)[-new:])
            self._hashed += new


class _Raw(_Upload):
    """All bytes in one request."""

    async def _send(self) -> Answer:
        self._start_over()
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(self._source.size),
            "X-Goog-Upload-Protocol": "raw",
            "X-Goog-Upload-Content-Type": self._source.mime_type,
        }
        url = f"{self._calls.base}/v1/uploads"
        return await self._calls.once(Request("POST", url, headers, self._body(0)))


class _Resumable(_Upload):
    """A session, which goes on where a broken connection left it."""

    def __init__(self, calls: Calls, source: Source, expected: bytes | None) -> None:
        super().__init__(calls, source, expected)
        self._session: str | None = None
        self._begun = 0

    async def _send(self) -> Answer:
        offset = await self._resume()
        session = self._session or await self._begin()
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(self._source.size - offset),
            "X-Goog-Upload-Command": "upload, finalize",
            "X-Goog-Upload-Offset": str(offset),
        }
        try:
            return await self._calls.once(Request("POST", session, headers, self._body(offset)))
        except PermanentError as error:
            if self._failure is not None or self._begun >= _SESSIONS:
                raise
            raise self._lost(error) from error

    async def _begin(self) -> str:
        self._start_over()
        self._begun += 1
        headers = {
            "Content-Length": "0",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Content-Type": self._source.mime_type,
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Raw-Size": str(self._source.size),
        }
        answer = await self._calls.once(
            Request("POST", f"{self._calls.base}/v1/uploads", headers, b"")
        )
        session = answer.headers.get("X-Goog-Upload-URL", "")
        if not _is_ours(session, self._calls.base):
            raise unreadable("the start of an upload")
        self._session = session
        return session

    async def _resume(self) -> int:
        """Return how many bytes Google has of the session; 0 where a new one has to be begun."""
        if self._session is None:
            return 0
        headers = {"Content-Length": "0", "X-Goog-Upload-Command": "query"}
        try:
            answer = await self._calls.once(Request("POST", self._session, headers, b""))
        except PermanentError as error:
            raise self._lost(error) from error
        received = answer.headers.get("X-Goog-Upload-Size-Received", "")
        active = answer.headers.get("X-Goog-Upload-Status", "") == "active"
        # A session that is final has its token told already, in an answer that was lost.
        if not active or not received.isdigit() or int(received) > self._hashed:
            self._session = None
            return 0
        return int(received)

    def _lost(self, error: PentaprismError) -> RetryableError:
        """Give the session up, and return an error after which a new one is tried."""
        self._session = None
        return RetryableError(
            f"Google has lost an upload that was under way: {error.message}",
            code="google_unavailable",
            hint="The next run sends the file again.",
        )


def _is_ours(session: str, base: str) -> bool:
    """Tell whether the address of a session may be sent the access token."""
    there, here = urlsplit(session), urlsplit(base)
    if (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return True
    return there.scheme == "https" and (there.hostname or "").endswith(".googleapis.com")


def _size_changed(filename: str, size: int) -> PermanentError:
    return PermanentError(
        f"{filename!r} has not {size:,} bytes, as Immich says it has.",
        code="size_changed",
        hint="Its file was changed behind Immich; let Immich read its metadata again (Refresh "
        "metadata), then run again.",
    )


def _mismatch(filename: str) -> PermanentError:
    return PermanentError(
        f"The bytes of {filename!r} are not those that Immich's checksum promises.",
        code="checksum_mismatch",
        hint="Its file on Immich's disk may be damaged; restore it there from a backup.",
    )
