"""Who answers and who asks: the server's version, and the user of a credential."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.errors import ActionRequiredError
from pentaprism.immich.calls import Calls
from pentaprism.immich.models import PingReply, UserReply, VersionReply
from pentaprism.immich.refusals import not_immich

SUPPORTED = range(2, 4)
"""Immich's major versions that this client knows."""


@dataclass(frozen=True, slots=True)
class Server:
    """The version of an Immich server."""

    major: int
    minor: int
    patch: int

    @property
    def version(self) -> str:
        """The version as Immich writes it, such as ``3.1.0``."""
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class User:
    """The user whose credential is used."""

    id: str
    name: str
    email: str
    is_admin: bool


async def ask_server(calls: Calls) -> Server:
    """Return the server's version, after proving that it is an Immich of a version we know.

    Raises `ActionRequiredError` with code ``url``, ``unreachable``, ``certificate``,
    ``not_immich`` or ``version``.
    """
    ping = await calls.get("/server/ping", PingReply, once=True)
    if ping.res != "pong":
        raise not_immich(calls.line.address, "it does not answer a ping")
    reply = await calls.get("/server/version", VersionReply)
    server = Server(reply.major, reply.minor, reply.patch)
    if server.major not in SUPPORTED:
        old = server.major < SUPPORTED.start
        raise ActionRequiredError(
            f"Immich {server.version} is not supported; versions 2 and 3 are.",
            code="version",
            hint="Update Immich." if old else "Update Pentaprism.",
        )
    return server


async def ask_user(calls: Calls) -> User:
    """Return the user of the credential; an API key needs ``user.read`` for it."""
    me = await calls.get("/users/me", UserReply)
    return User(me.id, me.name, me.email, bool(me.is_admin))
