"""Google accounts: connecting, reconnecting, disconnecting, and what a destination gets of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from pentaprism.destinations.account import AccountAccess
from pentaprism.destinations.google_photos.endpoints import endpoints
from pentaprism.destinations.google_photos.oauth import (
    Client,
    Grant,
    GrantLostError,
    SignIn,
    authorize_url,
    declined,
    new_secret,
)
from pentaprism.destinations.google_photos.refusals import missing_scope
from pentaprism.destinations.google_photos.scopes import (
    APPEND,
    EDIT,
    EMAIL,
    OPENID,
    READ,
    wanted,
)
from pentaprism.destinations.google_photos.tokens import AccountTokens, Credential
from pentaprism.destinations.pace import Pace
from pentaprism.errors import InvalidError, NotFoundError, PentaprismError
from pentaprism.settings import Settings
from pentaprism.store import Store
from pentaprism.store.records import Account, AccountState, Connection, Consent

_OPEN_FOR = timedelta(hours=1)
"""How long a consent may take."""

_WARN_BEFORE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Started:
    """A consent that was begun: the address for the person's browser, and where it will end."""

    authorize_url: str
    state: str
    redirect_uri: str


class GoogleAccounts:
    """The Google accounts of this program."""

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], datetime], pace: Pace
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._pace = pace

    async def start(
        self,
        redirect_uri: str,
        *,
        removals: bool = False,
        account: Account | None = None,
        name: str | None = None,
        owner_id: str | None = None,
    ) -> Started:
        """Begin to connect an account, or to reconnect ``account``.

        ``owner_id`` is the person who asks, and who alone can `finish` it. A reconnect asks again
        for all that the account had granted. Raises `InvalidError` with code ``no_client`` when no
        OAuth client is known.
        """
        client = self._client(account)
        scopes = wanted(removals=removals)
        if account is not None:
            scopes |= account.scopes & {READ, EDIT}
        base_url = self._settings.google_url or (account.base_url if account else None)
        consent = Consent(
            state=new_secret(),
            verifier=new_secret(),
            redirect_uri=redirect_uri,
            scopes=scopes,
            account_id=account.id if account else None,
            owner_id=owner_id,
            name=name,
            base_url=base_url,
            client_id=client.id,
            client_secret=client.secret,
            created_at=self._clock(),
        )
        await self._store.consents.add(consent)
        url = authorize_url(
            endpoints(base_url),
            client,
            redirect_uri=redirect_uri,
            scopes=scopes,
            state=consent.state,
            verifier=consent.verifier,
            login_hint=account.email if account else None,
        )
        return Started(url, consent.state, redirect_uri)

    async def finish(self, answer: str, *, owner_id: str | None = None) -> Account:
        """Return the account that was connected, given the address that the browser ended at.

        The address may be its query alone; ``owner_id`` is who has begun. Raises `InvalidError`
        (``answer``, ``consent_expired``, ``declined``, ``other_account``), and what Google says
        against it.
        """
        query = _query(answer)
        consent = await self._store.consents.take(
            query["state"], not_before=self._clock() - _OPEN_FOR
        )
        if consent is None or consent.owner_id != owner_id:
            raise InvalidError(
                "This consent was not asked for here, or more than an hour ago, or was used.",
                code="consent_expired",
                hint="Begin again with `pentaprism account connect`.",
            )
        if "error" in query:
            raise declined(query["error"])
        sign_in = self._sign_in(consent.base_url, Client(consent.client_id, consent.client_secret))
        try:
            grant = await sign_in.exchange(
                query["code"], redirect_uri=consent.redirect_uri, verifier=consent.verifier
            )
        except GrantLostError as error:
            raise InvalidError(
                "Google does not take the code: it was used already, or is too old.",
                code="consent_expired",
                hint="Begin again with `pentaprism account connect`.",
            ) from error
        if APPEND not in grant.scopes:
            raise missing_scope(APPEND)
        return await self._save(consent, grant)

    async def list(self, owner_id: str | None = None) -> list[Account]:
        """Return the accounts of one person, or all, the oldest first."""
        return await self._store.accounts.list(owner_id)

    async def find(self, text: str) -> Account:
        """Return the account that ``text`` means: its id, the beginning of it, name or e-mail.

        Without a text, the only one. Raises `NotFoundError` or `InvalidError` that say what there
        is.
        """
        accounts = await self.list()
        if not accounts:
            raise InvalidError(
                "No Google account is connected yet.",
                code="no_account",
                hint="Connect one with `pentaprism account connect`.",
            )
        found = [one for one in accounts if _means(one, text)] if text else accounts
        found = found or [one for one in accounts if one.id.startswith(text)]
        names = "; ".join(f"{one.name} ({one.id[:8]})" for one in accounts)
        if not found:
            raise NotFoundError(
                f"There is no account “{text}”.",
                code="account_not_found",
                hint=f"There is: {names}.",
            )
        if len(found) > 1:
            raise InvalidError(
                "It is not clear which account is meant.",
                code="ambiguous",
                hint=f"Name it, as in google-photos:NAME or --account NAME. There are: {names}.",
            )
        return found[0]

    async def rename(self, account: Account, name: str) -> Account:
        """Give ``account`` another name."""
        return await self._store.accounts.update(replace(account, name=name))

    async def disconnect(self, account: Account, *, force: bool = False) -> Account:
        """Withdraw the right at Google, then forget it here; what was mirrored stays there.

        With ``force`` it is forgotten here also when Google cannot be reached.
        """
        if account.refresh_token is not None:
            client = Client(account.client_id, account.client_secret)
            try:
                await self._sign_in(account.base_url, client).revoke(account.refresh_token)
            except PentaprismError:
                if not force:
                    raise
        return await self._store.accounts.update(
            replace(
                account,
                refresh_token=None,
                scopes=frozenset(),
                state=AccountState.DISCONNECTED,
                reason=None,
                token_expires_at=None,
            )
        )

    async def access(self, account: Account) -> AccountAccess:
        """Return all that a destination may do with ``account``."""
        base_url = self._settings.google_url or account.base_url
        client = self._client(account)
        tokens = AccountTokens(
            Credential(account.refresh_token, account.scopes),
            _Keeper(self._store, account.id),
            self._sign_in(base_url, client).refresh,
            self._clock,
        )
        lock = f"google:{account.id}"
        return AccountAccess(
            id=account.id,
            name=account.name,
            base_url=base_url,
            tokens=tokens,
            ledger=self._store.contents.of(account.id),
            requests=self._store.request_days.of_project(_project(base_url, client)),
            daily_requests=self._settings.google_daily_requests,
            writing=lambda: self._store.locks.hold(lock),
            clock=self._clock,
            pace=self._pace,
        )

    def _sign_in(self, base_url: str | None, client: Client) -> SignIn:
        return SignIn(endpoints(base_url), client, self._pace)

    def _client(self, account: Account | None) -> Client:
        """Return the OAuth client: of the settings, or the one the account was connected with."""
        settings = self._settings
        secret = settings.google_client_secret
        given = secret.get_secret_value() if secret else None
        if account is not None and settings.google_client_id in {None, account.client_id}:
            return Client(account.client_id, given or account.client_secret)
        if settings.google_client_id and given:
            return Client(settings.google_client_id, given)
        missing = "client id" if not settings.google_client_id else "secret of the client id"
        raise InvalidError(
            f"The OAuth {missing} for Google is not known.",
            code="no_client",
            hint="Make an OAuth client in Google's console (docs/google-photos.md tells how), and "
            "set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.",
        )

    async def _save(self, consent: Consent, grant: Grant) -> Account:
        if not grant.refresh_token:
            raise InvalidError(
                "Google granted no lasting access.",
                code="no_refresh_token",
                hint="Remove Pentaprism at https://myaccount.google.com/connections, then connect "
                "the account again.",
            )
        known = await self._known(consent, grant)
        now = self._clock()
        lasts = grant.refresh_expires_in
        owner = await self._store.connections.default()
        fallback = f"Google account {len(await self.list(consent.owner_id)) + 1}"
        account = Account(
            id=known.id if known else "",
            owner_id=known.owner_id if known else consent.owner_id or _owner(owner),
            name=consent.name or (known.name if known else None) or grant.email or fallback,
            subject=grant.subject or (known.subject if known else None),
            email=grant.email or (known.email if known else None),
            base_url=consent.base_url,
            client_id=consent.client_id,
            client_secret=consent.client_secret,
            refresh_token=grant.refresh_token,
            scopes=grant.scopes - {OPENID, EMAIL},
            state=AccountState.CONNECTED,
            reason=None,
            token_expires_at=now + timedelta(seconds=lasts) if lasts else None,
            connected_at=now,
            created_at=known.created_at if known else now,
        )
        if known is None:
            return await self._store.accounts.add(account)
        return await self._store.accounts.update(account)

    async def _known(self, consent: Consent, grant: Grant) -> Account | None:
        """Return the account that was connected again, None for a new one.

        Raises `InvalidError` with code ``other_account`` when another one was chosen at Google
        than was meant: its mirrors would fill the wrong account.
        """
        every = await self.list(consent.owner_id)
        meant = next((one for one in every if one.id == consent.account_id), None)
        accounts = [one for one in every if one.base_url == consent.base_url]
        if meant is not None:
            if meant.subject and grant.subject and meant.subject != grant.subject:
                raise InvalidError(
                    f"At Google {grant.email or 'another account'} was chosen, and it is "
                    f"{meant.name} that shall be connected again. Nothing was changed.",
                    code="other_account",
                    hint="Try again and choose the right account; for another account leave "
                    "--account out.",
                )
            return meant
        if grant.subject:
            same = [one for one in accounts if one.subject == grant.subject]
            unknown = [one for one in accounts if one.subject is None]
            return next(iter(same or _waiting(unknown)), None)
        return next(iter(_waiting(accounts)), None)


