"""Findings that must be seen twice before they count, because a single look can be unlucky."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from boks_exporter.model import HostName, Seconds, Timestamp

FORGET_AFTER_SECONDS: Final[Seconds] = 300.0
"""A finding that could not be judged for so long counts as new when it shows again."""


class Condition(StrEnum):
    """What a host can be found to be, beyond what one look proves."""

    MISSING = "missing"
    STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class Lasting:
    """Since when a condition has been seen without a break, and when last."""

    since: Timestamp
    seen_at: Timestamp


Findings: TypeAlias = Mapping[tuple[HostName, Condition], bool | None]
"""What a round found of each host and condition: True, False, or None where it could not be judged."""


def carried_on(
    lasting: Mapping[tuple[HostName, Condition], Lasting], findings: Findings, now: Timestamp
) -> dict[tuple[HostName, Condition], Lasting]:
    """Carry conditions over to a new round: True goes on or begins, False ends, None (not known) neither.

    A condition that could not be judged for long ends all the same: what was there before an outage says little
    about what is there after it.
    """
    kept = {key: last for key, last in lasting.items() if now - last.seen_at <= FORGET_AFTER_SECONDS}
    for key, found in findings.items():
        if found:
            kept[key] = Lasting(kept[key].since if key in kept else now, now)
        elif found is False:
            kept.pop(key, None)
    return kept
