"""Observe a domain through both gates."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from boks_exporter.config import DomainSettings
from boks_exporter.failover.facts import FailoverFacts, GateFacts, JournalView, Reading, Witness
from boks_exporter.failover.gate_client import ReadOnlyGates
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.health import judge_round
from boks_exporter.model import DomainSnapshot, Host, HostName, Role
from boks_exporter.observe import Clock, Knowledge, observe
from boks_exporter.parsing.operator_facts import Reach
from boks_exporter.replication import History
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

    def __post_init__(self) -> None:
        self._known = Knowledge(last_known_master=self.last_known_master)
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._stopped: frozenset[HostName] = frozenset()

    def __repr__(self) -> str:
        return f"<Survey of {self.domain.name}>"

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The configured and discovered hosts."""
        return (*self.domain.hosts, *(self._known.discovered if self.domain.discover else ()))

    def know(self, master: HostName | None) -> None:
        """Record the last known master, where no round has seen one since."""
        if self._known.last_known_master is None and master is not None:
            self._known = replace(self._known, last_known_master=master)

    async def observe(self, journal: JournalView, suspect: HostName | None = None) -> FailoverFacts:
        """Poll every host through both gates.

        `journal` becomes part of the facts. `suspect` is an old master that is replaced: replicas are asked whether
        they reach it for as long as it is unreachable.
        """
        snapshot, gates = await _both(
            observe(self.domain, self.transport, self.clock, self._known, self._at_once), self._gates(self.hosts)
        )
        new = tuple(host for host in snapshot.hosts if host.name not in gates)
        gates |= await self._gates(new)
        witnesses, registered = await _both(
            self._witnesses(snapshot, gates, suspect), self._registered(snapshot, gates)
        )
        return self._judged(snapshot, gates, witnesses, registered, journal)

    def _judged(
        self,
        snapshot: DomainSnapshot,
        gates: Mapping[HostName, GateFacts],
        witnesses: tuple[Witness, ...],
        registered: tuple[str, ...] | None,
        journal: JournalView,
    ) -> FailoverFacts:
        judged = judge_round(snapshot, self.history, self.domain.thresholds)
        self.history = judged.history
        self._known = self._known.after(snapshot)
        apart = (host.name for host in snapshot.hosts if judged.history.is_apart(host.name))
        stopped = frozenset(name for name, gate in gates.items() if gate.is_stopped)
        facts = FailoverFacts(
            snapshot=snapshot,
            comparison=judged.comparison,
            health=judged.health,
            seen_at=self.clock.now(),
            gates=gates,
            witnesses=witnesses,
            registered=registered,
            readings=dict(self.readings),
            journal=journal,
            apart=frozenset(apart),
            common_forms=judged.history.common_forms,
            still=stopped & self._stopped,
        )
        self._stopped = stopped
        self._keep_readings(facts)
        return facts

    def _keep_readings(self, facts: FailoverFacts) -> None:
        """Store what each server showed; a client or an unreachable host does not show it again."""
        for seen in facts.snapshot.observed():
            if (reading := facts.reading(seen.host)) is not None:
                self.readings[seen.host] = replace(reading, source="read in an earlier round")

    async def _gates(self, hosts: tuple[Host, ...]) -> dict[HostName, GateFacts]:
        found = await asyncio.gather(*(self._limited(self.gates.readiness(host)) for host in hosts))
        return {facts.host: facts for facts in found}

    async def _witnesses(
        self, snapshot: DomainSnapshot, gates: Mapping[HostName, GateFacts], suspect: HostName | None
    ) -> tuple[Witness, ...]:
        """Ask every replica whether it reaches an old master that is unreachable."""
        name = suspect or (None if snapshot.masters else snapshot.last_known_master)
        old = snapshot.host(name) if name else None
        if old is None or any(seen.host == old.name for seen in snapshot.observed()):
            return ()
        replicas = {seen.host for seen in snapshot.observed() if seen.role is Role.REPLICA}
        asked = [host for host in snapshot.hosts if host.name in replicas]
        return tuple(await asyncio.gather(*(self._witness(host, old, gates[host.name]) for host in asked)))

    async def _witness(self, host: Host, old: Host, gate: GateFacts) -> Witness:
        """Ask one; a replica whose gate does not answer is a witness without an answer."""
        if gate.readiness is None:
            return Witness(host.name, Reach.UNKNOWN, gate.failure)
        return await self._limited(self.gates.reach(host, old.address, self.limits.master_port))

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


_One = TypeVar("_One")
_Two = TypeVar("_Two")


async def _both(one: Coroutine[Any, Any, _One], two: Coroutine[Any, Any, _Two]) -> tuple[_One, _Two]:
    """Run two coroutines concurrently; a bug in one cancels the other."""
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(one), group.create_task(two)
    return first.result(), second.result()
