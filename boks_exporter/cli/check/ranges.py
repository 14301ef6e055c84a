"""Threshold ranges of monitoring plugins: `[@][start:][end]`."""

import math
import re
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?"
_RANGE: Final = re.compile(rf"(?P<inside>@)?(?:(?P<start>~|{_NUMBER}):)?(?P<end>{_NUMBER})?")


@dataclass(frozen=True, slots=True)
class Range:
    """A range of acceptable values; `text` is as written and repeated in performance data."""

    text: str
    start: float
    end: float
    alerts_inside: bool = False

    def alerts(self, value: float) -> bool:
        """Return whether a value violates the range; both ends are inside."""
        return (self.start <= value <= self.end) is self.alerts_inside


def read_range(text: str) -> Range:
    """Parse a range; raises ValueError."""
    match = _RANGE.fullmatch(text)
    if match is None or (match["start"] is None and match["end"] is None):
        raise ValueError(f"expected a range [@][start:][end] such as 10, 10:, ~:10, 10:20 or @10:20, found {text!r}")
    start = -math.inf if match["start"] == "~" else float(match["start"] or 0)
    end = math.inf if match["end"] is None else float(match["end"])
    if start > end:
        raise ValueError(f"expected a range whose start is not above its end, found {text!r}")
    return Range(text, start, end, alerts_inside=bool(match["inside"]))
