"""The environment of a rehearsal: the twin, its clock, and the parts of a program that works on it."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.failover.earlier_knowledge import EarlierKnowledge
from boks_exporter.failover.facts import Reading
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import Journal, LoggedStep, RunOwner
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.runner import Tools
from boks_exporter.failover.runner.programs import FenceWord, ProgramFence
from boks_exporter.failover.survey import Survey
from boks_exporter.model import DomainName, Host, HostName, Seconds
from boks_exporter.observe import Clock
from boks_exporter.rehearsal.killable import KillableJournal, KillableTransport, KillSwitch
from boks_exporter.rehearsal.twin_state import TwinStart
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import RemotePaths
from boks_exporter.replication import History
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import Lock, Record
from boks_exporter.transport.base import OperatorTransport, RawReply

ChooseFault: TypeAlias = Callable[[HostName, str], ConnectionFault | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKnowledge:
    """What was known of the live domain before the poll on which the rehearsal rests."""

    settings: DomainSettings
    limits: FailoverLimits
    timeout_seconds: Seconds
    history: History = field(default_factory=History)
    last_known_master: HostName | None = None
    readings: Mapping[HostName, Reading] = field(default_factory=dict)
    knowledge_gap: str = ""
    earlier: EarlierKnowledge | None = None
    journal: JournalView = field(default_factory=JournalView)
    paths: RemotePaths = field(default_factory=RemotePaths)


@dataclass(frozen=True, slots=True)
class SilencedTransport:
    """A transport to which some hosts do not answer although they answer another."""

    transport: OperatorTransport
    silent: Mapping[HostName, str]

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request; raises TransportError for a silent host."""
        if host.name in self.silent:
            raise TransportError(FailureReason.CONNECT, self.silent[host.name])
        return await self.transport.ask(host, request)


class TwinJournal(KillableJournal):
    """A journal of the twin that continues where the live one ended."""

    def __init__(self, path: Path, kill_switch: KillSwitch, live: JournalView) -> None:
        self._live = live
        self.on_intent: Callable[[LoggedStep], None] = lambda _step: None
        super().__init__(path, kill_switch)

    def intend(self, run: str, step: LoggedStep) -> None:
        """Write a step before it is sent, and notify the simulated operators."""
        super().intend(run, step)
        self.on_intent(step)

    def view(self, domain: DomainName) -> JournalView:
        """Return the open and the last run; before the first one, the live domain's last run."""
        own = super().view(domain)
        live = self._live
        return replace(
            own,
            last=own.last or live.last,
            last_roles={**live.last_roles, **own.last_roles},
            converted_by={**live.converted_by, **own.converted_by},
            lost={**live.lost, **own.lost},
            forks=(*live.forks, *own.forks),
            removed={**live.removed, **own.removed},
            windows=(*live.windows, *own.windows),
        )


@dataclass
class Program:
    """One failover command on the twin."""

    kill_switch: KillSwitch
    journal: TwinJournal
    transport: KillableTransport
    tools: Tools


@dataclass
class TwinEnvironment:
    """A twin that answers requests."""

    directory: Path
    known: LiveKnowledge
    domain: SimulatedDomain
    gates: OperatorGates
    observer: Observer
    time: Clock
    reading: OperatorTransport
    operator: OperatorTransport
    set_connection_faults: Callable[[ChooseFault], None]
    """Set the function that chooses a connection fault for each of the operator's requests."""
    token: Callable[[], str] = lambda: secrets.token_hex(4)

    def catch_up(self) -> None:
        """Advance the domain to the present."""
        self.domain.advance(self.time.now() - self.domain.epoch)

    @asynccontextmanager
    async def program(
        self, who: RunOwner, say: Callable[[str], None], journal: str = "journal.sqlite"
    ) -> AsyncIterator[Program]:
        """Start a program with the knowledge that one on the live domain would have."""
        kill_switch = KillSwitch()
        transport = KillableTransport(self.operator, kill_switch)
        opened = TwinJournal(self.directory / journal, kill_switch, self.known.journal)
        tools = self.tools(self.survey(transport), transport, opened, who, say)
        with opened:
            yield Program(kill_switch, opened, transport, tools)

    def tools(
        self, survey: Survey, operator: OperatorTransport, journal: Journal, who: RunOwner, say: Callable[[str], None]
    ) -> Tools:
        """Make the parts of a program that works on these hosts."""
        return Tools(
            survey=survey,
            read_only_gates=survey.gates,
            changing_gates=ChangingGates(operator),
            journal=journal,
            clock=self.time,
            who=who,
            limits=self.known.limits,
            say=say,
            paths=self.known.paths,
            fence=TwinFence(self.domain) if self.known.limits.has_fence else ProgramFence(),
            token=self.token,
        )

    def survey(self, transport: OperatorTransport) -> Survey:
        """Make a survey of the twin."""
        known = self.known
        return Survey(
            domain=known.settings,
            transport=self.reading,
            gates=ReadOnlyGates(ReadOnlyTransport(transport)),
            clock=self.time,
            limits=known.limits,
            history=known.history,
            last_known_master=known.last_known_master,
            readings=dict(known.readings),
            knowledge_gap=known.knowledge_gap,
            earlier=known.earlier,
        )


@dataclass(frozen=True)
class TwinFence:
    """The stand-in of the configured fence: it switches hosts of the twin off; the real program is not called."""

    domain: SimulatedDomain

    async def call(self, word: FenceWord, facts: Mapping[str, str]) -> str:
        host = self.domain.hosts.get(facts["host"])
        if host is None:
            return f"the twin has no host {facts['host']}"
        if word is FenceWord.OFF and Fault.MASTER_DEAD not in host.faults:
            self.domain.set_fault(host.name, Fault.MASTER_DEAD)
        return "" if Fault.MASTER_DEAD in host.faults else f"{host.name} is not off"


def apply_gate_state(gates: OperatorGates, found: TwinStart) -> OperatorGates:
    """Apply the overrides, locks and running commands of the live gates."""
    gates.overrides = dict(found.gate_overrides)
    for name, lock in found.locks.items():
        run, owner, since = (*lock.split(), "", "", "")[:3]
        gates.states[name].lock = Lock(run, owner, since)
    for name, change in found.unchanged.items():
        gates.states[name].records[change] = Record(change, 0, gates.domain.now, exit_status=0)
    for name, busy in found.busy.items():
        gates.states[name].records[busy] = Record(busy, 0, float("inf"))
    return gates
