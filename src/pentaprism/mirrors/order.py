"""Order: where a new shot goes in an album whose items stand in the order of capture.

Pure. `Order` looks at the listing as it is read, and says behind which recorded item each new shot
belongs. `Tail` looks at what is committed, so that shots which belong behind the same item come
one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pentaprism.assets import Role
from pentaprism.destinations.base import END, Position, Presence
from pentaprism.mirrors.plan import Keep, Put, Skip
from pentaprism.store.records import ItemState


class Order:
    """The place of new shots among ``there`` recorded ones.

    ``orphans_until`` is when the last of those was taken that have left the album and are still at
    the destination. As long as anything recorded comes later, a new shot goes behind the one
    before it; after that, to the end. At the end a batch may be sent again in another composition
    without harm, which is why it is told from "behind the last one".
    """

    def __init__(self, there: int, orphans_until: datetime | None) -> None:
        self._ahead = there
        self._orphans_until = orphans_until
        self._before: str | None = None

    def pass_by(
        self, remote_id: str | None, *, orphaned: bool = False, missing: bool = False
    ) -> None:
        """Note that the listing holds, at this point, something recorded.

        What is ``missing`` at the destination is no place for others.
        """
        if not remote_id:
            return
        if not missing:
            self._before = remote_id
        if not orphaned:
            self._ahead -= 1

    def position(self, taken_at: datetime) -> Position:
        """Return where a new shot of ``taken_at`` goes that the listing holds at this point."""
        orphans_ahead = self._orphans_until is not None and taken_at < self._orphans_until
        return Position(self._before, end=self._ahead <= 0 and not orphans_ahead)


class Tail:
    """The last item that was committed at a position, behind which the next one goes."""

    def __init__(self) -> None:
        self._position = END
        self._last: str | None = None

    def place(self, position: Position) -> Position:
        """Return where a shot of ``position`` goes now."""
        if position != self._position or self._last is None:
            return position
        return Position(self._last, end=position.end)

    def put(self, position: Position, remote_id: str) -> None:
        """Note that ``remote_id`` was committed for a shot of ``position``."""
        if position != self._position:
            self._position, self._last = position, None
        self._last = remote_id or self._last


def positions(actions: Sequence[Put | Keep | Skip], order: Order) -> Mapping[str, Position]:
    """Return where each put of a page goes, by its asset, while ``order`` passes the page by."""
    found: dict[str, Position] = {}
    for action in actions:
        match action:
            case Keep(primary=item):
                order.pass_by(item.remote_id, orphaned=item.state is ItemState.ORPHANED)
            case Put(asset, _, recorded):
                old = recorded.get(Role.PRIMARY)
                if old is not None:
                    order.pass_by(
                        old.item.remote_id,
                        orphaned=old.item.state is ItemState.ORPHANED,
                        missing=old.presence is Presence.MISSING,
                    )
                found[asset.id] = order.position(asset.taken_at)
            case Skip():
                pass
    return found
