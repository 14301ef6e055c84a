"""The invariants of a domain, checked at every change by the simulator's own truth and by no tested code.

Two masters are two hosts that are switched on, whose ENV says master and whose daemons run, reachable or not. An
update is lost when a host loses it and no host that the runner can reach holds it; updates are compared by identity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.state import SimulatedState
from boks_exporter.simulator.domain.updates import HeldUpdates, Span, size, without

_LOSSES: Final = ("remove ", "move aside ")


class Invariant(StrEnum):
    """Both invariants, and the weaker form of the second: what was moved aside can be brought back."""

    TWO_MASTERS = "two_masters"
    LAST_COPY_REMOVED = "last_copy_removed"
    LAST_COPY_MOVED_ASIDE = "last_copy_moved_aside"


@dataclass(frozen=True, slots=True)
class Breach:
    """An instant at which an invariant did not hold; `updates` counts the lost ones."""

    invariant: Invariant
    at: Seconds
    event: str
    hosts: tuple[HostName, ...]
    updates: int = 0


class Observer:
    """Checks the invariants of a domain at every change."""

    def __init__(self, domain: SimulatedState) -> None:
        self.domain = domain
        self.breaches: list[Breach] = []
        self.checks = 0
        self._held: dict[HostName, HeldUpdates] = {}
        self._store()
        domain.observers.append(self._check)

    def __repr__(self) -> str:
        return f"<Observer {self.checks} checks, {len(self.breaches)} breaches>"

    def _check(self, event: str) -> None:
        self.checks += 1
        masters = running_masters(self.domain)
        if len(masters) > 1:
            self._record(Invariant.TWO_MASTERS, event, masters)
        if event.startswith(_LOSSES):
            host = self.domain.hosts[event.rpartition(" ")[2]]
            lost = self._lost(host, self._held.get(host.name, {}))
            if lost:
                is_aside = not _left(lost, *(copy.held(self.domain.now) for copy in host.aside.values()))
                kind = Invariant.LAST_COPY_MOVED_ASIDE if is_aside else Invariant.LAST_COPY_REMOVED
                self._record(kind, event, (host.name,), sum(size(updates) for updates in lost.values()))
        self._store()

    def _store(self) -> None:
        self._held = {host.name: host.copy.held(self.domain.now) for host in self.domain.hosts.values()}

    def _lost(self, host: SimulatedHost, before: HeldUpdates) -> HeldUpdates:
        """Return the updates that a host held before and that no reachable host holds now."""
        holders = [other for other in self.domain.hosts.values() if other is host or is_reachable(self.domain, other)]
        return _left(before, *(holder.copy.held(self.domain.now) for holder in holders))

    def _record(self, invariant: Invariant, event: str, hosts: tuple[HostName, ...], updates: int = 0) -> None:
        self.breaches.append(Breach(invariant, self.domain.now, event, hosts, updates))


def running_masters(domain: SimulatedState) -> tuple[HostName, ...]:
    """Return the hosts that write now."""
    return tuple(
        host.name for host in domain.hosts.values() if host.is_working_master and Fault.MASTER_DEAD not in host.faults
    )


def is_reachable(domain: SimulatedState, host: SimulatedHost) -> bool:
    """Return whether the runner reaches a host by SSH."""
    return domain.connectivity(host.name) is Connectivity.OK


def _left(updates: HeldUpdates, *holders: HeldUpdates) -> HeldUpdates:
    """Return the updates that none of the holders has."""
    left = {table: without(spans, _of(table, holders)) for table, spans in updates.items()}
    return {table: spans for table, spans in left.items() if spans}


def _of(table: int, holders: Iterable[HeldUpdates]) -> Iterable[Span]:
    return (span for holder in holders for span in holder.get(table, ()))
