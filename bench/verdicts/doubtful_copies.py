"""Copies that once held what the only master did not, until their data are removed or replaced."""

from bench.verdicts.generated_history import Event
from bench.verdicts.ground_truth_recorder import Reading, apart
from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Boksinit, SimulatedDomain


class DoubtfulCopies:
    """The hosts whose numbers may be right again while their contents are not proven to be."""

    def __init__(self) -> None:
        """Start with none."""
        self.hosts: set[HostName] = set()

    def note_reading(self, reading: Reading) -> None:
        """Record what a reading shows of a replica."""
        real = reading.apart
        if real and (real.ahead or real.foreign or real.lost or real.above or real.outdated or real.lacking):
            self.hosts.add(reading.host)

    def note_event(self, domain: SimulatedDomain, event: Event) -> None:
        """Compare every replica with the master after an event, and every master with the one that remains."""
        masters = domain.masters()
        if len(masters) > 1:
            self.hosts |= {*masters}
        if event.what == "convert":
            self.hosts.add(event.host)
        if event.what in {"restore", "convert"}:
            self.hosts |= {*domain.hosts}
        database = domain.hosts[masters[0]].copy.database if len(masters) == 1 else None
        for host in domain.hosts.values() if database else ():
            if host.role is Boksinit.SERVER and database:
                found = apart(host.copy, host.copy.numbers(domain.now), database, domain.now)
                if found.ahead or found.foreign:
                    self.hosts.add(host.name)
