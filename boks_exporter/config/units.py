"""Durations and sizes as people write them."""

import re
from typing import Final

_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
_SECONDS: Final = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_SIZE: Final = re.compile(r"(\d+)(B|KiB|MiB|GiB)")
_BYTES: Final = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def duration(value: object) -> float:
    """Read a duration such as `30s`, `5m`, `1h30m` or `1d` as seconds; a bare number has no unit and is refused."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        message = f"expected a duration such as 30s, 5m or 1h30m, found {value!r}"
        raise ValueError(message)
    return sum(float(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)


def size(value: object) -> int:
    """Read a size such as `4MiB` as bytes."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"expected a size such as 512KiB or 4MiB, found {value!r}"
        raise ValueError(message)
    return int(match[1]) * _BYTES[match[2]]
