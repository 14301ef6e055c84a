"""The invariants of a domain, checked at every change by the simulator's own truth and by no tested code.

Two masters are two hosts that are switched on, whose ENV says master and whose daemons run. A database may be removed,
or moved aside, only while another server that is switched on has every update of it.
"""

from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.state import DomainState


class Invariant(StrEnum):
    """Both invariants, and the weaker form of the second: what was moved aside can be brought back."""

    TWO_MASTERS = "two_masters"
    LAST_COPY_REMOVED = "last_copy_removed"
    LAST_COPY_MOVED_ASIDE = "last_copy_moved_aside"


@dataclass(frozen=True, slots=True)
class Breach:
    """An instant at which an invariant did not hold."""

    invariant: Invariant
    at: Seconds
    event: str
    hosts: tuple[HostName, ...]


class Observer:
    """Checks the invariants of a domain at every change."""

    def __init__(self, domain: DomainState) -> None:
        self.domain = domain
        self.breaches: list[Breach] = []
        self.looks = 0
        domain.observers.append(self._look)

    def __repr__(self) -> str:
        return f"<Observer {self.looks} looks, {len(self.breaches)} breaches>"

    def _look(self, event: str) -> None:
        self.looks += 1
        masters = running_masters(self.domain)
        if len(masters) > 1:
            self._note(Invariant.TWO_MASTERS, event, masters)
        verb, _, name = event.rpartition(" ")
        if verb in {"remove", "move aside"} and not has_equal(self.domain, self.domain.hosts[name]):
            kind = Invariant.LAST_COPY_REMOVED if verb == "remove" else Invariant.LAST_COPY_MOVED_ASIDE
            self._note(kind, event, (name,))

    def _note(self, invariant: Invariant, event: str, hosts: tuple[HostName, ...]) -> None:
        self.breaches.append(Breach(invariant, self.domain.now, event, hosts))


def running_masters(domain: DomainState) -> tuple[HostName, ...]:
    """Name the hosts that write now."""
    return tuple(
        host.name for host in domain.hosts.values() if host.is_working_master and Fault.MASTER_DEAD not in host.faults
    )


def has_equal(domain: DomainState, host: SimulatedHost) -> bool:
    """Return whether another server that is switched on has every update of this host's database."""
    own = host.copy.numbers(domain.now)
    others = (other for other in domain.hosts.values() if other is not host and Fault.MASTER_DEAD not in other.faults)
    for other in others:
        numbers = other.copy.numbers(domain.now)
        if all(table in numbers and numbers[table][0] >= number for table, (number, _) in own.items()):
            return True
    return not own
