"""The observed state of a domain, host by host, from which a simulated copy begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.simulator.domain.database import Numbers
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.layout import HostPlan
from boks_exporter.simulator.domain.replica_link import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A replica's line in the master's list; ages in seconds, None for never."""

    status: Status
    since_packet: Seconds | None = None
    since_failure: Seconds | None = None
    since_sync: Seconds | None = None
    packets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedHost:
    """One host. `numbers` is None where there is no database.

    `met_as` is the fault that a client meets, `line` the host's line in the master's list, None where it is not listed.
    A host that is `stuck` never gets what it lacks; any other catches up.
    """

    plan: HostPlan
    numbers: Numbers | None = None
    daemons_running: bool = True
    met_as: Fault | None = None
    is_cut_off: bool = False
    is_registered: bool = False
    line: Line | None = None
    stuck: bool = False
    env_lacks: frozenset[str] = frozenset()
    bridge: str | None = None
    method_conf: bytes | None = None
    errlog: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedState:
    """All hosts at one instant, `now` seconds after `epoch`.

    `lead` is the host whose database the replicas are copies of: the master, or the last one. Where there is none, the
    best numbers of all hosts are used. `rates` are updates a second of its tables.
    """

    hosts: tuple[ObservedHost, ...]
    lead: HostName | None
    epoch: float
    now: Seconds
    loading_seconds: Seconds = 60.0
    rates: Mapping[TableNumber, float] = field(default_factory=dict)

    def numbers(self) -> Numbers:
        """Return the lead's numbers, or the best numbers of each table where the lead shows none."""
        best: Numbers = {}
        own: Numbers = {}
        for host in self.hosts:
            for table, mark in (host.numbers or {}).items():
                best[table] = max(best.get(table, mark), mark, key=lambda each: (each[1], each[0]))
            if host.plan.name == self.lead:
                own = host.numbers or {}
        return own or best
