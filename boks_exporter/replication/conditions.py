"""Findings that last from round to round."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from boks_exporter.model import HostName, Seconds, Timestamp

FORGET_AFTER_SECONDS: Final[Seconds] = 300.0
"""A finding that must be seen twice counts as new when it could not be judged for this long."""


class Condition(StrEnum):
    """What must be seen twice in a replica, because a single round can be unlucky."""

    MISSING = "missing"
    STAMP = "stamp"


Findings: TypeAlias = Mapping[tuple[HostName, Condition], bool | None]
"""What a round found of each host and condition: True, False, or None where it could not be judged."""


def carried_on(
    lasting: Mapping[tuple[HostName, Condition], Timestamp], findings: Findings, now: Timestamp
) -> dict[tuple[HostName, Condition], Timestamp]:
    """Carry conditions over to a new round: True goes on or begins, False ends, None (not known) neither."""
    kept = {key: seen_at for key, seen_at in lasting.items() if now - seen_at <= FORGET_AFTER_SECONDS}
    for key, found in findings.items():
        if found:
            kept[key] = now
        elif found is False:
            kept.pop(key, None)
    return kept
