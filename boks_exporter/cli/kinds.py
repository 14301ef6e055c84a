"""Kinds of values on the command line."""

import re
from typing import Any, Final

import click

_DURATION: Final = re.compile(
    r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?(?:([0-9]{1,9})ms)?"
)
_SECONDS: Final = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_LONGEST: Final = 365 * 86400.0


class Duration(click.ParamType[float]):
    """A duration such as `30s`; a bare number is in seconds, as monitoring plugins have it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds, as the configuration does; that whole package would take too long to load for this."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(f"{value}s" if str(value).isdecimal() else str(value))
        if match is None or not any(match.groups()):
            self.fail(f"expected a duration such as 30s, 5m or 1h30m, found {value!r}", param, ctx)
        seconds = sum(float(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
        if not 0 < seconds <= _LONGEST:
            self.fail("expected a duration longer than 0s and of at most 365d", param, ctx)
        return seconds


DURATION = Duration()
