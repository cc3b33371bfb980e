"""What tests of duplicates put into the store: fingerprints and pairs of files that are there."""

from __future__ import annotations

from collections.abc import Iterable

from library_samples import Library

from pentaprism.fingerprints.fingerprint import Fingerprint
from pentaprism.fingerprints.labels import Label
from pentaprism.store.duplicate_records import DuplicatePair
from pentaprism.store.fingerprint_records import MadeFingerprint


async def fingerprint(library: Library, rows: Iterable[int]) -> None:
    """Note that files were looked at; each looks different."""
    made = []
    for file in await library.store.fingerprints.next_unfingerprinted(
        ["root-photos", "root-theirs", *await connections(library)], limit=10_000
    ):
        if file.row in rows:
            phash = (file.row * 0x9E3779B97F4A7C15) % 2**64
            made.append(
                MadeFingerprint(file.row, file.size, file.mtime_ns, Fingerprint(phash, content=9.0))
            )
    await library.store.fingerprints.record(made)


async def connections(library: Library) -> list[str]:
    return [one.id for one in await library.store.connections.list()]


async def alike(
    library: Library, *pairs: tuple[int, int], label: Label = Label.RECOMPRESSED, bits: int = 2
) -> None:
    rows = {row for pair in pairs for row in pair}
    await fingerprint(library, rows)
    await library.store.duplicates.record(
        rows,
        [DuplicatePair(min(pair), max(pair), bits, 0.95, label) for pair in pairs],
    )
