"""Facts of sections that are expensive on the hosts, which are polled at an interval of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zlib import crc32

from boks_exporter.model import HostName, Observed, Queue, Seconds, Section, Timestamp
from boks_exporter.remote.request import EVERYTHING, Request

EACH_ROUND: Final = Request((Section.ROLE, Section.SEQUENCE, Section.LIST))
_KEPT_INTERVALS: Final = 2
"""A section that was not polled keeps its last facts until so many of its own intervals have passed."""


_RARE: Final = ("memory", "errlog", "queue", "checksums", "processes", "diskspace")


@dataclass(frozen=True, slots=True)
class RareFacts:
    """The facts of a host's last reply that had the rare sections, without its text, and when they are due again."""

    read_at: Timestamp
    due_at: Timestamp
    facts: Mapping[str, Any]


@dataclass(slots=True)
class RareSections:
    """What is known of the rare sections of a domain's hosts. With an interval of 0 every round polls them."""

    interval: Seconds = 0.0
    known: dict[HostName, RareFacts] = field(default_factory=dict)
    gate_versions: dict[HostName, str] = field(default_factory=dict)
    """As of each host's last reply; a gate whose version is not known yet is asked for what every gate answers."""

    def request(self, host: HostName, now: Timestamp) -> Request:
        """Return what a round asks a host for."""
        return EVERYTHING.known_to(self.gate_versions.get(host)) if self.are_due(host, now) else EACH_ROUND

    def are_due(self, host: HostName, now: Timestamp) -> bool:
        """Return whether a host's rare sections must be polled; after a failure they are due until they are read."""
        facts = self.known.get(host)
        return not self.interval or facts is None or now >= facts.due_at

    def record(self, seen: Observed) -> None:
        """Record a reply that had the rare sections.

        The hosts are spread over the interval by their names, so that no round polls the sections of all of them.
        """
        share = 1.0 if seen.host in self.known else 0.5 + crc32(seen.host.encode()) % 1000 / 2000
        facts = {name: getattr(seen, name) for name in _RARE}
        self.known[seen.host] = RareFacts(seen.finished_at, seen.started_at + share * self.interval, facts)

    def follow_clock(self, step: Seconds) -> None:
        """Move all times by a step of the exporter's clock: one set back would keep facts until it has caught up."""
        self.known = {
            host: RareFacts(known.read_at + step, known.due_at + step, known.facts)
            for host, known in self.known.items()
        }

    def filled(self, seen: Observed) -> Observed:
        """Return a reply without the rare sections with their last facts, unless these are too old."""
        known = self.known.get(seen.host)
        if known is None or (age := seen.finished_at - known.read_at) > _KEPT_INTERVALS * self.interval:
            return seen
        return replace(seen, **{**known.facts, "queue": _older(known.facts["queue"], age)})


def _older(queue: Queue | None, age: Seconds) -> Queue | None:
    if queue is None or queue.oldest_age is None:
        return queue
    return replace(queue, oldest_age=queue.oldest_age + age)
