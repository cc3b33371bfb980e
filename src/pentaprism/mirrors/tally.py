"""What a run has done so far, for the record and for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass

from pentaprism.store.records import Counters


@dataclass(slots=True)
class Tally:
    """The growing counts of a run.

    ``expected`` is the album's number of assets, known before they have been listed. ``uploaded``,
    ``skipped`` and ``failed`` count assets of the album in their final state, a live photo once;
    ``bytes`` counts what was downloaded for the finished ones. ``before`` is how many a run had
    uploaded when it had to wait: they come up once more as skipped, and count as uploaded.
    """

    expected: int = 0
    uploaded: int = 0
    skipped: int = 0
    failed: int = 0
    removed: int = 0
    bytes: int = 0
    before: int = 0

    @property
    def total(self) -> int:
        """How many assets are in a final state."""
        return self.uploaded + self.skipped + self.failed

    def take_up(self, waited: Counters) -> None:
        """Go on counting for a run that has waited."""
        self.before = waited.uploaded
        self.uploaded, self.skipped, self.failed = waited.uploaded, -waited.uploaded, 0
        self.removed, self.bytes = waited.removed, waited.bytes

    def start_over(self) -> None:
        """Count the album anew; what was downloaded stays downloaded."""
        self.uploaded = self.skipped = self.failed = self.before = 0

    def add(self, more: Tally) -> None:
        """Add the counts of ``more``; ``expected`` stays."""
        self.uploaded += more.uploaded
        self.skipped += more.skipped
        self.failed += more.failed
        self.removed += more.removed
        self.bytes += more.bytes

    def counters(self) -> Counters:
        """Return the counts as a record."""
        skipped = max(0, self.skipped)  # below while those of before have not all come up
        return Counters(
            total=self.uploaded + skipped + self.failed,
            uploaded=self.uploaded,
            skipped=skipped,
            failed=self.failed,
            removed=self.removed,
            bytes=self.bytes,
        )
