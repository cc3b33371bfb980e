"""A key for somebody's first connection, from how they signed in."""

from __future__ import annotations

from pathlib import Path

from pentaprism.access import Server
from pentaprism.connections.candidates import Candidate, look
from pentaprism.errors import ActionRequiredError
from pentaprism.immich import READ_ONLY, SignIn
from pentaprism.store import Session, SignInMethod
from pentaprism.web.page import Page

KEY_NAME = "Pentaprism"
"""How a key is called in Immich that is made here."""


async def session_of(page: Page) -> Session:
    """Return the session of the browser; raises `ActionRequiredError` when it has just ended."""
    digest = page.request.state.visitor.digest
    session = await page.program.app.store.sessions.get(digest) if digest else None
    if session is None:
        raise ActionRequiredError(
            "Your session has ended.", code="session_ended", hint="Sign in again."
        )
    return session


async def candidate_of(page: Page) -> Candidate:
    """Return the server of this session with a key: the one that somebody signed in with.

    For somebody who came with a password, Immich makes a key that can only read. Raises as
    `SignIn.make_api_key` and `look` do.
    """
    session = await session_of(page)
    ca_file = await _ca_file(page, session.server_url)
    key = session.credential
    if session.method is SignInMethod.PASSWORD:
        signer = SignIn(session.server_url, ca_file=ca_file)
        key = await signer.make_api_key(session.credential, KEY_NAME, READ_ONLY)
    return await look(page.program.app, session.server_url, key, ca_file)


async def _ca_file(page: Page, url: str) -> Path | None:
    servers: list[Server] = await page.program.door.servers()
    return next((server.ca_file for server in servers if server.url == url), None)
