"""The end of a consent on this machine: a small server that the browser is led back to."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from pentaprism.errors import ConflictError, PentaprismError

PATH = "/auth/google/callback"
_MOST_HEAD = 16 * 1024
_SECONDS = 10.0

type Finish[T] = Callable[[str], Awaitable[T]]


class Loopback[T]:
    """Listens on the loopback interface until one request brings the answer to ``state``.

    ``finish`` gets the query of that request. Others (a probe, another tab, a wrong state) are
    answered and change nothing. Use it as an async context manager; ``redirect_uri`` is where it
    listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._servers: list[asyncio.Server] = []
        self._answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._state: str | None = None
        self._finish: Finish[T] | None = None

    @property
    def redirect_uri(self) -> str:
        """The address that Google leads the browser to."""
        return f"http://localhost:{self._port}{PATH}"

    async def __aenter__(self) -> Loopback[T]:
        """Begin to listen; raises `ConflictError` where the port is taken."""
        try:
            server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        except OSError as error:
            raise ConflictError(
                f"Port {self._port} of this machine is taken.",
                code="port_taken",
                hint="Choose another one with --port; 0 takes a free one.",
            ) from error
        self._port = server.sockets[0].getsockname()[1]
        self._servers.append(server)
        with suppress(OSError):  # a machine without IPv6; a browser then takes the other address
            self._servers.append(await asyncio.start_server(self._serve, "::1", self._port))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        for server in self._servers:
            server.close()

    async def wait(self, state: str, finish: Finish[T], seconds: float | None) -> T:
        """Return what ``finish`` makes of the answer to ``state``, or raise what it raises."""
        self._state, self._finish = state, finish
        async with asyncio.timeout(seconds):
            return await self._answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(await self._respond(head))
            await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever that was has gone, or never meant to ask
        finally:
            writer.close()

    async def _respond(self, head: bytes) -> bytes:
        line = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        target = urlsplit(line[1]) if len(line) == 3 else urlsplit("")  # noqa: PLR2004 - of HTTP
        if len(head) > _MOST_HEAD or line[0] != "GET" or target.path != PATH:
            return _page(HTTPStatus.NOT_FOUND, "There is nothing here.", "")
        state = parse_qs(target.query).get("state", [""])[0]
        if self._finish is None or self._answer.done() or state != self._state:
            return _page(
                HTTPStatus.BAD_REQUEST,
                "This is not the answer that is waited for.",
                "Go back to where you began, and follow the address shown there.",
            )
        try:
            answer = await self._finish(target.query)
        except PentaprismError as error:
            self._answer.set_exception(error)
            return _page(HTTPStatus.BAD_REQUEST, error.message, error.hint)
        self._answer.set_result(answer)
        return _page(HTTPStatus.OK, "The account is connected.", "You can close this page.")


def _page(status: HTTPStatus, title: str, text: str) -> bytes:
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;"
        "color-scheme:light dark}h1{font-size:1.5rem}"
    )
    body = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Pentaprism</title>'
        f"<style>{style}</style></head><body><h1>{html.escape(title)}</h1>"
        f"<p>{html.escape(text)}</p></body></html>"
    ).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
