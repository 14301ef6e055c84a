"""Observe a domain through both gates."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from boks_exporter.config import DomainSettings
from boks_exporter.failover.dead_hosts import DEAD_REASONS, DeadHosts, ImpatientTransport
from boks_exporter.failover.earlier_knowledge import EarlierKnowledge, with_earlier
from boks_exporter.failover.facts import FailoverFacts, GateFacts, Reading, Witness
from boks_exporter.failover.gate_client import ReadOnlyGates
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.health import judge_round
from boks_exporter.model import DomainSnapshot, Host, HostName, Reach, Role, Timestamp
from boks_exporter.observe import Clock, Knowledge, configured_names, observe
from boks_exporter.observe.host_matching import Names
from boks_exporter.replication import History, hosts_of, recorded_hosts, renamed
from boks_exporter.transport.base import Transport

_AT_ONCE: Final = 50

_Result = TypeVar("_Result")


@dataclass
class Survey:
    """Observe repeatedly, with what earlier rounds and the exporter have recorded.

    It holds the reading transport and read-only gates: nothing that could change a host.
    """

    domain: DomainSettings
    transport: Transport
    gates: ReadOnlyGates
    clock: Clock
    limits: FailoverLimits = field(default_factory=FailoverLimits)
    history: History = field(default_factory=History)
    last_known_master: HostName | None = None
    readings: dict[HostName, Reading] = field(default_factory=dict)
    knowledge_gap: str = ""
    """Why nothing is known from before, where that is so."""
    earlier: EarlierKnowledge | None = None

    def __post_init__(self) -> None:
        self._reached: dict[tuple[HostName, HostName], Timestamp] = {}
        self._evidence_since = self.history.begun_at
        if self.earlier is not None:
            self._add(self.earlier)
        self._follow_the_configuration()
        self._known = Knowledge(last_known_master=self.last_known_master, discovered=hosts_of(self.history.discovered))
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._stopped: frozenset[HostName] = frozenset()
        self._dead = DeadHosts()
        self._is_next_patient = False
        self.own_names = {host.name: host.own_name for host in self.earlier.hosts} if self.earlier else {}

    def __repr__(self) -> str:
        return f"<Survey of {self.domain.name}>"

    def _add(self, earlier: EarlierKnowledge) -> None:
        is_older = self.history.recorded_at is None or self.history.recorded_at < earlier.written_at
        if earlier.last_known_master is not None and (is_older or self.last_known_master is None):
            self.last_known_master = earlier.last_known_master
        self.history = with_earlier(self.history, earlier)
        # Numbers were final for that process: what was written or started since is in no file.
        self.remember({host: replace(reading, is_final=False) for host, reading in earlier.readings.items()})
        self._reached = {(each.host, each.about): each.at for each in earlier.reached}

    def _follow_the_configuration(self) -> None:
        """Record what is known of a host under the name that the configuration has for it since."""
        known = {*recorded_hosts(self.history), *self.readings}
        if names := configured_names(known, self.domain.hosts, self.history.addresses):
            self.history = renamed(self.history, names)
            readings = [replace(each, host=names.get(each.host, each.host)) for each in self.readings.values()]
            self.readings = {reading.host: reading for reading in readings}
            if self.last_known_master is not None:
                self.last_known_master = names.get(self.last_known_master, self.last_known_master)

    def _known_servers(self, snapshot: DomainSnapshot) -> dict[str, Timestamp]:
        """Return the servers that were named earlier and are no hosts of this round."""
        listed = {name: host.named_at for name, host in self.history.discovered.items()} | dict(self.history.unresolved)
        if self.earlier is not None:
            servers = (host for host in self.earlier.hosts if host.role is not Role.CLIENT)
            listed = {host.name: self.earlier.written_at for host in servers} | dict(self.earlier.named) | listed
        known = Names(snapshot.hosts)
        return {name: at for name, at in listed.items() if known.host(name) is None}

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The configured and discovered hosts."""
        return (*self.domain.hosts, *(self._known.discovered if self.domain.discover else ()))

    def assume_last_master(self, master: HostName | None) -> None:
        """Record the last known master, where no round has seen one since."""
        if self._known.last_known_master is None and master is not None:
            self._known = replace(self._known, last_known_master=master)

    def remember(self, readings: Mapping[HostName, Reading]) -> None:
        """Add readings of an earlier process; a newer one of the same server outweighs it, final or not."""
        for host, reading in readings.items():
            known = self.readings.get(host)
            if known is None or known.read_at <= reading.read_at:
                self.readings[host] = reading

    def be_patient(self) -> None:
        """Wait in the next round for hosts that are known to be dead as for all others."""
        self._is_next_patient = True

    async def aclose(self) -> None:
        """Cancel requests that are still on their way to dead hosts."""
        await self._dead.aclose()

    async def observe(self, journal: JournalView) -> FailoverFacts:
        """Poll every host through both gates; `journal` becomes part of the facts."""
        self._dead.is_patient, self._is_next_patient = self._is_next_patient, False
        reading = ImpatientTransport(self.transport, self._dead)
        snapshot, gates = await _both(
            observe(self.domain, reading, self.clock, self._known, self._at_once), self._gates(self.hosts)
        )
        new = tuple(host for host in snapshot.hosts if host.name not in gates)
        gates |= await self._gates(new)
        facts = self._judged(snapshot, gates, journal)
        witnesses, registered = await _both(self._witnesses(facts), self._registered(snapshot, gates))
        return replace(facts, witnesses=witnesses, registered=registered, seen_at=self.clock.now())

    def _judged(
        self, snapshot: DomainSnapshot, gates: Mapping[HostName, GateFacts], journal: JournalView
    ) -> FailoverFacts:
        judged = judge_round(snapshot, self.history, self.domain.thresholds)
        self.history = judged.history
        self._known = self._known.after(snapshot)
        stopped = frozenset(name for name, gate in gates.items() if gate.is_stopped)
        facts = FailoverFacts(
            snapshot=snapshot,
            comparison=judged.comparison,
            health=judged.health,
            seen_at=self.clock.now(),
            gates=gates,
            readings=dict(self.readings),
            journal=journal,
            evidence=judged.history.evidence,
            common_forms=judged.history.common_forms,
            still=stopped & self._stopped,
            last_roles=judged.history.roles,
            knowledge_gap=self.knowledge_gap,
            evidence_since=self._evidence_since,
            has_fence=self.limits.has_fence,
            reached_before=self._reached,
            seen_forks=tuple(_seen_forks(judged.history)),
            failing_since=judged.history.failing,
            masters_since={host: term.since for host, term in judged.history.terms.items()},
            known_servers=self._known_servers(snapshot),
        )
        self._stopped = stopped
        self._keep_readings(facts)
        self.own_names |= {host.name: own for host in snapshot.hosts if (own := facts.own_name(host.name))}
        return facts

    def _keep_readings(self, facts: FailoverFacts) -> None:
        """Store what each server showed; a client or an unreachable host does not show it again."""
        for seen in facts.snapshot.observed():
            if (reading := facts.reading(seen.host)) is not None:
                self.readings[seen.host] = replace(reading, source="read in an earlier round")

    async def _gates(self, hosts: tuple[Host, ...]) -> dict[HostName, GateFacts]:
        found = await asyncio.gather(*(self._limited(self._gate(host)) for host in hosts))
        return {facts.host: facts for facts in found}

    async def _gate(self, host: Host) -> GateFacts:
        return await self._dead.ask(("gate", host.name), lambda: self.gates.readiness(host), _gate_is_dead)

    async def reach_of(self, facts: FailoverFacts, *others: HostName) -> tuple[Witness, ...]:
        """Ask every replica that answered whether it reaches the master's port of other hosts, whatever their roles."""
        hosts, gates = facts.snapshot.hosts, facts.gates
        replicas = [host for host in hosts if facts.role(host.name) is Role.REPLICA]
        pairs = ((host, other) for other in hosts if other.name in others for host in replicas if host is not other)
        return tuple(await asyncio.gather(*(self._witness(host, other, gates[host.name]) for host, other in pairs)))

    async def _witnesses(self, facts: FailoverFacts) -> tuple[Witness, ...]:
        """Ask about hosts that may be masters: of unknown role, or the last one, whose ENV may not be what runs."""
        last, names = facts.old_master, [host.name for host in facts.snapshot.hosts]
        ran_on = [name for name in names if name == last and not facts.has_role_of_run(name)]
        return await self.reach_of(facts, *ran_on, *(name for name in names if facts.role(name) is Role.UNKNOWN))

    async def _witness(self, host: Host, other: Host, gate: GateFacts) -> Witness:
        """Ask one; a replica whose gate does not answer is a witness without an answer."""
        if gate.readiness is None:
            return Witness(host.name, Reach.UNKNOWN, gate.failure, other.name)
        asked = self._dead.ask(
            ("reach", host.name, other.name),
            lambda: self.gates.reach(host, other, self.limits.master_port),
            lambda witness: witness.reach is Reach.TIMEOUT,
        )
        return await self._limited(asked)

    async def _registered(
        self, snapshot: DomainSnapshot, gates: Mapping[HostName, GateFacts]
    ) -> tuple[str, ...] | None:
        master = snapshot.host(snapshot.master) if snapshot.master else None
        if master is None or gates[master.name].readiness is None:
            return None
        return await self._limited(self.gates.registered(master))

    async def _limited(self, asking: Coroutine[Any, Any, _Result]) -> _Result:
        async with self._at_once:
            return await asking


def _seen_forks(history: History) -> Iterator[ForkPoint]:
    """Yield the changes of master that were seen from a round in which the new master was a replica."""
    for host, term in history.terms.items():
        if term.replaced is not None and term.forked is not None:
            yield ForkPoint("", term.replaced, host, term.forked, {}, term.since, term.forked_at)


def _gate_is_dead(gate: GateFacts) -> bool:
    return gate.readiness is None and gate.reason in DEAD_REASONS


_One = TypeVar("_One")
_Two = TypeVar("_Two")


async def _both(one: Coroutine[Any, Any, _One], two: Coroutine[Any, Any, _Two]) -> tuple[_One, _Two]:
    """Run two coroutines concurrently; a bug in one cancels the other."""
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(one), group.create_task(two)
    return first.result(), second.result()
