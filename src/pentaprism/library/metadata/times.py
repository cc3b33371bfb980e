"""Times as cameras and programs write them: EXIF, XMP and QuickTime, read tolerantly."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pentaprism.groups.files import Precision
from pentaprism.library.reading import Reading

_FIRST_PHOTOGRAPH = 1826
_MICROSECOND_DIGITS = 6
_TRUSTED_ZEROS = 3  # "00" is what cameras write that do not count hundredths; "000" is counted

_TIME = re.compile(
    r"\s*([0-9]{4})[:\-/. ]([0-9]{1,2})[:\-/. ]([0-9]{1,2})"
    r"(?:[T\s]\s*([0-9]{1,2})[:.\- ]([0-9]{1,2})(?:[:.\- ]([0-9]{1,2})(?:[.,]([0-9]+))?)?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?[^0-9]*"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of capture: wall-clock time, or UTC where ``in_utc`` is set."""

    taken_at: datetime
    precision: Precision
    in_utc: bool = False


def moment(text: str, subsecond: str = "") -> Moment | None:
    """Return the time that ``text`` says, or None where it says none that can be true.

    ``subsecond`` is EXIF's SubSecTime: the decimals of the second. A zone is dropped, because the
    clock on the wall is what is wanted, except Z: whoever writes it knows of UTC only. Months and
    years alone are no time.
    """
    found = _TIME.fullmatch(text.partition("\0")[0])
    if found is None:
        return None
    year, month, day, hour, minute, second, decimals, zone = found.groups()
    decimals = decimals or subsecond.partition("\0")[0].strip()
    if not (decimals.isascii() and decimals.isdigit()):
        decimals = ""
    try:
        taken_at = datetime(  # noqa: DTZ001 (naive: wall-clock time)
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int(f"{decimals:0<6}"[:_MICROSECOND_DIGITS]) if second else 0,
        )
    except ValueError:
        return None
    if not _FIRST_PHOTOGRAPH <= taken_at.year <= datetime.now(UTC).year + 1:
        return None
    return Moment(taken_at, _precision(hour, second, decimals), in_utc=zone == "Z")


def dated(reading: Reading, taken: Moment | None) -> Reading:
    """Return ``reading`` with the time of capture, if there is one."""
    if taken is None:
        return reading
    return replace(reading, taken_at=taken.taken_at, precision=taken.precision, in_utc=taken.in_utc)


def _precision(hour: str | None, second: str | None, decimals: str) -> Precision:
    if hour is None:
        return Precision.DAY
    if second is None:
        return Precision.MINUTE
    if decimals.strip("0") or len(decimals) >= _TRUSTED_ZEROS:
        return Precision.SUBSECOND
    return Precision.SECOND
