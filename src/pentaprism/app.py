"""The composition root: the one place that makes things from settings and wires them together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pentaprism.accounts import GoogleAccounts, expiry_warning
from pentaprism.assets import Album
from pentaprism.destinations.base import Destination, Features, Opening, Removal
from pentaprism.destinations.choices import FileOptions, MirrorOptions, Missing, Removals
from pentaprism.destinations.google_photos.options import GooglePhotosOptions
from pentaprism.destinations.google_photos.quota import forecast, pacific_day
from pentaprism.destinations.pace import Pace
from pentaprism.destinations.registry import by_kind, parse_spec
from pentaprism.duplicates.index import DuplicateIndex
from pentaprism.duplicates.keeper_rules import load_keeper_rules
from pentaprism.duplicates.options import LookOptions, Reach
from pentaprism.errors import InvalidError, NotFoundError
from pentaprism.immich import READ_ONLY, ImmichClient, ImmichOptions, Preflight
from pentaprism.indexing import Indexing
from pentaprism.logs import hide
from pentaprism.mirrors.definition import Definition
from pentaprism.mirrors.events import Code, event
from pentaprism.mirrors.plan import Policy
from pentaprism.mirrors.run import MirrorRun, MirrorSetup
from pentaprism.mirrors.templates import parse_template
from pentaprism.mirrors.work import Tools
from pentaprism.settings import Settings
from pentaprism.store import Store
from pentaprism.store.records import Account, AccountState, Connection, Mirror, RunEvent, StartedBy
from pentaprism.store.secrets import Secrets

NEEDED = frozenset({"album.read", "asset.read", "asset.download", "user.read"})
"""The permissions without which nothing can be mirrored; `READ_ONLY` adds the comfortable ones."""


_MAY_NOT_REMOVE = (
    "the account has not granted taking photos out of albums; `pentaprism account connect "
    "--removals` asks for it"
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What is chosen for a single run, beside the options of its mirror.

    ``thorough`` reads every mirrored file instead of trusting size and time. ``max_removals``
    allows that many removals this once. ``started_by`` is recorded with it.
    """

    thorough: bool = False
    max_removals: int | None = None
    started_by: StartedBy = StartedBy.COMMAND


