"""The bytes of one asset: whole to a file in a worker thread, or as a stream on the event loop.

Both ways go on where a broken connection left them, and compare the SHA-1 with Immich's where
that is one of the content.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from http.client import BadStatusLine, HTTPException
from urllib.parse import quote

from pentaprism.assets import Asset, Received
from pentaprism.errors import PentaprismError, PermanentError, RetryableError
from pentaprism.immich.calls import Calls
from pentaprism.immich.connections import Connections
from pentaprism.immich.line import Line
from pentaprism.immich.pace import Patience
from pentaprism.immich.refusals import (
    Refusal,
    cancelled,
    gone_asset,
    lost,
    not_http,
    not_immich,
    size_unknown,
    unreachable,
)
from pentaprism.immich.transfer import OtherBytesError, Transfer
from pentaprism.immich.wire import BUFFER, Connection

log = logging.getLogger(__name__)

_STREAM = 128 * 1024
_TRIES_OF_WRONG_BYTES = 3
_ERROR_BODY = 16 * 1024


class AssetContent:
    """The bytes of ``asset``; implements the contract of a destination's ``Content``.

    ``received`` is the byte of the file that the reading under way has reached, for showing
    progress; it goes back when the file is read anew. Another thread may look at it.
    """

    def __init__(self, asset: Asset, line: Line, connections: Connections, calls: Calls) -> None:
        self.received = 0
        self._asset = asset
        self._line = line
        self._connections = connections
        self._calls = calls
        edited = line.options.edited and asset.is_edited
        self._params = {"edited": "true"} if edited else {}
        self._checkable = asset.checksum.of_content and not edited
        self._path = f"/assets/{quote(asset.id, safe='')}/original"

    def download_to(self, fd: int, allocate: Callable[[int], None]) -> Received:
        """Write all bytes to ``fd`` from position 0, in a worker thread, hashing on the way.

        ``allocate`` is called with the size in bytes before the first byte is written (0 when
        the server does not tell it), and again if the file turns out to have another size.
        Raises `RetryableError` (``immich_unavailable``, ``unreachable``, ``cancelled``),
        `PermanentError` (``asset_gone``, ``checksum_mismatch``) or `ActionRequiredError`.
        """
        transfer = Transfer()
        patience = Patience(self._line.pace, self._line.options.retries)
        writing = _Writing(fd, allocate)
        wrong = 0
        while True:
            try:
                with self._connections.lend() as connection:
                    self._receive(connection, transfer, writing)
            except RetryableError as error:
                if self._connections.cancelled.is_set():
                    raise cancelled() from error
                delay = patience.after(error, transfer.position)
                log.info("%s: %s Trying again in %.1f s.", self._asset.filename, error, delay)
                self._connections.pause(delay)
                continue
            if not transfer.complete:
                continue
            if not self._checkable or transfer.digest == self._asset.checksum.sha1:
                writing.finish(transfer.position)
                return Received(transfer.position, transfer.digest, self._checkable)
            wrong += 1
            if wrong >= _TRIES_OF_WRONG_BYTES:
                raise self._mismatch()
            transfer.start_over()

    async def size(self) -> int:
        """Return how many bytes there are: as Immich recorded it, or as the file is now.

        Raises `PermanentError` with code ``asset_gone``, or ``size_unknown`` where Immich tells
        neither.
        """
        exif = self._asset.exif
        if self._checkable and exif is not None and exif.size:
            return exif.size
        gone = gone_asset(self._asset.id, self._asset.filename)
        answer = await self._calls.fetch(self._path, absent=gone, method="HEAD", **self._params)
        if answer is None:
            raise gone
        length = answer.headers.get("Content-Length")
        if length is None:
            raise size_unknown(self._asset.id, self._asset.filename)
        return int(length)

    async def stream(self, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield the bytes from ``offset`` on the event loop.

        Read from the start, the SHA-1 is compared at the end: what was yielded before a
        `PermanentError` with code ``checksum_mismatch`` must be thrown away. Raises
        `RetryableError` with code ``changed`` when the file became another one on the way.
        """
        transfer = Transfer(offset)
        patience = Patience(self._line.pace, self._line.options.retries)
        sent = offset
        while True:
            try:
                async with aclosing(self._pieces(transfer)) as pieces:
                    async for piece in pieces:
                        if transfer.changed and sent:
                            raise self._changed()
                        # After a start over, what was yielded already is only hashed.
                        new = transfer.position - sent
                        if new > 0:
                            sent = transfer.position
                            yield piece[max(0, len(piece) - new) :]
            except RetryableError as error:
                if error.code == "changed":
                    raise
                delay = patience.after(error, transfer.position)
                log.info("%s: %s Trying again in %.1f s.", self._asset.filename, error, delay)
                await self._line.pace.sleep(delay)
                continue
            if transfer.complete:
                break
        whole = transfer.offset == 0
        if whole and self._checkable and transfer.digest != self._asset.checksum.sha1:
            raise self._mismatch()

    def _receive(self, connection: Connection, transfer: Transfer, writing: _Writing) -> None:
        """Ask for what is missing and write what comes; return when the body has ended."""
        line = self._line
        line.traffic.asked()
        begun = self.received = transfer.position
        try:
            status, headers = connection.get(self._request(transfer))
            self._check_head(connection, transfer, status, headers)
            begun = transfer.position
            writing.prepare(transfer.position, transfer.total)
            for piece in connection.chunks(line.bandwidth.portion(BUFFER)):
                if line.bandwidth.limited:
                    self._connections.pause(line.bandwidth.take(len(piece)))
                at = transfer.position
                transfer.feed(piece)
                writing.write(piece, at)
                self.received = transfer.position
            transfer.end()
        except _WriteError as failed:
            raise failed.error from None
        except BadStatusLine as error:
            raise not_http(line.address) from error
        except HTTPException as error:
            raise lost(line.address, "its answer is not whole") from error
        except OSError as error:
            raise unreachable(error, line.address) from error
        except OtherBytesError as error:
            raise lost(line.address, str(error)) from error
        finally:
            line.traffic.read(max(0, transfer.position - begun))

    def _check_head(
        self, connection: Connection, transfer: Transfer, status: int, headers: Mapping[str, str]
    ) -> None:
        if transfer.accept(status, headers):
            self._refuse_page(headers)
            return
        body = b""
        for piece in connection.chunks(_ERROR_BODY):
            body += piece
            if len(body) >= _ERROR_BODY:
                break
        raise self._refused(Refusal(status, headers, body))

    async def _pieces(self, transfer: Transfer) -> AsyncGenerator[bytes]:
        """Ask for what is missing and yield what comes, counted and hashed."""
        line = self._line
        self.received = transfer.position
        async with self._calls.open(self._path, transfer.headers(), **self._params) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            try:
                accepted = transfer.accept(response.status, headers)
            except OtherBytesError as error:
                raise lost(line.address, str(error)) from error
            if not accepted:
                body = await response.content.read(_ERROR_BODY)
                raise self._refused(Refusal(response.status, headers, body))
            self._refuse_page(headers)
            async for piece in response.content.iter_chunked(line.bandwidth.portion(_STREAM)):
                line.traffic.read(len(piece))
                delay = line.bandwidth.take(len(piece))
                if delay:
                    await line.pace.sleep(delay)
                transfer.feed(piece)
                self.received = transfer.position
                yield piece
            transfer.end()

    def _request(self, transfer: Transfer) -> bytes:
        address = self._line.address
        query = "?edited=true" if self._params else ""
        lines = [
            f"GET {address.base}{self._path}{query} HTTP/1.1",
            f"Host: {address.authority}",
            "Accept-Encoding: identity",
            "User-Agent: pentaprism",
            *(f"{name}: {value}" for name, value in self._line.credential.items()),
            *(f"{name}: {value}" for name, value in transfer.headers().items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _refuse_page(self, headers: Mapping[str, str]) -> None:
        """Refuse a web page in place of a picture: a login page or a portal in between."""
        if "text/html" in headers.get("content-type", ""):
            raise not_immich(self._line.address, "it sends a web page in place of a picture")

    def _refused(self, refusal: Refusal) -> PentaprismError:
        if refusal.absent:
            return gone_asset(self._asset.id, self._asset.filename)
        if refusal.routeless:
            return RetryableError(
                f"Immich at {self._line.address.origin} gives no files now.",
                code="immich_unavailable",
                hint="It may be in maintenance mode; it is tried again.",
            )
        return refusal.error(self._line.address, self._line.pace.now())

    def _mismatch(self) -> PermanentError:
        return PermanentError(
            f"Immich's file of {self._asset.filename!r} differs from the checksum Immich has for "
            f"it (asset {self._asset.id}).",
            code="checksum_mismatch",
            hint="The file on Immich's disk is damaged or was changed there: look at it in Immich, "
            "and restore it from a backup.",
        )

    def _changed(self) -> RetryableError:
        return RetryableError(
            f"{self._asset.filename!r} changed in Immich while it was read.",
            code="changed",
            hint="It is read again from the start.",
        )


class _WriteError(Exception):
    """An error of the place that is written to, told apart from those of the network."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Writing:
    """Writes to a file descriptor by position."""

    def __init__(self, fd: int, allocate: Callable[[int], None]) -> None:
        self._fd = fd
        self._allocate = allocate
        self._size: int | None = None

    def prepare(self, position: int, size: int | None) -> None:
        """Make the file ready for a body that starts at ``position``."""
        if position > 0:
            return
        wanted = size or 0
        try:
            if self._size is not None:
                os.ftruncate(self._fd, 0)
            if self._size != wanted:
                self._allocate(wanted)
        except BaseException as error:
            raise _WriteError(error) from error
        self._size = wanted

    def write(self, piece: memoryview, position: int) -> None:
        """Write all of ``piece`` at ``position``."""
        try:
            written = os.pwrite(self._fd, piece, position)
            while written < len(piece):
                written += os.pwrite(self._fd, piece[written:], position + written)
        except OSError as error:
            raise _WriteError(error) from error

    def finish(self, size: int) -> None:
        """Cut off what was allocated beyond ``size``."""
        if self._size != size:
            os.ftruncate(self._fd, size)