class _Keeper:
    """Keeps the credential of one account in the store."""

    def __init__(self, store: Store, account_id: str) -> None:
        self._store = store
        self._account_id = account_id

    async def load(self) -> Credential:
        """Return the credential as it is now."""
        account = await self._store.accounts.get(self._account_id)
        return Credential(account.refresh_token, account.scopes)

    async def save(self, refresh_token: str) -> None:
        """Keep another refresh token."""
        await self._store.accounts.save_refresh_token(self._account_id, refresh_token)

    async def lost(self, refresh_token: str, reason: str) -> None:
        """Put the account into ``reconnect``."""
        await self._store.accounts.lose_right(self._account_id, refresh_token, reason)


def expiry_warning(account: Account, now: datetime) -> str | None:
    """Return what to tell of a sign-in that ends by itself, None for one that does not."""
    ends = account.token_expires_at
    if ends is None or account.state is not AccountState.CONNECTED:
        return None
    soon = " Connect it again before that." if ends - now < _WARN_BEFORE else ""
    return (
        f"The sign-in of {account.name} ends on {ends.astimezone():%Y-%m-%d %H:%M}, as the Google "
        f"project is in testing.{soon} Publish it (OAuth consent screen, Publish app) and connect "
        "once more, and it lasts."
    )


def _owner(connection: Connection | None) -> str | None:
    """Return whose an account is that the command line connects."""
    return connection.owner_id if connection else None


def _query(answer: str) -> dict[str, str]:
    """Return ``state`` and ``code`` or ``error`` of an address, or of its query alone."""
    text = answer.strip()
    query = urlsplit(text).query or text.lstrip("?")
    found = {name: values[0] for name, values in parse_qs(query).items()}
    if "state" not in found or not ({"code", "error"} & set(found)):
        raise InvalidError(
            "This is not the address that Google's page leads to.",
            code="answer",
            hint="Copy all of the browser's address line after you have consented; it holds "
            "“state=” and “code=”.",
        )
    return found


def _means(account: Account, text: str) -> bool:
    wanted_text = text.strip().casefold()
    names = (account.id, account.name, account.email or "")
    return any(wanted_text == name.casefold() for name in names)


def _waiting(accounts: list[Account]) -> list[Account]:
    """Return the one of ``accounts`` that waits to be reconnected, if it is one alone."""
    waiting = [one for one in accounts if one.state is not AccountState.CONNECTED]
    return waiting if len(waiting) == 1 else []


def _project(base_url: str | None, client: Client) -> str:
    """Return what the quota is counted by: Google's projects are told by their client ids."""
    return f"{base_url or 'google'} {client.id}"
