"""What a person must do, so that all mirrors go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pentaprism.app import NEEDED, App
from pentaprism.connections.disks import DiskHealth, Disks
from pentaprism.connections.health import ConnectionHealth, Health
from pentaprism.destinations.google_photos.scopes import EDIT
from pentaprism.overview.gateway import KeptGateway
from pentaprism.overview.held import Held, HeldRemovals
from pentaprism.overview.mirrors import MirrorSummary
from pentaprism.overview.phrases import Bytes, Phrase, phrase
from pentaprism.overview.states import Situation
from pentaprism.store.records import Account, AccountState, Connection

_ENDS_SOON = timedelta(days=3)

_DISK_GONE = frozenset({"not_mounted", "disk_gone"})
_TONES = ("failed", "waiting", "idle")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the way out is: the page of a run, a mirror, an account, a connection or the program.

    The ``id`` of the last is that of a part of its page.
    """

    kind: Literal["run", "mirror", "account", "connection", "system"]
    id: str


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that a person must do.

    ``code`` is one of ``reconnect``, ``disk_gone``, ``mirror_failed``, ``connection``,
    ``permissions``, ``disk``, ``disk_full``, ``sign_in_ends``, ``removals_held``, ``not_granted``,
    ``gateway``.
    ``hint`` is in English and may be empty. The values of the phrases are names, numbers, `Bytes`
    and times as they are.
    """

    tone: Literal["failed", "waiting", "idle"]
    code: str
    title: Phrase
    text: Phrase
    hint: str = ""
    action: Phrase | None = None
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that `judge` looks at; ``held`` is by mirror, ``health`` by connection.

    ``dead_port`` is that of a gateway that dies again and again; None where there is none, and for
    people who can do nothing about it.
    """

    now: datetime
    accounts: Sequence[Account] = ()
    summaries: Sequence[MirrorSummary] = ()
    held: Mapping[str, Sequence[Held]] = field(default_factory=dict)
    connections: Sequence[Connection] = ()
    health: Mapping[str, ConnectionHealth] = field(default_factory=dict)
    disks: Sequence[DiskHealth] = ()
    dead_port: int | None = None


class Attentions:
    """Gathers what is known and says what it asks of a person.

    ``gateway`` is the one that is kept beside the pages, None where there is none.
    """

    def __init__(
        self, app: App, health: Health, disks: Disks, gateway: KeptGateway | None = None
    ) -> None:
        self._app = app
        self._health = health
        self._disks = disks
        self._gateway = gateway
        self._held = HeldRemovals(app.store)

    async def of(self, owner_id: str, summaries: Sequence[MirrorSummary]) -> list[Attention]:
        """Return what ``owner_id`` must do, the worst first; the network is not asked."""
        connections = await self._app.store.connections.list(owner_id)
        known = {one.id: self._health.of(one) for one in connections}
        return judge(
            Findings(
                now=self._app.clock(),
                accounts=await self._app.accounts.list(owner_id),
                summaries=summaries,
                held=await self._held_by_mirror(summaries),
                connections=connections,
                health={id_: health for id_, health in known.items() if health is not None},
                disks=await self._disks.under(one.mirror for one in summaries),
                dead_port=await self._dead_port(owner_id),
            )
        )

    async def _dead_port(self, owner_id: str) -> int | None:
        """Return the port of a gateway that does not live, if ``owner_id`` can do anything."""
        if self._gateway is None or self._gateway.state != "fails":
            return None
        person = await self._app.store.people.get(owner_id)
        return self._gateway.port if person.is_admin else None

    async def _held_by_mirror(
        self, summaries: Iterable[MirrorSummary]
    ) -> dict[str, Sequence[Held]]:
        held: dict[str, Sequence[Held]] = {}
        for one in summaries:
            if one.last is not None and _removes(one):
                held[one.mirror.id] = await self._held.of(one.last)
        return held


def judge(found: Findings) -> list[Attention]:
    """Return what ``found`` asks of a person, the worst first."""
    every = [
        *_accounts(found),
        *_mirrors(found),
        *_connections(found),
        *_disks(found),
        *_held(found),
        *_not_granted(found),
        *_gateway(found),
    ]
    return sorted(every, key=lambda one: _TONES.index(one.tone))


def _accounts(found: Findings) -> Iterable[Attention]:
    for account in found.accounts:
        target = Target("account", account.id)
        ends = account.token_expires_at
        if account.state is AccountState.RECONNECT:
            yield Attention(
                "failed",
                "reconnect",
                phrase("Reconnect %(account)s", account=account.name),
                phrase("%(reason)s Its mirrors go on after that.", reason=account.reason)
                if account.reason
                else phrase("Its mirrors go on after that."),
                action=phrase("Reconnect"),
                target=target,
            )
        elif account.state is AccountState.CONNECTED and ends and ends - found.now < _ENDS_SOON:
            yield Attention(
                "waiting",
                "sign_in_ends",
                phrase("The sign-in of %(account)s ends soon", account=account.name),
                phrase(
                    "It ends at %(ends)s, as the Google project is in testing. Publish the app "
                    "and connect once more, and it lasts.",
                    ends=ends,
                ),
                action=phrase("Reconnect"),
                target=target,
            )


