"""Numbers, amounts and times as the pages show them, in the words of one language and time zone.

Between a number and its unit is a no-break space. Amounts are decimal: 1 MB is 1,000,000 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from pentaprism.web.catalogue import gettext as _
from pentaprism.web.catalogue import ngettext, translates

NO_BREAK = "\u00a0"
"""The space that keeps a number and its unit on one line."""

_KILO = 1000
_SHORT = 100
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_MINUTE = 60
_HOUR = 3600
_DAY = 86400
_REMEMBERED = 4096


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Formats:
    """How one person reads numbers and times: a locale, a time zone, and the clock.

    All instants are aware. English is written the British way, with the day before the month.
    """

    locale: Locale = field(default_factory=lambda: Locale("en", "GB"))
    tz: tzinfo = UTC
    clock_now: Callable[[], datetime] = _utc_now

    @property
    def language(self) -> str:
        """Return the language of the texts as HTML names it: ``en`` where there are no others."""
        return self.tag if translates(str(self.locale)) else "en"

    @property
    def tag(self) -> str:
        """Return the locale as browsers name it, such as ``en-GB``."""
        return str(self.locale).replace("_", "-")

    def now(self) -> datetime:
        """Return the present instant in the person's time zone."""
        return self.clock_now().astimezone(self.tz)

    def number(self, value: float) -> str:
        """Return ``value`` with the locale's separators and at most one decimal: 48,212."""
        return _decimal(value, self.locale)

    def amount(self, count: float) -> str:
        """Return ``count`` bytes: 12.4 MB."""
        size, unit = float(count), 0
        # What would be rounded up to 1,000 belongs to the next unit.
        while round(size, 0 if size >= _SHORT else 1) >= _KILO and unit < len(_UNITS) - 1:
            size /= _KILO
            unit += 1
        coarse = size >= _SHORT or _UNITS[unit] in {"B", "kB"}
        shown = _decimal(round(size, 0 if coarse else 1), self.locale)
        return f"{shown}{NO_BREAK}{_UNITS[unit]}"

    def rate(self, per_second: float) -> str:
        """Return bytes a second: 11.4 MB/s."""
        return f"{self.amount(per_second)}/s"

    def percent(self, part: float, whole: float = 1) -> str:
        """Return ``part`` of ``whole``: 62 %. It is 100 % only when nothing is missing."""
        share = 100 * part / whole if whole else 0.0
        shown = math.floor(share)
        if part and not shown:
            return f"<{NO_BREAK}1{NO_BREAK}%"
        return f"{self.number(shown)}{NO_BREAK}%"

    def duration(self, seconds: float | timedelta) -> str:
        """Return how long something takes, in its two largest units: 34 s, 4 min, 10 h 12 min."""
        length = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        whole = max(0, round(length))
        if whole < _MINUTE:
            return f"{whole}{NO_BREAK}s"
        minutes = round(whole / _MINUTE)
        if minutes < _HOUR // _MINUTE:
            return f"{minutes}{NO_BREAK}min"
        if minutes < _DAY // _MINUTE:
            return _pair(minutes // 60, "h", minutes % 60, "min")
        hours = round(whole / _HOUR)
        days = ngettext("day", "days", hours // 24)
        return _pair(hours // 24, days, hours % 24, "h")

    def clock(self, instant: datetime, *, seconds: bool = False) -> str:
        """Return the time of day: 14:02, or 14:02:11."""
        local = instant.astimezone(self.tz)
        return _clock(
            time(local.hour, local.minute, local.second if seconds else 0),
            self.locale,
            seconds=seconds,
        )

    def day(self, instant: datetime, *, weekday: bool = False) -> str:
        """Return the date: 16 November, with the year where it is another, or with the weekday."""
        local = instant.astimezone(self.tz)
        shown = _month_and_day(local.date(), self.locale)
        if weekday:
            shown = f"{format_datetime(local, 'EEEE', locale=self.locale)} {shown}"
        return shown if local.year == self.now().year else f"{shown} {local.year}"

    def stamp(self, instant: datetime) -> str:
        """Return date and time in full: 16 Nov 2026, 14:02:11."""
        return _stamp(instant, self.tz, self.locale)

    def words(self, instant: datetime) -> str:
        """Return when something was or will be.

        That is "2 minutes ago" up to an hour, then the clock, with the day before and after by
        name, then the date.
        """
        now, local = self.now(), instant.astimezone(self.tz)
        away = local - now
        if abs(away.total_seconds()) < _HOUR:
            return self._nearby(away)
        match (local.date() - now.date()).days:
            case 0:
                return self.clock(local)
            case -1:
                return _("yesterday %(clock)s") % {"clock": self.clock(local)}
            case 1:
                return _("tomorrow %(clock)s") % {"clock": self.clock(local)}
            case _:
                return self.day(local)

    def _nearby(self, away: timedelta) -> str:
        seconds = int(away.total_seconds())
        if not seconds:
            return _("now")
        if abs(seconds) >= _MINUTE:  # only whole minutes count: there is no 60th
            seconds = int(seconds / _MINUTE) * _MINUTE
        return format_timedelta(seconds, add_direction=True, threshold=1, locale=self.locale)

    def moment(self, instant: datetime | None, none: str = "") -> Markup | str:
        """Return `words` as a ``<time>`` whose title is the full time; ``none`` for None.

        A module in the page keeps it right as long as it is within the hour.
        """
        if instant is None:
            return none
        machine = instant.astimezone(UTC).isoformat(timespec="seconds")
        # Not Markup.format, which takes longer than all the rest.
        stamp, words = escape(self.stamp(instant)), escape(self.words(instant))
        return Markup(f'<time datetime="{machine}" title="{stamp}" data-ago>{words}</time>')  # noqa: S704 - escaped


# A page has hundreds of numbers and times, and a page that is live has the same ones each second.


@lru_cache(maxsize=_REMEMBERED)
def _decimal(value: float, locale: Locale) -> str:
    return format_decimal(value, "#,##0.#", locale=locale)


@lru_cache(maxsize=_REMEMBERED)
def _clock(local: time, locale: Locale, *, seconds: bool) -> str:
    return format_time(local, "HH:mm:ss" if seconds else "HH:mm", locale=locale)


@lru_cache(maxsize=_REMEMBERED)
def _stamp(instant: datetime, tz: tzinfo, locale: Locale) -> str:
    return format_datetime(instant.astimezone(tz), "medium", locale=locale)


@lru_cache(maxsize=_REMEMBERED)
def _month_and_day(day: date, locale: Locale) -> str:
    return format_skeleton("MMMMd", day, tzinfo=None, locale=locale)


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    shown = f"{large}{NO_BREAK}{large_unit}"
    return f"{shown}{NO_BREAK}{small}{NO_BREAK}{small_unit}" if small else shown
