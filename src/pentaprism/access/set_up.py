"""The first visit: a one-time code in the log proves that the visitor runs this server."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from pentaprism.access.limits import Attempts
from pentaprism.access.secrecy import digest_of, new_token
from pentaprism.errors import InvalidError
from pentaprism.store import Store

LASTS = timedelta(hours=2)
"""How long a visitor who knew the code may take for the set-up."""

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 3, 4
_KEY = ("set-up",)


class SetUp:
    """Opens the set-up while there is no home connection; code and visits stay in memory.

    ``announce`` is told the code when it is made. ``attempts`` limits guesses, whoever makes them.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        announce: Callable[[str], None],
        attempts: Attempts,
    ) -> None:
        self._store = store
        self._clock = clock
        self._announce = announce
        self._attempts = attempts
        self._code: str | None = None
        self._closed = False
        self._visits: dict[bytes, datetime] = {}

    async def needed(self) -> bool:
        """Tell whether there is no home connection yet; once there was one, not until a restart.

        The first call that says yes makes the code and announces it.
        """
        if self._closed:
            return False
        if await self._store.connections.homes():
            self.close()
        elif self._code is None and not self._closed:
            self._code = _new_code()
            self._announce(self._code)
        return not self._closed

    def open(self, code: str) -> str:
        """Return a token for the set-up to whoever knows the code, however it is spelled.

        Raises `InvalidError` with code ``setup_code``, and `TooManyError`.
        """
        with self._attempts.attempt(_KEY):
            if self._code is None or not hmac.compare_digest(_plain(code), _plain(self._code)):
                raise InvalidError(
                    "This is not the set-up code.",
                    code="setup_code",
                    hint="The code stands in the log of Pentaprism, and is a new one after each "
                    "start.",
                )
        now = self._clock()
        self._visits = {digest: end for digest, end in self._visits.items() if end > now}
        token = new_token()
        self._visits[digest_of(token)] = now + LASTS
        return token

    def holds(self, token: str) -> bool:
        """Tell whether `open` gave out ``token`` and it still counts."""
        end = self._visits.get(digest_of(token))
        return end is not None and end > self._clock()

    def close(self) -> None:
        """End the set-up: the code and every token are void."""
        self._closed = True
        self._code = None
        self._visits.clear()


def _new_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _plain(code: str) -> bytes:
    return "".join(c for c in code.upper() if c.isalnum()).encode("utf-8", "surrogatepass")