def _mirrors(found: Findings) -> Iterable[Attention]:
    waking = {one.id for one in found.accounts if one.state is AccountState.RECONNECT}
    for one in found.summaries:
        state, name = one.state, one.mirror.album_name
        if state.code in _DISK_GONE and state.situation in {Situation.FAILED, Situation.PAUSED}:
            paused = state.situation is Situation.PAUSED
            yield Attention(
                "idle" if paused else "failed",
                "disk_gone",
                phrase("The disk of %(mirror)s is not there", mirror=name),
                phrase("%(place)s cannot be found. Nothing has been removed.", place=one.place),
                hint="Plug it in or mount it, then resume the mirror.",
                action=phrase("Show the mirror"),
                target=Target("mirror", one.mirror.id),
            )
        elif state.situation is Situation.FAILED:
            yield _failed(one)
        elif state.situation is Situation.RECONNECT and one.mirror.place not in waking:
            # The account is well again by now, or the reason is another than its sign-in.
            yield Attention(
                "failed",
                "reconnect",
                phrase("%(mirror)s waits for its account", mirror=name),
                phrase("%(reason)s", reason=state.reason or ""),
                action=phrase("Show the account"),
                target=Target("account", one.mirror.place),
            )


def _failed(one: MirrorSummary) -> Attention:
    state = one.state
    if state.reason:
        title = phrase("%(mirror)s stopped", mirror=one.mirror.album_name)
        text = phrase("%(reason)s", reason=state.reason)
    else:
        title = phrase("%(mirror)s is not complete", mirror=one.mirror.album_name)
        text = phrase(
            "Failed: %(failed)s of %(of)s. The run tells why for each.",
            failed=state.failed,
            of=state.of or state.failed,
        )
    return Attention(
        "failed",
        "mirror_failed",
        title,
        text,
        action=phrase("Show the run"),
        target=Target("run", state.run_id or ""),
    )


def _connections(found: Findings) -> Iterable[Attention]:
    for connection in found.connections:
        health = found.health.get(connection.id)
        if health is None:
            continue
        target = Target("connection", connection.id)
        if not health.ok:
            yield Attention(
                "failed",
                "connection",
                phrase("The connection %(connection)s does not work", connection=connection.name),
                phrase("%(reason)s", reason=health.problem or ""),
                hint=health.hint,
                action=phrase("Show the connection"),
                target=target,
            )
        elif health.missing - NEEDED:
            yield Attention(
                "idle",
                "permissions",
                phrase("The key of %(connection)s lacks permissions", connection=connection.name),
                phrase(
                    "Without %(missing)s some things are not shown.",
                    missing=", ".join(sorted(health.missing)),
                ),
                hint="Add them to the key in Immich under Account Settings > API Keys.",
                action=phrase("Show the connection"),
                target=target,
            )


def _disks(found: Findings) -> Iterable[Attention]:
    stopped = {
        one.mirror.id
        for one in found.summaries
        if one.state.situation is Situation.FAILED and one.state.code == "disk_full"
    }
    for disk in found.disks:
        target = Target("mirror", disk.mirror_ids[0]) if disk.mirror_ids else None
        if disk.problem is not None:
            yield Attention(
                "failed",
                "disk",
                phrase("The disk of %(path)s does not work", path=disk.path),
                phrase("%(reason)s", reason=disk.problem),
                hint="Check that it is plugged in or mounted, and that the network is there.",
                action=phrase("Show the mirror"),
                target=target,
            )
        elif disk.nearly_full and not stopped & set(disk.mirror_ids):
            full = disk.free is not None and disk.free < disk.min_free
            yield Attention(
                "failed" if full else "waiting",
                "disk_full",
                phrase("The disk of %(path)s is nearly full", path=disk.path),
                phrase(
                    "Free: %(free)s of %(total)s. Every file that is there already is whole.",
                    free=Bytes(disk.free or 0),
                    total=Bytes(disk.total or 0),
                ),
                hint="Make room there, or move a mirror to a larger disk.",
                action=phrase("Show the mirror"),
                target=target,
            )


def _held(found: Findings) -> Iterable[Attention]:
    for one in found.summaries:
        for held in found.held.get(one.mirror.id, ()):
            if held.why == "not_granted":
                continue
            yield Attention(
                "waiting",
                "removals_held",
                phrase("Removals of %(mirror)s are held", mirror=one.mirror.album_name),
                phrase("Nothing has been removed: %(reason)s.", reason=held.reason.rstrip(".")),
                action=phrase("Look at them"),
                target=Target("mirror", one.mirror.id),
            )


def _not_granted(found: Findings) -> Iterable[Attention]:
    wanting: dict[str, list[str]] = defaultdict(list)
    for one in found.summaries:
        if one.icon == "cloud" and _removes(one):
            wanting[one.mirror.place].append(one.mirror.album_name)
    for account in found.accounts:
        names = wanting.get(account.id)
        if names and account.state is AccountState.CONNECTED and EDIT not in account.scopes:
            yield Attention(
                "waiting",
                "not_granted",
                phrase("%(account)s may not remove", account=account.name),
                phrase(
                    "The permission to change what Pentaprism added was not granted. New files go "
                    "up, removals are skipped: %(mirrors)s.",
                    mirrors=", ".join(sorted(names)),
                ),
                action=phrase("Grant it"),
                target=Target("account", account.id),
            )


def _gateway(found: Findings) -> Iterable[Attention]:
    if found.dead_port is not None:
        yield Attention(
            "failed",
            "gateway",
            phrase("The gateway ends again and again"),
            phrase(
                "Apps that use Immich at port %(port)s get no answer. It ended several times in a "
                "row, and is tried again every half minute.",
                port=str(found.dead_port),
            ),
            hint="The log tells why it ends.",
            action=phrase("Show the gateway"),
            target=Target("system", "gateway"),
        )


def _removes(one: MirrorSummary) -> bool:
    return bool(one.mirror.options.get("removals", "keep") != "keep")
