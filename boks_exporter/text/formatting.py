"""Amounts, durations and versions as text."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

_NAMED_AT_MOST: Final = 3
STRANGERS_NAMED: Final = 20
"""Names that a master lists and the configuration does not, which may be ten thousand, in one place."""
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def in_words(seconds: float) -> str:
    """Write a duration with its two largest units, such as `2 h 59 min`."""
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def span(seconds: float) -> str:
    """Write a duration like `in_words`, and one of days as `3 days`."""
    days = int(seconds) // _DAY
    return in_words(seconds) if days < 1 else "1 day" if days == 1 else f"{days} days"


def updates(count: int) -> str:
    """Count updates."""
    return "1 update" if count == 1 else f"{count} updates"


def at_time(at: float, now: float) -> str:
    """Write a time in UTC, with its date where it is not today's."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    return f"{then:%H:%M} UTC" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M} UTC"


def short_time(at: float, now: float) -> str:
    """Write a time in UTC for a narrow column: `14:02` of today, `23 Nov` of this year, `2025-11-23` of another."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then.day} {_MONTHS[then.month - 1]}" if then.year == today.year else f"{then:%Y-%m-%d}"


def between(proven: int, possible: int | None) -> str:
    """Write both ends of a bound, such as `0-2`, or one number where they are equal or the other end is unknown."""
    return str(proven) if possible is None or possible <= proven else f"{proven}-{possible}"


def listed(things: Sequence[str], most: int = _NAMED_AT_MOST) -> str:
    """Write the first items and the number of the others."""
    rest = len(things) - most
    return ", ".join(things[:most]) + (f" and {rest} more" if rest > 0 else "")


def utc_clock(timestamp: float) -> str:
    """Format a Unix time as `2026-01-31 12:00:00 UTC`."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"


_VERSION: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}", re.ASCII)


def version_numbers(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version for comparison; None for one that is not numeric."""
    return tuple(map(int, version.split("."))) if _VERSION.fullmatch(version) else None
