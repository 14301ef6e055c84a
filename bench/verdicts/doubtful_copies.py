"""Copies that once held what the master did not, until their data are removed or replaced."""

from bench.verdicts.identity import excess
from bench.verdicts.reading import Reading
from boks_exporter.model import HostName
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.domain.database import Database


class DoubtfulCopies:
    """The hosts whose data may be right now while nothing proves that they are."""

    def __init__(self) -> None:
        """Start with none."""
        self.hosts: set[HostName] = set()

    def note_reading(self, reading: Reading) -> None:
        """Record what a reading shows of a replica."""
        real = reading.apart
        if real and (real.excess or real.foreign or real.lost or real.above or real.outdated or real.lacking):
            self.hosts.add(reading.host)

    def note_event(self, domain: SimulatedDomain) -> None:
        """Compare every copy with each master by the updates that both hold."""
        databases = [domain.hosts[name].copy.database for name in domain.masters()]
        for host in domain.hosts.values():
            if any(_is_apart(domain, host.name, database) for database in databases if database):
                self.hosts.add(host.name)


def _is_apart(domain: SimulatedDomain, host: HostName, database: Database) -> bool:
    copy = domain.hosts[host].copy
    return copy.database is not None and bool(excess(copy, database, domain.now))
