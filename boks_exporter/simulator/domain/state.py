"""The state of a simulated domain: its hosts, its time and what is scheduled; every rule works on it from above."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit, Layout
from boks_exporter.simulator.domain.scheduler import Agenda


class DomainState:
    """Hosts, time, seeded randomness and the observers of changes."""

    def __init__(self, layout: Layout, seed: int, hosts: Mapping[HostName, SimulatedHost]) -> None:
        self.layout = layout
        self.seed = seed
        self.now: Seconds = 0.0
        self.epoch = layout.epoch
        self.random = Random(f"{seed}/domain")
        self.bridge_addresses = ",".join(plan.address for plan in layout.hosts)
        self.agenda = Agenda()
        self.observers: list[Callable[[str], None]] = []
        self.hosts: Mapping[HostName, SimulatedHost] = MappingProxyType(dict(hosts))

    def notify(self, event: str) -> None:
        """Call the observers: before and after a removal, and after every other change."""
        for observer in self.observers:
            observer(event)

    def connectivity(self, host: HostName) -> Connectivity:
        """Return what an SSH client meets at a host."""
        return self.hosts[host].connectivity

    def masters(self) -> tuple[HostName, ...]:
        """Name the hosts that are switched on and whose ENV says master."""
        return tuple(
            host.name
            for host in self.hosts.values()
            if host.role is Boksinit.MASTER and Fault.MASTER_DEAD not in host.faults
        )