class App:
    """Everything that a command works with; `open` makes it."""

    def __init__(
        self, settings: Settings, store: Store, clock: Callable[[], datetime], pace: Pace
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.accounts = GoogleAccounts(store, settings, clock, pace)
        self.indexing = Indexing(store, settings, clock)
        options = LookOptions(
            rules=load_keeper_rules(settings.keeper_rules),
            reach=Reach(settings.duplicate_distance, settings.duplicate_symmetries),
            workers=settings.duplicate_workers,
        )
        self.duplicates = DuplicateIndex(store, clock, options, self.immich)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = _now,
        pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> AsyncIterator[App]:
        """Open the database that the settings name, for as long as the context lasts."""
        key = settings.app_secret_key.get_secret_value() if settings.app_secret_key else None
        secrets = Secrets.load(key, settings.database_path)
        for secret in (settings.immich_api_key, settings.google_client_secret):
            if secret is not None:
                hide(secret.get_secret_value())
        async with await Store.open(settings.database_path, secrets, clock=clock) as store:
            app = cls(settings, store, clock, pace)
            try:
                yield app
            finally:
                await app.indexing.close()

    async def preflight(
        self, url: str, api_key: str, *, ca_file: Path | None = None
    ) -> tuple[str, Preflight]:
        """Look at an Immich server and a key of one of its users; nothing is saved.

        Return the server's address in its one true form, and what was found: the permissions
        that are missing, too. When anything else is wrong, an `ActionRequiredError` says what.
        """
        async with self._client(url, api_key, ca_file) as client:
            return client.url, await client.preflight(READ_ONLY)

    async def connect(
        self,
        url: str,
        api_key: str,
        *,
        ca_file: Path | None = None,
        name: str | None = None,
        owner_id: str | None = None,
        home: bool | None = None,
    ) -> tuple[Connection, Preflight]:
        """Check an Immich server and a key of one of its users, and save them as a connection.

        The preflight names permissions that are missing for comfort; without the `NEEDED` ones,
        or when anything else is wrong, an `ActionRequiredError` says what. ``owner_id`` is the
        person whose connection it is, by themselves the key's user. At the server of a ``home``
        connection people may sign in; None leaves that as it is, and lets a new one be home.
        """
        true_url, preflight = await self.preflight(url, api_key, ca_file=ca_file)
        replace(preflight, missing=preflight.missing & NEEDED).require()
        user = preflight.user
        if user is None:
            raise RuntimeError("a key with user.read has a user")
        connection = await self.store.connections.save(
            owner_id=owner_id,
            home=home,
            url=true_url,
            api_key=api_key,
            user_id=user.id,
            user_name=user.name,
            user_email=user.email,
            server_version=preflight.server.version,
            name=name or user.name,
            ca_file=str(ca_file) if ca_file else None,
        )
        return connection, preflight

    async def connection(self) -> Connection:
        """Return the connection to work with: the one that the settings name, or the saved one.

        The server and the key are checked either way. Raises `InvalidError` when there is none.
        """
        url, key = self.settings.immich_url, self.settings.immich_api_key
        if url is None and key is None and (saved := await self._saved()):
            ca_file = Path(saved.ca_file) if saved.ca_file else None
            found, _ = await self.connect(
                saved.url,
                saved.api_key,
                ca_file=ca_file,
                name=saved.name,
                owner_id=saved.owner_id,
            )
            return found
        if url is None or key is None:
            missing = "address" if url is None else "API key"
            raise InvalidError(
                f"The {missing} of the Immich server is not known.",
                code="no_connection",
                hint="Save both with `pentaprism connect`, or give --immich-url and --api-key, or "
                "set IMMICH_URL and IMMICH_API_KEY.",
            )
        found, _ = await self.connect(
            url, key.get_secret_value(), ca_file=self.settings.immich_ca_file
        )
        return found

    async def _saved(self) -> Connection | None:
        """Return the connection for the command line, whose owner is whoever runs the server."""
        ours = {connection.id for connection in await self.store.connections.homes()}
        every = await self.store.connections.list()
        return next((connection for connection in every if connection.id in ours), None)

    def immich(
        self, connection: Connection, *, edited: bool = False, connections: int = 8
    ) -> ImmichClient:
        """Return a client for ``connection``; the caller closes it.

        ``connections`` at once are enough, unless the settings name a number.
        """
        ca_file = Path(connection.ca_file) if connection.ca_file else None
        return self._client(
            connection.url, connection.api_key, ca_file, edited=edited, connections=connections
        )

    def _client(
        self,
        url: str,
        api_key: str,
        ca_file: Path | None,
        *,
        edited: bool = False,
        connections: int = 8,
    ) -> ImmichClient:
        settings = self.settings
        return ImmichClient(
            ImmichOptions(
                url=url,
                api_key=api_key,
                ca_file=ca_file,
                connections=settings.immich_connections or connections,
                bandwidth=settings.immich_bandwidth,
                timeout=settings.immich_timeout,
                retries=settings.immich_retries,
                edited=edited,
            )
        )

    async def mirror_connection(self, mirror: Mirror) -> Connection:
        """Return the connection that ``mirror`` reads from."""
        return await self.store.connections.get(mirror.connection_id)

    async def definition(
        self, connection: Connection, album: Album, to: str, **options: Any
    ) -> Definition:
        """Return what mirror is meant by ``album`` and the destination ``to`` (``folder:PATH``).

        ``options`` that are not None replace those that the mirror has, or the defaults. Raises
        `InvalidError` for a wrong form or option, and for an account that is not meant clearly.
        """
        kind, chosen = parse_spec(to)
        if isinstance(chosen, GooglePhotosOptions):
            account = await self.accounts.find(chosen.account)
            chosen = GooglePhotosOptions(account=account.id)
        given = {name: value for name, value in options.items() if value is not None}
        return Definition(self.store, connection.id, album, kind, options=chosen, given=given)

    async def open_destination(self, mirror: Mirror) -> Destination:
        """Return the destination of ``mirror``, opened but not checked; the caller closes it."""
        kind = by_kind(mirror.kind)
        fresh = not await self.store.items.highest_row(mirror.id)
        options = kind.options.model_validate(mirror.options)
        access = None
        if isinstance(options, GooglePhotosOptions):
            access = await self.accounts.access(await self.store.accounts.get(options.account))
        return kind.open(options, Opening(mirror.id, mirror.album_id, fresh=fresh, account=access))

    async def place_of(self, mirror: Mirror) -> str:
        """Return where ``mirror`` writes, for people: a folder, or an account by its name."""
        kind = by_kind(mirror.kind)
        if not kind.in_account:
            return mirror.place
        account = await self.store.accounts.get(mirror.place)
        return f"{kind.label} ({account.name})"

    async def forecast(self, mirror: Mirror, left: int) -> str:
        """Return in words how long ``left`` photos take by the day's quota; empty without one."""
        options = by_kind(mirror.kind).options.model_validate(mirror.options)
        if not left or not isinstance(options, GooglePhotosOptions):
            return ""
        access = await self.accounts.access(await self.store.accounts.get(options.account))
        spent = await access.requests.of(pacific_day(self.clock()))
        return forecast(left, spent, access.daily_requests, self.clock())

    async def requests_today(self, account: Account) -> int:
        """Return how many requests of the day's quota ``account``'s project has used."""
        access = await self.accounts.access(account)
        return (await access.requests.of(pacific_day(self.clock()))).requests

    async def waiting_for(self, account: Account) -> list[Mirror]:
        """Return the mirrors whose run waits until ``account`` is connected again."""
        mirrors = [m for m in await self.store.mirrors.list() if m.place == account.id]
        return [
            mirror
            for mirror in mirrors
            if (run := await self.store.runs.waiting(mirror.id)) and run.waits_until is None
        ]

    async def may_go_on(self, mirror: Mirror) -> bool:
        """Tell whether a run of ``mirror`` that waits for its account could go on now."""
        options = by_kind(mirror.kind).options.model_validate(mirror.options)
        if not isinstance(options, GooglePhotosOptions):
            return True
        account = await self.store.accounts.get(options.account)
        return account.state is AccountState.CONNECTED

    @asynccontextmanager
    async def run(
        self, mirror: Mirror, connection: Connection, options: RunOptions = RunOptions()
    ) -> AsyncIterator[MirrorRun]:
        """Make a run of ``mirror``, with its client and destination open while it lasts."""
        chosen = by_kind(mirror.kind).options.model_validate(mirror.options)
        files = chosen if isinstance(chosen, FileOptions) else None
        missing = files.missing if files and not options.thorough else Missing.FETCH
        destination = await self.open_destination(mirror)
        features = destination.features
        warnings = await self._warnings(chosen, features)
        can_remove = features.removal is not Removal.NONE
        policy = Policy(
            removals=chosen.removals if can_remove else Removals.KEEP,
            missing=missing,
            raw=chosen.raw,
            companions=features.companions,
            one_file=features.one_file,
            sidecars=files is not None and files.sidecars,
            edited=chosen.edited,
            max_removals=options.max_removals,
        )
        template = files.template if files else "{filename}"
        setup = MirrorSetup(mirror, parse_template(template), policy, warnings, options.started_by)
        try:
            async with self.immich(
                connection, edited=chosen.edited, connections=features.connections
            ) as client:
                tools = Tools(self.store, client, destination, self.clock, options.thorough)
                yield MirrorRun(setup, tools)
        finally:
            await destination.close()

    async def _warnings(self, options: MirrorOptions, features: Features) -> tuple[RunEvent, ...]:
        """Return what a person should be told with each run of a mirror with these options."""
        warnings = []
        if options.removals is not Removals.KEEP and features.removal is Removal.NONE:
            warnings.append(
                event(Code.REMOVALS_HELD, reason=_MAY_NOT_REMOVE, why="not_granted", count=0)
            )
        if isinstance(options, GooglePhotosOptions):
            account = await self.store.accounts.get(options.account)
            warning = expiry_warning(account, self.clock())
            if warning is not None:
                warnings.append(event(Code.SIGN_IN_ENDS, warning=warning))
        return tuple(warnings)


async def find_album(client: ImmichClient, text: str) -> Album:
    """Return the album whose id or name is ``text``.

    Raises `NotFoundError` with the names that come close, and `InvalidError` naming the ids when
    several albums have the name.
    """
    albums = await client.albums()
    found = [album for album in albums if text in (album.id, album.name)]
    if not found:
        found = [a for a in albums if a.name.strip().casefold() == text.strip().casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        which = "; ".join(
            f"{a.id} ({a.asset_count} assets, of {a.owner_name or 'unknown'})" for a in found
        )
        raise InvalidError(
            f"{len(found)} albums are called “{text}”.",
            code="ambiguous",
            hint=f"Give the id of the one that is meant: {which}.",
        )
    close = get_close_matches(text, [album.name for album in albums], n=3)
    like = f"Did you mean {', '.join(f'“{name}”' for name in close)}? " if close else ""
    raise NotFoundError(
        f"There is no album “{text}” that this user can see.",
        code="album_not_found",
        hint=f"{like}`pentaprism albums` lists them.",
    )
