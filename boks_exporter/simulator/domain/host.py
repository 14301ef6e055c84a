"""One simulated server: its role, its daemons, its data and its faults."""

from collections.abc import Mapping
from typing import Any

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Connectivity, Fault
from boks_exporter.simulator.domain.layout import Boksinit, HostPlan
from boks_exporter.simulator.domain.replica_data import Copy
from boks_exporter.simulator.domain.replica_link import Link

_CONNECTIVITY = (
    (Fault.MASTER_DEAD, Connectivity.UNREACHABLE),
    (Fault.UNREACHABLE, Connectivity.UNREACHABLE),
    (Fault.REFUSED, Connectivity.REFUSED),
    (Fault.WRONG_HOST_KEY, Connectivity.WRONG_HOST_KEY),
    (Fault.WRONG_LOGIN, Connectivity.WRONG_LOGIN),
)


class SimulatedHost:
    """A host; the domain changes it, everybody else only looks."""

    def __init__(self, plan: HostPlan, copy: Copy) -> None:
        """Start as planned."""
        self.plan = plan
        self.name: HostName = plan.name
        self.role = plan.role
        self.copy = copy
        self.aside: dict[str, Copy] = {}
        self.daemons_running = True
        self.faults: dict[Fault, Mapping[str, Any]] = {}
        self.is_registered = plan.role is Boksinit.SERVER
        self.errlog: list[tuple[Seconds, str]] = []
        self.shm_size_kilobytes = plan.shm_size_kilobytes
        self.env_lacks: set[str] = set()
        """Keys that its ENV does not have."""
        self.bridge: str | None = None
        """Its own BRIDGE_ACCEPT_MASTER_IPS, where it has not the domain's."""
        self.method_conf: bytes | None = None
        """Its own method.conf, where it has not everybody's; empty where it has none."""
        self.is_deaf = False
        """Its daemons run and take nothing from a master, until they are started again."""
        self.source: HostName | None = None
        self.must_load = False
        self.master_since: Seconds = 0.0
        self.links: dict[HostName, Link] = {}

    def __repr__(self) -> str:
        """Tell role and faults."""
        faults = ",".join(self.faults) or "sound"
        return f"<SimulatedHost {self.name} {self.role} {faults}>"

    @property
    def site(self) -> str:
        """Tell where it stands."""
        return self.plan.site

    @property
    def section(self) -> str:
        """Tell its section of the network."""
        return self.plan.section

    @property
    def address(self) -> str:
        """Tell its address."""
        return self.plan.address

    @property
    def is_cut_off(self) -> bool:
        """Tell whether other BoKS hosts cannot reach it."""
        return bool(self.faults.get(Fault.UNREACHABLE, {}).get("cut_off"))

    @property
    def can_be_fed(self) -> bool:
        """Tell whether it takes a master's updates."""
        return self.role is Boksinit.SERVER and self.daemons_running and not self.is_cut_off and not self.is_deaf

    @property
    def is_working_master(self) -> bool:
        """Tell whether it writes."""
        return self.role is Boksinit.MASTER and self.daemons_running

    @property
    def is_listed(self) -> bool:
        """Tell whether the database knows it as a replica."""
        return Fault.UNLISTED not in self.faults

    @property
    def connectivity(self) -> Connectivity:
        """Tell what somebody who connects meets."""
        return next((meets for fault, meets in _CONNECTIVITY if fault in self.faults), Connectivity.OK)

    @property
    def delay_seconds(self) -> Seconds:
        """Tell how long an update takes to here."""
        slow = self.faults.get(Fault.SLOW)
        return self.plan.delay_seconds if slow is None else float(slow.get("delay_seconds", 600.0))

    def log(self, now: Seconds, text: str) -> None:
        """Write a line to the error log, of which the last two hundred are kept."""
        self.errlog.append((now, text))
        del self.errlog[:-200]
