"""One simulated server: its role, its daemons, its data and its faults."""

from collections.abc import Mapping
from typing import Any, Final

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

TOTAL_KILOBYTES: Final = 20_511_312
_FREE_KILOBYTES: Final = 12_043_276


class SimulatedHost:
    """A host; only the domain changes it."""

    def __init__(self, plan: HostPlan, copy: Copy) -> None:
        self.plan = plan
        self.name: HostName = plan.name
        self.role = plan.role
        self.edited_role: Boksinit | None = None
        """The role that its ENV has since it was edited by hand, which BoKS takes up when it starts."""
        self.copy = copy
        self.aside: dict[str, Copy] = {}
        self.daemons_running = True
        self.faults: dict[Fault, Mapping[str, Any]] = {}
        self.is_registered = plan.role is Boksinit.SERVER
        self.errlog: list[tuple[Seconds, str]] = []
        self.shm_size_kilobytes = plan.shm_size_kilobytes
        self.env_written_at: Seconds = -1.0
        """When its ENV was last written; before the beginning unless a command did."""
        self.env_lacks: set[str] = set()
        """Keys that its ENV lacks."""
        self.bridge: str | None = None
        """Its own BRIDGE_ACCEPT_MASTER_IPS, where it differs from the domain's."""
        self.method_conf: bytes | None = None
        """Its own method.conf, where it differs from the others'; empty where it has none."""
        self.clock_skew_seconds: Seconds = 0.0
        self.is_deaf = False
        """Its daemons run and accept nothing from a master until they are restarted."""
        self.lost_processes: frozenset[str] = frozenset()
        """Processes that have ended while others run, until BoKS is restarted; without servm.r no update arrives."""
        self.free_kilobytes = _FREE_KILOBYTES
        self.source: HostName | None = None
        self.must_load = False
        self.master_since: Seconds = 0.0
        self.links: dict[HostName, Link] = {}

    def __repr__(self) -> str:
        faults = ",".join(self.faults) or "healthy"
        return f"<SimulatedHost {self.name} {self.role} {faults}>"

    @property
    def env_role(self) -> Boksinit:
        """The role that its ENV has, whatever it runs as."""
        return self.edited_role or self.role

    @property
    def site(self) -> str:
        return self.plan.site

    @property
    def section(self) -> str:
        return self.plan.section

    @property
    def address(self) -> str:
        return self.plan.address

    @property
    def is_cut_off(self) -> bool:
        """Whether other BoKS hosts cannot reach it."""
        return bool(self.faults.get(Fault.UNREACHABLE, {}).get("cut_off"))

    @property
    def can_be_fed(self) -> bool:
        """Whether it accepts a master's updates."""
        listens = self.daemons_running and "servm.r" not in self.lost_processes and not self.is_deaf
        return self.role is Boksinit.SERVER and listens and not self.is_cut_off

    @property
    def is_working_master(self) -> bool:
        return self.role is Boksinit.MASTER and self.daemons_running

    @property
    def is_listed(self) -> bool:
        """Whether the database has it as a replica."""
        return Fault.UNLISTED not in self.faults

    @property
    def connectivity(self) -> Connectivity:
        """What an SSH client meets."""
        return next((meets for fault, meets in _CONNECTIVITY if fault in self.faults), Connectivity.OK)

    @property
    def delay_seconds(self) -> Seconds:
        """How long an update takes from the master to this host."""
        slow = self.faults.get(Fault.SLOW)
        return self.plan.delay_seconds if slow is None else float(slow.get("delay_seconds", 600.0))

    def log(self, now: Seconds, text: str) -> None:
        """Append a line to the error log, which keeps the last 200."""
        self.errlog.append((now, text))
        del self.errlog[:-200]
