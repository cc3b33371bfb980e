"""Groups of duplicates in the index: what is alike, which shot to keep, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from pentaprism.duplicates.keeper import (
    RULES,
    KeeperFile,
    KeeperRules,
    KeeperShot,
    choose,
    stored,
)
from pentaprism.duplicates.linkage import Cluster
from pentaprism.duplicates.nodes import SEEN_KINDS, Node, Nodes
from pentaprism.duplicates.options import Reach
from pentaprism.duplicates.shots import covered
from pentaprism.fingerprints.hamming import unsigned
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import GroupType
from pentaprism.store import Store
from pentaprism.store.duplicate_components import (
    Component,
    ComponentFile,
    ComponentShot,
    FoundDuplicates,
)
from pentaprism.store.duplicate_records import DuplicateMember

_AT_ONCE = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DuplicateGrouping:
    """Keeps the groups of duplicates in the index as they would be made of all files at once."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        *,
        rules: KeeperRules = RULES,
        reach: Reach = Reach(),  # noqa: B008 - frozen
    ) -> None:
        self._store = store
        self._clock = clock
        self._group = partial(find_duplicates, rules=rules)
        self._reach = reach

    async def regroup(self, tell: Callable[[int], None] | None = None) -> int:
        """Group anew what has changed and return how many files were looked at.

        ``tell`` gets that number after each step. May be broken off: what is left is grouped the
        next time. Nothing is written where nothing has changed.
        """
        done = 0
        if not await self._store.duplicates.pending():
            return done
        while True:
            step = await self._store.duplicates.regroup(
                self._group,
                distance=self._reach.distance,
                symmetries=self._reach.symmetries,
                now=self._clock(),
                limit=_AT_ONCE,
            )
            if step is None:
                return done
            done += step
            if tell is not None:
                tell(done)


def find_duplicates(component: Component, rules: KeeperRules = RULES) -> list[FoundDuplicates]:
    """Return the groups of a component, each file in one of them at most."""
    return list(_Finding(component, rules).groups())


class _Finding:
    def __init__(self, component: Component, rules: KeeperRules) -> None:
        self._component = component
        self._rules = rules
        self._nodes = Nodes(component)
        # Of equal files one is compared for all.
        self._upscaled = {
            self._nodes.contents[pair.upscaled]
            for pair in component.pairs
            if pair.upscaled is not None
        }

    def groups(self) -> Iterator[FoundDuplicates]:
        for cluster, nodes in self._nodes.clusters():
            yield self._group(cluster, nodes)

    def _group(self, cluster: Cluster, nodes: Sequence[Node]) -> FoundDuplicates:
        shots = [shot for node in nodes for shot in node.shots]
        choice = choose([self._keeper_shot(shot) for shot in shots], self._rules)
        keeper = next(node for node in nodes for shot in node.shots if shot.primary == choice.key)
        kept = next(shot for shot in keeper.shots if shot.primary == choice.key)
        losers = [shot for shot in shots if shot is not kept]
        bulk = cluster.label is Label.IDENTICAL and covered(
            (self._digest(row) for shot in losers for row in shot.rows),
            (self._digest(row) for row in kept.rows),
        )
        members = [
            member
            for node in nodes
            for shot in node.shots
            for member in self._members(shot, self._nodes.score(keeper, node))
        ]
        first = self._component.files[kept.primary]
        in_immich = self._component.in_immich.keys()
        return FoundDuplicates(
            owner_id=first.owner_id,
            label=cluster.label,
            score=cluster.score,
            keeper=choice.key,
            reasons=stored(choice.reasons),
            bulk=bulk,
            taken_at=first.taken_at,
            leaves_immich=in_immich.isdisjoint(kept.rows)
            and not all(in_immich.isdisjoint(shot.rows) for shot in losers),
            members=members,
        )

    def _members(self, shot: ComponentShot, score: float) -> Iterator[DuplicateMember]:
        for row in shot.rows:
            file = self._component.files[row]
            yield DuplicateMember(
                group_id="",
                file_row=row,
                shot=shot.primary,
                picture=file.kind in SEEN_KINDS,
                source_id=file.source_id,
                path=file.path,
                size=file.size,
                hash=self._sha256(file),
                phash=None if file.phash is None else f"{unsigned(file.phash):016x}",
                score=score,
            )

    def _keeper_shot(self, shot: ComponentShot) -> KeeperShot:
        return KeeperShot(shot.primary, tuple(self._keeper_file(shot, row) for row in shot.rows))

    def _keeper_file(self, shot: ComponentShot, row: int) -> KeeperFile:
        file = self._component.files[row]
        given = self._component.in_immich.get(row)
        return KeeperFile(
            path=file.path,
            kind=file.kind,
            size=file.size,
            width=file.seen_width or file.width,
            height=file.seen_height or file.height,
            sha256=self._digest(row),
            taken_at=file.taken_at,
            precision=file.precision,
            camera=file.camera,
            written_at=_time(file.mtime_ns),
            source=file.source,
            edited=shot.type is GroupType.EDIT and row == shot.primary,
            upscaled=self._nodes.contents[row] in self._upscaled,
            favourite=given is not None and given.favourite,
            albums=0 if given is None else given.albums,
            in_immich=given is not None,
            in_root=file.root_id is not None,
        )

    def _digest(self, row: int) -> bytes | None:
        """Return what is the same for the same bytes only, where any hash of them is known."""
        content = self._nodes.contents[row]
        return content if isinstance(content, bytes) else None

    def _sha256(self, file: ComponentFile) -> str | None:
        known = file.sha256 or self._nodes.sha256_of.get(file.sha1 or b"")
        return known.hex() if known else None


def _time(mtime_ns: int | None) -> datetime | None:
    if mtime_ns is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return None
