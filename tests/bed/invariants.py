"""What must hold of the exporter's page while faults come and go, checked against their schedule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from boks_exporter.model import HostName, Seconds
from tests.bed.kind import Expected
from tests.bed.layout import HOSTS, MASTER
from tests.bed.observations import NumberHistory, Observation, Occurrence, Seen

RIGHT_WITHIN: Final = 3
FRESH_WITHIN: Final = 2
ATTEMPTS: Final = 4
"""Logins within twenty intervals on a host that refuses them."""

_PAGE_SECONDS: Final[Seconds] = 1.0
"""A page is put together at most once a second."""
_UNKNOWN_STATES: Final = (None, "unknown", "unreachable")
_CLOCK_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that did not hold: its name, the host and what was seen."""

    invariant: str
    host: HostName
    at: Seconds
    seen: str


class Invariants:
    """All that was observed in one run, to be judged at its end."""

    def __init__(
        self,
        observations: Sequence[Observation],
        occurrences: Sequence[Occurrence],
        numbers: NumberHistory,
        interval: Seconds,
        probe_every: Seconds,
    ) -> None:
        self._observations = observations
        self._occurrences = occurrences
        self._numbers = numbers
        self._interval = interval
        self._probe_every = probe_every

    def broken(self) -> Iterator[Broken]:
        """Yield whatever did not hold, in the order of time."""
        fresh_at = dict.fromkeys(HOSTS, self._observations[0].at)
        newest: dict[HostName, float | None] = {}
        for observation in self._observations:
            if observation.status != HTTPStatus.OK or observation.healthy == 0:
                if not self._is_excused(observation):
                    answer = f"status {observation.status}, healthy {observation.healthy} {observation.error}"
                    yield Broken("answers", "", observation.at, answer)
                continue
            for host in HOSTS:
                seen = observation.hosts.get(host, Seen())
                if seen.succeeded is not None and seen.succeeded != newest.get(host):
                    newest[host], fresh_at[host] = seen.succeeded, observation.at
                yield from self._of_host(observation, host, seen, observation.at - fresh_at[host])
            if observation.domain.get("boks_domain_masters", 0.0) > 1:
                yield Broken("nothing unknown is shown", "", observation.at, f"{observation.domain}")
        for occurrence in self._occurrences:
            yield from self._of_occurrence(occurrence)

    def _of_host(self, observation: Observation, host: HostName, seen: Seen, age: Seconds) -> Iterator[Broken]:
        at = observation.at
        is_fresh = seen.up == 1.0 and age <= FRESH_WITHIN * self._interval + self._probe_every
        shown = f"up {seen.up}, {age / self._interval:.1f} intervals old, {seen.state}"
        if not is_fresh and not any(self._concerns(each, host, at) for each in self._occurrences):
            yield Broken("fresh where no fault is", host, at, shown)
        for each in self._occurrences:
            if host in each.hosts and each.applied + RIGHT_WITHIN * self._interval <= at < each.ending - _PAGE_SECONDS:
                is_right = {Expected.UP: is_fresh, Expected.DOWN: seen.up == 0.0, Expected.EITHER: True}
                if not is_right[each.kind.expected]:
                    yield Broken("right within three intervals", host, at, f"{each.name}: {shown}")
        for unknown in self._unknown(observation, host, seen, age):
            yield Broken("nothing unknown is shown", host, at, unknown)

    def _unknown(self, observation: Observation, host: HostName, seen: Seen, age: Seconds) -> Iterator[str]:
        """Yield what a page says of a host that cannot be known, or is wrong."""
        if seen.evidence or seen.ahead:
            yield f"evidence {seen.evidence}, {seen.ahead} ahead of the master"
        if seen.role not in {None, "unknown", "master" if host == MASTER else "replica"}:
            yield f"role {seen.role}"
        if seen.up != 1.0:
            shown = (seen.numbers, seen.lag, seen.role == "unknown" or seen.role)
            if seen.numbers is not None or seen.lag is not None or seen.state not in _UNKNOWN_STATES:
                yield f"not up, and numbers, lag, role {shown}, {seen.state}"
        elif seen.numbers is not None:
            least = self._numbers.least(host, self._read_after(observation.at - age))
            most = self._numbers.most(host, observation.at + observation.seconds)
            if not least <= seen.numbers <= most:
                yield f"numbers {seen.numbers}, true ones between {least} and {most}"

    def _read_after(self, seen_at: Seconds) -> Seconds:
        """Return an instant before a reading that was first seen then.

        One that was in progress when the exporter was stopped ends, and counts as new, when it goes on.
        """
        read_at = seen_at - self._probe_every - _PAGE_SECONDS - 2 * self._interval
        stopped = (each for each in self._occurrences if not each.kind.answers)
        paused = [each.began for each in stopped if each.began <= seen_at <= each.ended + self._interval]
        return min([read_at, *(began - 2 * self._interval for began in paused)])

    def _concerns(self, occurrence: Occurrence, host: HostName, at: Seconds) -> bool:
        until = occurrence.ended + occurrence.kind.recovers_within * self._interval + self._probe_every
        return host in occurrence.hosts and occurrence.began <= at <= until

    def _is_excused(self, observation: Observation) -> bool:
        """Return whether the exporter could not answer, or not in time."""
        return any(
            not each.kind.answers
            and each.began <= observation.at + observation.seconds
            and observation.at <= each.ended
            for each in self._occurrences
        )

    def _of_occurrence(self, occurrence: Occurrence) -> Iterator[Broken]:
        """Check what a fault must have caused by its end: reasons, attempts, and a clock that is shown to be wrong."""
        kind = occurrence.kind
        if occurrence.attempts is not None and not 2 <= occurrence.attempts <= ATTEMPTS:
            yield Broken("few logins", occurrence.target, occurrence.ended, f"{occurrence.attempts} attempts")
        until = occurrence.ending
        if kind.blames_no_host:
            until = occurrence.ended + kind.recovers_within * self._interval
        within = [each for each in self._observations if occurrence.began <= each.at < until and each.hosts]
        if not within or kind.expected is Expected.EITHER:
            return
        for host in occurrence.hosts:
            first, last = (within[place].hosts.get(host, Seen()) for place in (0, -1))
            reasons = _grown(first.failures, last.failures)
            if (kind.reasons or kind.blames_no_host) and not reasons <= kind.reasons:
                yield Broken("reasons", host, occurrence.ended, f"{occurrence.name}: {sorted(reasons)}")
            clocks = {each.hosts[host].clock_offset for each in within if host in each.hosts} - {None}
            if kind.clock_offset and not any(
                abs(each - kind.clock_offset) <= _CLOCK_SECONDS for each in clocks if each
            ):
                yield Broken("right within three intervals", host, occurrence.ended, f"clocks {clocks}")

    def slowest(self, share: float = 0.99) -> dict[str, Seconds]:
        """Return the time within which this share of the answers came, where the exporter could answer."""
        answered = [each for each in self._observations if not self._is_excused(each)]
        times = {
            "/metrics": sorted(each.seconds for each in answered),
            "/-/healthy": sorted(each.healthy_seconds for each in answered),
        }
        return {path: each[min(len(each) - 1, int(share * len(each)))] for path, each in times.items()}


def _grown(first: Mapping[str, float], last: Mapping[str, float]) -> set[str]:
    return {reason for reason, count in last.items() if count > first.get(reason, 0.0)}
