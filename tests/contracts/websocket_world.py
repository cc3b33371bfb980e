"""Websockets carried to a server that does as it is told, for the tests of the gateway."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pentaprism.gateway.forwarding import Forwarding
from pentaprism.gateway.upstream import Upstream
from pentaprism.gateway.websockets import Websockets

type Speaking = Callable[[web.WebSocketResponse], Awaitable[None]]


@dataclass
class FarEnd:
    """A server of websockets: ``speak`` is what it does with each, ``asked`` what it was asked.

    With ``refusal`` it answers that instead; ``protocols`` are those it speaks.
    """

    speak: Speaking
    refusal: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    protocols: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    closed: list[tuple[int | None, str | None]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append(request)
        if self.refusal is not None:
            return await self.refusal(request)
        websocket = web.WebSocketResponse(
            protocols=self.protocols, max_msg_size=1 << 30, compress=True, autoclose=False
        )
        websocket.headers.update(self.headers)
        await websocket.prepare(request)
        try:
            await self.speak(websocket)
        finally:
            self.ended.set()
        return websocket

    async def read_to_the_end(self, websocket: web.WebSocketResponse) -> None:
        """Wait for the close frame, note what it says, and answer it."""
        while (message := await websocket.receive()).type in {
            web.WSMsgType.TEXT,
            web.WSMsgType.BINARY,
        }:
            pass
        is_frame = message.type is web.WSMsgType.CLOSE
        self.closed.append((message.data, message.extra) if is_frame else (None, None))
        await websocket.close()


@asynccontextmanager
async def far_end(far: FarEnd, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Run ``far`` at a free port, and give its address."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", far.serve)
    async with served(app, tls) as url:
        yield url


@asynccontextmanager
async def served(app: web.Application, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Run an application at a free port, and give its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def self_signed(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1: its PEM file, and what a server needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Immich")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    file, whole = folder / "certificate.pem", folder / "whole.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    whole.write_bytes(secret + file.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    return file, context


@asynccontextmanager
async def carried(
    url: str | None,
    *,
    patience: float = 20.0,
    trusted: tuple[Any, ...] = (),
    ca_file: Path | None = None,
) -> AsyncIterator[tuple[str, Websockets]]:
    """Carry websockets to ``url`` with a real web server: gives its address, and the carrier."""
    upstream = None if url is None else Upstream.parse(url, ca_file)
    carrier = Websockets(lambda: upstream, Forwarding(trusted), timeout=patience)
    server = uvicorn.Server(
        uvicorn.Config(
            carrier,
            host="127.0.0.1",
            port=0,
            http="httptools",
            ws="websockets-sansio",
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}", carrier
    finally:
        server.should_exit = True
        await serving


async def until(true: Callable[[], bool]) -> None:
    """Return when ``true`` is; the test's own time-out ends it otherwise."""
    while not true():  # noqa: ASYNC110 (what is waited for tells nobody)
        await asyncio.sleep(0.01)
