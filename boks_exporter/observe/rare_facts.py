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


_RARE: Final = tuple(section for section in EVERYTHING.sections if section not in EACH_ROUND.sections)


@dataclass(frozen=True, slots=True)
class RareFacts:
    """The facts of a host's last reply that had the rare sections, without its text, and when they are due again."""

    read_at: Timestamp
    due_at: Timestamp
    facts: Mapping[Section, Any]


@dataclass(slots=True)
class RareSections:
    """What is known of the rare sections of a domain's hosts. With an interval of 0 every round polls them."""

    interval: Seconds = 0.0
    known: dict[HostName, RareFacts] = field(default_factory=dict)
    gate_versions: dict[HostName, str] = field(default_factory=dict)
    """As of each host's last reply; a gate whose version is not known yet is asked for what every gate answers."""

    def request(self, host: HostName, now: Timestamp) -> Request:
        """Return what a round asks a host for: EACH_ROUND, or all; after a failure that is due until it is read."""
        facts = self.known.get(host)
        is_due = not self.interval or facts is None or now >= facts.due_at
        return EVERYTHING.known_to(self.gate_versions.get(host)) if is_due else EACH_ROUND

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

    def kept(self, host: HostName, now: Timestamp) -> Mapping[Section, Any]:
        """Return the last facts of a host's rare sections, unless these are too old."""
        known = self.known.get(host)
        if known is None or (age := now - known.read_at) > _KEPT_INTERVALS * self.interval:
            return {}
        queue: Queue | None = known.facts[Section.QUEUE]
        if queue is None or queue.oldest_age is None:
            return known.facts
        return {**known.facts, Section.QUEUE: replace(queue, oldest_age=queue.oldest_age + age)}
