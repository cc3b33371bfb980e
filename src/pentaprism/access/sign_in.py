"""Signing in: Immich says who somebody is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pentaprism.access.limits import Attempts, Key
from pentaprism.access.servers import Server, home_server, home_servers
from pentaprism.access.sessions import MakeSignIn, Sessions
from pentaprism.errors import InvalidError
from pentaprism.immich import SignedIn, SignIn
from pentaprism.store import Store


class Door:
    """Lets people in whom a home server knows, also those without a connection of their own."""

    def __init__(
        self, store: Store, sessions: Sessions, attempts: Attempts, sign_in: MakeSignIn
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._attempts = attempts
        self._sign_in = sign_in

    async def servers(self) -> list[Server]:
        """Return the servers that people may sign in at, the oldest first."""
        return await home_servers(self._store)

    async def with_password(
        self,
        email: str,
        password: str,
        *,
        server_url: str | None = None,
        address: str,
        user_agent: str = "",
    ) -> str:
        """Begin a session for whoever has this e-mail address and password; return its token.

        ``server_url`` is one of `servers`, None the oldest; ``address`` is the client's. Raises
        `TooManyError`, `InvalidError` with codes ``unknown_server`` and ``incomplete``, and as
        `SignIn.with_password` does.
        """
        if not email.strip() or not password:
            raise _incomplete("The e-mail address and the password are both needed.")
        server = await home_server(self._store, server_url)
        keys: tuple[Key, ...] = (
            ("address", address),
            ("email", server.url, email.strip().casefold()),
        )
        return await self._let_in(
            server, keys, lambda signer: signer.with_password(email, password), user_agent
        )

    async def with_api_key(
        self,
        api_key: str,
        *,
        server_url: str | None = None,
        address: str,
        user_agent: str = "",
    ) -> str:
        """Begin a session for whoever has this API key; return its token.

        Parameters and errors as of `with_password`, and as `SignIn.with_api_key` raises.
        """
        if not api_key.strip():
            raise _incomplete("The API key is needed.")
        server = await home_server(self._store, server_url)
        return await self._let_in(
            server,
            (("address", address),),
            lambda signer: signer.with_api_key(api_key),
            user_agent,
        )

    async def _let_in(
        self,
        server: Server,
        keys: tuple[Key, ...],
        ask: Callable[[SignIn], Awaitable[SignedIn]],
        user_agent: str,
    ) -> str:
        with self._attempts.attempt(*keys):
            signed_in = await ask(self._sign_in(server.url, server.ca_file))
        return await self._sessions.begin(signed_in, server.url, user_agent)


def _incomplete(message: str) -> InvalidError:
    return InvalidError(message, code="incomplete", hint="Fill in what is empty.")
