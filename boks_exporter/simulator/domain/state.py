"""The state of a simulated domain: its hosts, its network, its time and what is scheduled."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit, Layout
from boks_exporter.simulator.domain.network import SSH_PORT, Network, PortReach
from boks_exporter.simulator.domain.scheduler import Scheduler


class SimulatedState:
    """Hosts, time, seeded randomness and the observers of changes."""

    def __init__(self, layout: Layout, seed: int, hosts: Mapping[HostName, SimulatedHost]) -> None:
        self.layout = layout
        self.seed = seed
        self.now: Seconds = 0.0
        self.epoch = layout.epoch
        self.random = Random(f"{seed}/domain")
        self.bridge_addresses = ",".join(plan.address for plan in layout.hosts)
        self.agenda = Scheduler()
        self.network = Network()
        self.observers: list[Callable[[str], None]] = []
        self.hosts: Mapping[HostName, SimulatedHost] = MappingProxyType(dict(hosts))

    def notify(self, event: str) -> None:
        """Call the observers: before and after a removal, and after every other change."""
        for observer in self.observers:
            observer(event)

    def connectivity(self, host: HostName) -> Connectivity:
        """Return what the runner meets at a host by SSH."""
        simulated = self.hosts[host]
        changed = None if Fault.MASTER_DEAD in simulated.faults else self.network.ssh(host)
        return changed or simulated.connectivity

    def reach(self, source: HostName, target: HostName, port: int) -> PortReach:
        """Return what one host meets at a port of another."""
        there = self.hosts[target]
        if Fault.MASTER_DEAD in there.faults or there.is_cut_off or self.hosts[source].is_cut_off:
            return PortReach.TIMEOUT
        if (changed := self.network.between(source, target, port)) is not None:
            return changed
        is_open = Fault.REFUSED not in there.faults if port == SSH_PORT else there.is_working_master
        return PortReach.REACHABLE if is_open else PortReach.REFUSED

    def carries_updates(self, master: SimulatedHost, replica: SimulatedHost) -> bool:
        """Return whether a master's updates arrive at a replica."""
        changed = self.network.between(master.name, replica.name)
        return changed is None and not master.is_cut_off and not replica.is_cut_off

    def clock(self, host: HostName) -> Timestamp:
        """Return the Unix time that a host's own clock shows."""
        return self.epoch + self.now + self.hosts[host].clock_skew_seconds

    def masters(self) -> tuple[HostName, ...]:
        """Name the hosts that are switched on and whose ENV says master."""
        return tuple(
            host.name
            for host in self.hosts.values()
            if host.role is Boksinit.MASTER and Fault.MASTER_DEAD not in host.faults
        )
