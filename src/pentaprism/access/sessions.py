"""Browsers in which somebody is signed in, for as long as Immich agrees."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pentaprism.access.background import Background
from pentaprism.access.secrecy import digest_of, new_token
from pentaprism.access.servers import home_servers
from pentaprism.errors import PentaprismError
from pentaprism.immich import Method, SignedIn, SignIn, User
from pentaprism.store import Session, SignInMethod, Store

TOUCHED = timedelta(minutes=1)
"""How often it is noted, at most, that a session is in use."""

CHECKED = timedelta(minutes=10)
"""After how long Immich is asked again whether it still knows the person."""

_RETRIED = timedelta(minutes=1)
_MOST_AGENT = 400
_MOST_TOKEN = 100

_log = logging.getLogger(__name__)

type MakeSignIn = Callable[[str, Path | None], SignIn]
"""Makes what asks the server at an address, trusting a certificate authority."""


class Sessions:
    """The sessions of all people; a browser knows its own by a token that is not stored.

    A session ends when it is not used for ``days``, when its person ends it, when Immich takes its
    credential no more, and when its server is no longer a home server.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], days: int, sign_in: MakeSignIn
    ) -> None:
        self._store = store
        self._clock = clock
        self._lasts = timedelta(days=days)
        self._sign_in = sign_in
        self._background = Background()
        self._asked: dict[bytes, datetime] = {}

    @property
    def lasts(self) -> timedelta:
        """How long a session lasts that is not used: the age that its cookie may reach."""
        return self._lasts

    async def begin(self, signed_in: SignedIn, server_url: str, user_agent: str) -> str:
        """Begin a session for somebody whom Immich at ``server_url`` knows; return its token."""
        user = signed_in.user
        now = self._clock()
        await self._store.sessions.prune(now)
        await self._save(user, server_url)
        token = new_token()
        await self._store.sessions.add(
            digest=digest_of(token),
            person_id=user.id,
            server_url=server_url,
            method=SignInMethod(signed_in.method),
            credential=signed_in.credential,
            user_agent=user_agent[:_MOST_AGENT],
            expires_at=now + self._lasts,
        )
        return token

    async def find(self, token: str) -> Session | None:
        """Return the session whose token this is, None where there is none or it is over.

        Whether Immich still agrees is asked in the background, now and then: the answer counts
        from the next call on.
        """
        if not token or len(token) > _MOST_TOKEN:
            return None
        session = await self._store.sessions.get(digest_of(token))
        if session is None:
            return None
        now = self._clock()
        if session.expires_at <= now:
            await self._store.sessions.delete(session.digest)
            return None
        if session.seen_at + TOUCHED <= now:
            await self._store.sessions.touch(
                session.digest, seen_at=now, expires_at=now + self._lasts
            )
        if session.checked_at + CHECKED <= now:
            self._ask_again(session, now)
        return session

    async def end(self, token: str) -> None:
        """End the session whose token this is; one that has ended is no error.

        A session that Immich opened for it is ended at Immich too, in the background.
        """
        session = await self._store.sessions.get(digest_of(token))
        if session is not None:
            await self._store.sessions.delete(session.digest)
            self._sign_out(session)

    async def end_others(self, person_id: str, token: str) -> int:
        """End all sessions of a person but the one whose token this is; return how many."""
        kept = digest_of(token)
        others = [s for s in await self._store.sessions.list_of(person_id) if s.digest != kept]
        ended = await self._store.sessions.delete_of(person_id, kept)
        for session in others:
            self._sign_out(session)
        return ended

    async def idle(self) -> None:
        """Return when nothing is under way in the background."""
        await self._background.idle()

    async def close(self, patience: float = 2.0) -> None:
        """Give what is under way in the background ``patience`` seconds, and end it."""
        await self._background.close(patience)

    def _ask_again(self, session: Session, now: datetime) -> None:
        """Begin to ask Immich, unless that is under way, or failed a moment ago."""
        self._asked = {d: at for d, at in self._asked.items() if at + _RETRIED > now}
        if session.digest not in self._asked and self._background.start(
            session.digest, self._check(session)
        ):
            self._asked[session.digest] = now

    async def _check(self, session: Session) -> None:
        try:
            signer = await self._signer(session)
            user = await signer.check(_method(session), session.credential) if signer else None
        except PentaprismError as error:
            _log.info("Immich could not be asked about a session: %s", error)
            return
        if user is None or user.id != session.person.id:
            await self._store.sessions.delete(session.digest)
            _log.info("A session of %s has ended, as Immich ended it.", session.person.name)
            return
        now = self._clock()
        await self._store.sessions.touch(session.digest, seen_at=now, checked_at=now)
        person = session.person
        known = (person.name, person.email, person.is_admin)
        if known != (user.name, user.email, user.is_admin):
            await self._save(user, session.server_url)

    def _sign_out(self, session: Session) -> None:
        if session.method is SignInMethod.PASSWORD:
            self._background.start(b"out" + session.digest, self._sign_out_at_immich(session))

    async def _sign_out_at_immich(self, session: Session) -> None:
        try:
            signer = await self._signer(session)
            if signer is not None:
                await signer.sign_out(session.credential)
        except PentaprismError as error:
            _log.info("A session could not be ended at Immich: %s", error)

    async def _signer(self, session: Session) -> SignIn | None:
        """Return what asks the session's server, None when that is no home server any more."""
        for server in await home_servers(self._store):
            if server.url == session.server_url:
                return self._sign_in(server.url, server.ca_file)
        return None

    async def _save(self, user: User, server_url: str) -> None:
        await self._store.people.save(
            user.id,
            server_url=server_url,
            name=user.name,
            email=user.email,
            is_admin=user.is_admin,
        )


def _method(session: Session) -> Method:
    return "password" if session.method is SignInMethod.PASSWORD else "api_key"
