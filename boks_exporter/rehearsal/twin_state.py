"""The initial state of a twin, from one poll of a real domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.failover.proofs.domains import registered_hosts
from boks_exporter.failover.proofs.masters import master_is_out
from boks_exporter.failover.proofs.proven import Certainty, Circumstances
from boks_exporter.health import ReplicaState
from boks_exporter.model import (
    Host,
    HostName,
    Listed,
    ReportedStatus,
    Role,
    Seconds,
    Sequence,
    TableNumber,
    Unreachable,
)
from boks_exporter.parsing.operator_facts import Daemons
from boks_exporter.rehearsal.gate_overrides import failure_detail, gate_overrides
from boks_exporter.rehearsal.write_rates import rates
from boks_exporter.replication import History
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan
from boks_exporter.simulator.domain.files import METHOD_CONF
from boks_exporter.simulator.domain.observed_state import Line, ObservedHost, ObservedState
from boks_exporter.simulator.domain.replica_link import Status

AGE_SECONDS: Final[Seconds] = 7200.0
"""The age of a twin when it begins; what its replicas lack was written before."""

_MEETS_COMMANDS: Final = {FailureReason.TIMEOUT: Fault.HANGING, FailureReason.PARSE: Fault.GARBAGE}
_USUAL_SHM_SIZE: Final = 16000
_BOKSINIT: Final = {Role.MASTER: Boksinit.MASTER, Role.REPLICA: Boksinit.SERVER, Role.CLIENT: Boksinit.CLIENT}
_STATUS: Final = {ReportedStatus.OK: Status.OK, ReportedStatus.LOADING: Status.LOADING}
_MEETS: Final = {
    FailureReason.CONNECT: Fault.REFUSED,
    FailureReason.AUTH: Fault.WRONG_LOGIN,
    FailureReason.HOST_KEY: Fault.WRONG_HOST_KEY,
}


@dataclass(frozen=True, slots=True)
class TwinStart:
    """The initial state of a twin: the hosts, fixed gate answers, and hosts that answer only one of the two transports.

    `locks`, `busy` and `unchanged` are the gates' words; `no_reading` and `no_operator` hold why that transport gets
    no answer.
    """

    standing: ObservedState
    gate_overrides: Mapping[HostName, Mapping[str, str]] = field(default_factory=dict)
    locks: Mapping[HostName, str] = field(default_factory=dict)
    busy: Mapping[HostName, str] = field(default_factory=dict)
    unchanged: Mapping[HostName, str] = field(default_factory=dict)
    no_reading: Mapping[HostName, str] = field(default_factory=dict)
    no_operator: Mapping[HostName, str] = field(default_factory=dict)


def found_in(facts: FailoverFacts, history: History, *, now: Seconds = AGE_SECONDS) -> TwinStart:
    """Convert the facts of a poll; the twin is `now` seconds old at its instant."""
    return _Finding(facts, history, now).found()


class _Finding:
    """Converts the facts of one poll."""

    def __init__(self, facts: FailoverFacts, history: History, now: Seconds) -> None:
        self.facts = facts
        self.snapshot = facts.snapshot
        self.history = history
        self.now = now
        self.lead = self._lead()
        self.reference = self._reference()
        entries = self.snapshot.listing.entries if self.snapshot.listing else ()
        self.listed: dict[HostName, Listed] = {entry.host: entry for entry in entries if entry.host}
        self.methods = self._methods()

    def found(self) -> TwinStart:
        hosts = self.snapshot.hosts
        gates = {host.name: facts for host in hosts if (facts := self.facts.gates.get(host.name))}
        ready = {name: gate.readiness for name, gate in gates.items() if gate.readiness}
        seen = {host.host for host in self.snapshot.observed()}
        return TwinStart(
            standing=ObservedState(
                hosts=tuple(self._host(host) for host in hosts),
                lead=self.lead,
                epoch=self.facts.seen_at - self.now,
                now=self.now,
                rates=dict(rates(self.facts, self.history, self.lead, self.reference)),
            ),
            gate_overrides={host.name: dict(gate_overrides(self.facts, host.name)) for host in hosts},
            locks={name: each.lock for name, each in ready.items() if each.lock},
            busy={name: each.busy for name, each in ready.items() if each.busy},
            unchanged={name: each.unchanged_since for name, each in ready.items() if each.unchanged_since},
            no_reading={name: failure_detail(self.snapshot, name) for name in ready.keys() - seen},
            no_operator={name: gates[name].failure for name in (seen & gates.keys()) - ready.keys()},
        )

    def _lead(self) -> HostName | None:
        """Return the host whose database the others copy: of several masters the one that runs."""
        masters = self.snapshot.masters
        running = [name for name in masters if self.facts.daemons(name) is not Daemons.STOPPED]
        known = [name for name in running or masters if name == self.snapshot.last_known_master]
        return next(iter([*known, *running, *masters]), self.facts.old_master)

    def _reference(self) -> Numbers:
        """Return the lead's numbers; an unreachable lead had at least what any replica has of its generation."""
        lead = self.lead
        if lead is None:
            return {}
        now = self.facts.latest_numbers(lead)
        if now:
            return now
        reading = self.facts.readings.get(lead)
        known = dict(reading.numbers) if reading else {}
        for seen in self.snapshot.observed():
            for table, mark in (self.facts.numbers(seen.host) or {}).items():
                best = known.get(table, mark)
                known[table] = mark if mark[1] == best[1] and mark[0] > best[0] else best
        return known

    # -- one host ------------------------------------------------------------------------------------------------------

    def _host(self, host: Host) -> ObservedHost:
        name, seen = host.name, self.facts.seen(host.name)
        role, line = self._role(name), self._line(name)
        met_as = self._met_as(name)
        environment = seen.environment if seen else None
        lacks = {"BOKSINIT"} if seen and seen.role is Role.UNKNOWN else set()
        if environment and environment.shm_size_kilobytes is None:
            lacks.add("SHM_SIZE")
        if environment and environment.bridge_accept_master_ips is None:
            lacks.add("BRIDGE_ACCEPT_MASTER_IPS")
        return ObservedHost(
            plan=HostPlan(
                name=name,
                role=role,
                site=host.site,
                section=host.section,
                address=host.address,
                shm_size_kilobytes=self._shm_size(name),
            ),
            numbers=self._numbers(name, role),
            daemons_running=self._runs(name, met_as),
            met_as=met_as,
            is_cut_off=met_as is Fault.UNREACHABLE and (line is None or line.status is Status.DOWN),
            is_registered=self._is_registered(name, role),
            line=line,
            stuck=self.facts.health.host(name).state is ReplicaState.DIVERGED,
            env_lacks=frozenset(lacks),
            bridge=environment.bridge_accept_master_ips if environment else None,
            method_conf=self.methods.get(name),
            errlog=seen.errlog.tail if seen and seen.errlog else (),
        )

    def _role(self, name: HostName) -> Boksinit:
        """Return a host's role; for an unreachable one the likely role by its gate, the list and earlier rounds."""
        ready, seen = self.facts.readiness(name), self.facts.seen(name)
        for role in (seen.role if seen else None, ready.role if ready else None):
            if role in _BOKSINIT:
                return _BOKSINIT[role]
        if name == self.facts.old_master:
            return Boksinit.MASTER
        if name in self.listed or name in (registered_hosts(self.facts) or ()):
            return Boksinit.SERVER
        known = _BOKSINIT.get(self.history.roles.get(name, Role.UNKNOWN), Boksinit.CLIENT)
        return Boksinit.CLIENT if known is Boksinit.MASTER else known

    def _met_as(self, name: HostName) -> Fault | None:
        """Return the fault that a client meets; a host that answers one of the transports is reachable."""
        seen = self.facts.seen(name)
        if seen:
            wrong = {fault.reason for fault in seen.essential_faults}
            return next((fault for reason, fault in _MEETS_COMMANDS.items() if reason in wrong), None)
        if self.facts.readiness(name):
            return None
        outcome = self.snapshot.outcome(name)
        fault = _MEETS.get(outcome.reason, Fault.UNREACHABLE) if isinstance(outcome, Unreachable) else Fault.UNREACHABLE
        if name not in {self.facts.old_master, *self.facts.possible_masters}:
            return fault
        out = master_is_out(self.facts, name, Circumstances())
        return fault if out.truth is Certainty.NO else Fault.MASTER_DEAD

    def _runs(self, name: HostName, met_as: Fault | None) -> bool:
        return met_as is not Fault.MASTER_DEAD and self.facts.daemons(name) is not Daemons.STOPPED

    def _line(self, name: HostName) -> Line | None:
        """Return a host's line in the list; an observed replica counts as OK where the list is unknown."""
        entry = self.listed.get(name)
        if entry is not None:
            line = entry.line
            return Line(
                status=_STATUS.get(line.status, Status.DOWN),
                since_packet=line.since_packet,
                since_failure=line.since_failure,
                since_sync=line.since_sync,
                packets=line.packets or 0,
            )
        is_unknown = self.snapshot.listing is None and self._role(name) is Boksinit.SERVER
        return Line(status=Status.OK) if is_unknown and self.facts.seen(name) else None

    def _is_registered(self, name: HostName, role: Boksinit) -> bool:
        known = registered_hosts(self.facts)
        return role is Boksinit.SERVER if known is None else name in known

    def _shm_size(self, name: HostName) -> int:
        """Return its SHM_SIZE; for a host that does not show it, that of the others."""
        shown = [seen.environment.shm_size_kilobytes for seen in self.snapshot.observed() if seen.host == name]
        others = (seen.environment.shm_size_kilobytes for seen in self.snapshot.observed())
        return next((size for size in (*shown, *others) if size is not None), _USUAL_SHM_SIZE)

    def _numbers(self, name: HostName, role: Boksinit) -> dict[TableNumber, tuple[Sequence, Seconds]] | None:
        ready = self.facts.readiness(name)
        if ready and ready.database_present is False:
            return None
        if name == self.lead:
            return _marks(self.reference)
        if role is Boksinit.CLIENT:
            return _marks(self.reference) if ready and ready.database_present else None
        shown = self.facts.numbers(name)
        kept = self.facts.readings.get(name)
        if shown:
            return _marks(self._settled(shown))
        return _marks(kept.numbers if kept else self.reference)

    def _settled(self, shown: Numbers) -> Numbers:
        """Replace numbers between the master's two readings by the later one: they were in transit."""
        first = self.facts.numbers(self.lead) if self.lead else None
        settled = dict(shown)
        for table, mark in shown.items():
            last, before = self.reference.get(table), (first or {}).get(table)
            if last and before and last[1] == before[1] == mark[1] and before[0] <= mark[0] <= last[0]:
                settled[table] = last
        return settled

    def _methods(self) -> dict[HostName, bytes]:
        """Make a method.conf for every host that shows one; they differ where the checksums do."""
        sums: dict[HostName, str | None] = {}
        for seen in self.snapshot.observed():
            if seen.checksums:
                sums[seen.host] = dict(seen.checksums.by_name).get("method.conf")
        kinds = list(dict.fromkeys(each for each in sums.values() if each is not None))
        return {
            host: b"" if each is None else METHOD_CONF + b"# %d\n" % kinds.index(each) for host, each in sums.items()
        }


def _marks(numbers: Numbers | None) -> dict[TableNumber, tuple[Sequence, Seconds]] | None:
    """Add a stamp to every table; a missing one counts as the oldest."""
    return {table: (number, stamp or 0.0) for table, (number, stamp) in numbers.items()} if numbers else None
