"""Durations and sizes as they are written in the configuration and on the command line."""

import re
from typing import Final

DURATION_PATTERN: Final = r"([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}(?:\.[0-9]{1,9})?s)?([0-9]{1,9}ms)?"
SIZE_PATTERN: Final = r"([0-9]{1,9})(B|KiB|MiB|GiB)"

_DURATION: Final = re.compile(DURATION_PATTERN)
_UNITS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_LONGEST_DAYS: Final = 365
_SIZE: Final = re.compile(SIZE_PATTERN)
_BYTES: Final = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def duration(value: object) -> float:
    """Parse a duration such as `30s`, `5m`, `1h30m` or `1d` to seconds; a bare number is refused."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(f"expected a duration such as 30s, 5m or 1h30m, found {shown(value)}")
    parts = zip(match.groups(), _UNITS.items(), strict=True)
    seconds = sum(float(part.removesuffix(unit)) * length for part, (unit, length) in parts if part)
    if seconds > _LONGEST_DAYS * _UNITS["d"]:
        raise ValueError(f"expected a duration of at most {_LONGEST_DAYS}d, found {shown(value)}")
    return seconds


def size(value: object) -> int:
    """Parse a size such as `4MiB` to bytes."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a size such as 512KiB or 4MiB, found {shown(value)}")
    return int(match[1]) * _BYTES[match[2]]


def as_duration(seconds: float) -> str:
    """Format seconds as in the configuration, largest unit first, without zero parts."""
    milliseconds = round(seconds * 1000)
    text = ""
    for unit, length in _UNITS.items():
        count, milliseconds = divmod(milliseconds, round(length * 1000))
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def as_size(count: int) -> str:
    """Format bytes as in the configuration, in the largest unit that divides them."""
    unit, length = next((unit, length) for unit, length in reversed(_BYTES.items()) if count % length == 0)
    return f"{count // length}{unit}"


_SHOWN_AT_MOST: Final = 60


def shown(value: object) -> str:
    """Format a value for a message, shortened; the contents of mappings and lists are never shown."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str() if len(value) > _SHOWN_AT_MOST:
            return f"{value[:_SHOWN_AT_MOST]!r}…"
    return repr(value)
