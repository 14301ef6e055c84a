"""The stage of a rehearsal: the twin, its time, and what a program needs to work on it."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.failover.facts import JournalView, Reading
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates, ReadOnlyTransport
from boks_exporter.failover.journal import LoggedStep, Who
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.runner import NoConsole, Tools
from boks_exporter.failover.runner.console import Console
from boks_exporter.failover.survey import Survey
from boks_exporter.model import DomainName, Host, HostName, Seconds
from boks_exporter.observe import Clock
from boks_exporter.rehearsal.killable import Life, MortalJournal, MortalWay
from boks_exporter.rehearsal.twin_state import Found
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import RemotePaths
from boks_exporter.replication import History
from boks_exporter.simulator.connection_faults import Cut
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import Lock, Record
from boks_exporter.transport.base import OperatorTransport, RawReply

Cutter: TypeAlias = Callable[[HostName, str], Cut | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of the live domain before the look on which the rehearsal rests."""

    settings: DomainSettings
    limits: FailoverLimits
    timeout_seconds: Seconds
    history: History = field(default_factory=History)
    last_known_master: HostName | None = None
    readings: Mapping[HostName, Reading] = field(default_factory=dict)
    journal: JournalView = field(default_factory=JournalView)
    paths: RemotePaths = field(default_factory=RemotePaths)


@dataclass(frozen=True, slots=True)
class SilentWay:
    """A way on which some hosts do not answer although they do on another."""

    way: OperatorTransport
    silent: Mapping[HostName, str]

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request, or be met by silence."""
        if host.name in self.silent:
            raise TransportError(FailureReason.CONNECT, self.silent[host.name])
        return await self.way.ask(host, request)


class TwinJournal(MortalJournal):
    """A journal of the twin's that goes on where the live one ended."""

    def __init__(self, path: Path, life: Life, live: JournalView) -> None:
        """Open it for one program."""
        self._live = live
        self.on_intent: Callable[[LoggedStep], None] = lambda _step: None
        super().__init__(path, life)

    def intend(self, run: str, step: LoggedStep) -> None:
        """Write what is about to be done, and tell whoever has a part in it."""
        super().intend(run, step)
        self.on_intent(step)

    def view(self, domain: DomainName) -> JournalView:
        """Tell what is open and what came last; before the first run that is what came last on the live domain."""
        own = super().view(domain)
        return replace(own, last=own.last or self._live.last)


@dataclass
class Program:
    """One failover command on the twin, from its start to its end."""

    life: Life
    journal: TwinJournal
    way: MortalWay
    tools: Tools


@dataclass
class Stage:
    """The twin, served."""

    directory: Path
    known: Known
    domain: SimulatedDomain
    gates: OperatorGates
    observer: Observer
    time: Clock
    reading: OperatorTransport
    operator: OperatorTransport
    let_break: Callable[[Cutter], None]
    """Let somebody say for each of the operator's requests whether its exchange breaks."""
    token: Callable[[], str] = lambda: secrets.token_hex(4)

    def catch_up(self) -> None:
        """Bring the domain to the present."""
        self.domain.advance(self.time.now() - self.domain.epoch)

    @asynccontextmanager
    async def program(
        self,
        who: Who,
        say: Callable[[str], None],
        console: Console | None = None,
        journal: str = "journal.sqlite",
    ) -> AsyncIterator[Program]:
        """Start a program; it knows what one started now on the live domain would."""
        life = Life()
        way = MortalWay(self.operator, life)
        opened = TwinJournal(self.directory / journal, life, self.known.journal)
        survey = self.survey(way)
        tools = Tools(
            survey=survey,
            looking=survey.gates,
            changing=ChangingGates(way),
            journal=opened,
            clock=self.time,
            who=who,
            limits=self.known.limits,
            say=say,
            console=console or NoConsole(),
            paths=self.known.paths,
            token=self.token,
        )
        with opened:
            yield Program(life, opened, way, tools)

    def survey(self, way: OperatorTransport) -> Survey:
        """Make what looks at the twin."""
        known = self.known
        return Survey(
            domain=known.settings,
            transport=self.reading,
            gates=ReadOnlyGates(ReadOnlyTransport(way)),
            clock=self.time,
            limits=known.limits,
            history=known.history,
            last_known_master=known.last_known_master,
            readings=dict(known.readings),
        )


def dress(gates: OperatorGates, found: Found) -> OperatorGates:
    """Let the gates say, hold and be busy with what the live ones did."""
    gates.says = dict(found.says)
    for name, lock in found.locks.items():
        run, owner, since = (*lock.split(), "", "", "")[:3]
        gates.states[name].lock = Lock(run, owner, since)
    for name, busy in found.busy.items():
        gates.states[name].records[busy] = Record(busy, 0, float("inf"))
    return gates
