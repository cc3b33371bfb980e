"""Fingerprints as rows of their table, and back."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from pentaprism.fingerprints.fingerprint import Fingerprint, Origin
from pentaprism.fingerprints.hamming import bands, signed, unsigned
from pentaprism.store.duplicate_tables import fingerprints
from pentaprism.store.fingerprint_records import MadeFingerprint

_NAMES = (
    "phash", "turned", "content", "width", "height", "duration_ms", "frames", "origin", "problem",
)  # fmt: skip
COLUMNS = tuple(fingerprints.c[name] for name in _NAMES)
"""The columns that `to_fingerprint` takes, in its order."""

_NUMBER = 8


def to_row(made: MadeFingerprint) -> dict[str, Any]:
    """Return the values of a row; one that has nothing to be searched by counts as searched."""
    one = made.fingerprint
    row: dict[str, Any] = {name: getattr(one, name) for name in _NAMES}
    told = one.phash is not None and not one.flat
    parts = bands(one.phash) if one.phash is not None and told else (None,) * 4
    row |= {f"band_{number}": part for number, part in enumerate(parts)}
    row["phash"] = None if one.phash is None else signed(one.phash)
    row["turned"] = to_bytes(one.turned)
    row["frames"] = to_bytes(one.frames)
    row |= {"file_row": made.row, "version": made.version, "flat": one.flat}
    row["searched"] = not told and not one.frames
    return row


def to_fingerprint(  # noqa: PLR0917 - the columns of a row
    phash: int | None,
    turned: bytes | None,
    content: float | None,
    width: int | None,
    height: int | None,
    duration_ms: int | None,
    frames: bytes | None,
    origin: Origin,
    problem: str | None,
) -> Fingerprint:
    """Return the fingerprint whose values the columns hold."""
    return Fingerprint(
        phash=None if phash is None else unsigned(phash),
        turned=to_numbers(turned),
        content=content,
        width=width,
        height=height,
        duration_ms=duration_ms,
        frames=to_numbers(frames),
        origin=origin,
        problem=problem,
    )


def to_bytes(numbers: Sequence[int]) -> bytes | None:
    """Return hashes as they are stored; None without any."""
    return struct.pack(f">{len(numbers)}Q", *numbers) if numbers else None


def to_numbers(data: bytes | None) -> tuple[int, ...]:
    """Return what `to_bytes` was given."""
    return struct.unpack(f">{len(data) // _NUMBER}Q", data) if data else ()


def to_unsigned(phash: int | None) -> int:
    """Return a stored hash as a number that is not negative."""
    return unsigned(phash or 0)
