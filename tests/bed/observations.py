"""What was seen of the exporter, what was done to the hosts, and what was true of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from boks_exporter.model import HostName, Seconds
from tests.bed.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one page says of one host; None where it says nothing."""

    up: float | None = None
    succeeded: float | None = None
    role: str | None = None
    state: str | None = None
    numbers: float | None = None
    lag: float | None = None
    ahead: float | None = None
    clock_offset: float | None = None
    failures: Mapping[str, float] = field(default_factory=dict)
    evidence: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One page and one health check; a status of 0 is no answer."""

    at: Seconds
    status: int
    seconds: Seconds
    healthy: int
    healthy_seconds: Seconds
    hosts: Mapping[HostName, Seen]
    domain: Mapping[str, float]
    error: str = ""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        hosts = {name: Seen(**seen) for name, seen in stored.pop("hosts").items()}
        return cls(hosts=hosts, **stored)


@dataclass(slots=True)
class Occurrence:
    """One fault: it is being set from `began` on, set from `applied` to `ending`, and gone at `ended`."""

    name: str
    kind: Kind
    target: HostName
    hosts: tuple[HostName, ...]
    began: Seconds
    applied: Seconds
    ending: Seconds = 0.0
    ended: Seconds = 0.0
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The sums of the hosts' sequence numbers at an instant; they never fall."""

    at: Seconds
    sums: Mapping[HostName, int]


class NumberHistory:
    """The true numbers over time."""

    def __init__(self, numbers: Sequence[Numbers]) -> None:
        self._numbers = numbers
        self._times = [each.at for each in numbers]

    def least(self, host: HostName, at: Seconds) -> int:
        """Return a number that the host had reached by then."""
        return self._numbers[max(0, bisect_right(self._times, at) - 1)].sums[host]

    def most(self, host: HostName, at: Seconds) -> int:
        """Return a number that the host had not passed by then."""
        return self._numbers[min(len(self._numbers) - 1, bisect_left(self._times, at))].sums[host]
