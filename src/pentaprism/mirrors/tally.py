"""What a run has done so far, for the record and for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.store.records import Counters


@dataclass(slots=True)
class Tally:
    """The growing counts of a run.

    ``expected`` is the album's number of assets, known before they have been listed. ``uploaded``,
    ``skipped`` and ``failed`` count assets of the album in their final state, a live photo once;
    ``bytes`` counts what was downloaded for the finished ones.
    """

    expected: int = 0
    uploaded: int = 0
    skipped: int = 0
    failed: int = 0
    removed: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        """How many assets are in a final state."""
        return self.uploaded + self.skipped + self.failed

    def add(self, more: Tally) -> None:
        """Add the counts of ``more``; ``expected`` stays."""
        self.uploaded += more.uploaded
        self.skipped += more.skipped
        self.failed += more.failed
        self.removed += more.removed
        self.bytes += more.bytes

    def counters(self) -> Counters:
        """Return the counts as a record."""
        return Counters(
            total=self.total,
            uploaded=self.uploaded,
            skipped=self.skipped,
            failed=self.failed,
            removed=self.removed,
            bytes=self.bytes,
        )
