"""The stage of a rehearsal: the twin behind SSH on loopback, its time, and what a program needs to work on it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boks_exporter.app.rehearsal_life import Life, MortalJournal, MortalWay
from boks_exporter.app.rehearsal_time import PACE, HurriedGates, TwinTime
from boks_exporter.app.rehearsal_twin import Found
from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.failover.client import ChangingGates, LookingGates, LookOnly
from boks_exporter.failover.facts import JournalView, Reading
from boks_exporter.failover.journal import LoggedStep, Who
from boks_exporter.failover.runner import NoConsole, Tools
from boks_exporter.failover.runner.console import Console
from boks_exporter.failover.survey import Survey
from boks_exporter.failover.words import Limits
from boks_exporter.model import DomainName, Host, HostName, Seconds
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import RemotePaths, SshSettings
from boks_exporter.replication import History
from boks_exporter.simulator.domain import Connectivity, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import Lock, Record
from boks_exporter.transport.base import OperatorTransport, RawReply

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

_WALL_TIMEOUT_SECONDS: Final[Seconds] = 10.0
"""Silent hosts are waited for in the twin's time; by the wall's only a machine that is too slow is met."""
_MEET_EVERY_SECONDS: Final[Seconds] = 0.05
_SEED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of the live domain before the look on which the rehearsal rests."""

    settings: DomainSettings
    limits: Limits
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


@dataclass(frozen=True, slots=True)
class LoopbackWay:
    """The way to a twin's hosts by their live names; who never answers is waited for in the twin's time."""

    way: OperatorTransport
    servers: "SimulatedServers"
    time: TwinTime
    timeout_seconds: Seconds

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request to the port at which the host's twin listens."""
        if self.servers.domain.connectivity(host.name) is Connectivity.UNREACHABLE:
            await self.time.sleep(self.timeout_seconds)
            raise TransportError(FailureReason.TIMEOUT, f"no whole answer within {self.timeout_seconds:g} s")
        there = replace(host, address=self.servers.address, port=self.servers.port(host.name))
        return await self.way.ask(there, request)


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
    servers: "SimulatedServers"
    time: TwinTime
    reading: OperatorTransport
    operator: OperatorTransport

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
        survey.journal = lambda: opened.view(self.known.settings.name)
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
        )
        with opened:
            yield Program(life, opened, way, tools)

    def survey(self, way: OperatorTransport) -> Survey:
        """Make what looks at the twin."""
        known = self.known
        return Survey(
            domain=known.settings,
            transport=self.reading,
            gates=LookingGates(LookOnly(way)),
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


@asynccontextmanager
async def twin_stage(known: Known, found: Found, directory: Path) -> AsyncIterator[Stage]:
    """Serve a twin for as long as the block runs; `directory` is a new one, for its keys and journals."""
    from boks_exporter.simulator.server import SimulatedServers
    from boks_exporter.transport.ssh import SshTransport

    domain = twin_of(found.standing, seed=_SEED)
    twin_time = TwinTime(domain.epoch + domain.now)
    gates = dress(HurriedGates(domain, twin_time), found)
    observer = Observer(domain)
    servers = SimulatedServers(domain, directory, twin_time.now, gates, address=SimulatedServers.address, pace=PACE)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(servers)
        ways = []
        for user, key in (
            (servers.user, servers.identity_file),
            (servers.operator_user, servers.operator_identity_file),
        ):
            settings = SshSettings(
                user=user,
                identity_files=(key,),
                known_hosts=servers.known_hosts,
                backoff_initial_seconds=0.1,
                backoff_limit_seconds=0.1,
            )
            transport = SshTransport(settings, timeout_seconds=_WALL_TIMEOUT_SECONDS)
            stack.push_async_callback(transport.aclose)
            ways.append(LoopbackWay(transport, servers, twin_time, known.timeout_seconds))
        meeting = asyncio.create_task(_keep_meeting(servers, twin_time), name="twin")
        stack.push_async_callback(_end, meeting)
        yield Stage(
            directory=directory,
            known=known,
            domain=domain,
            gates=gates,
            observer=observer,
            servers=servers,
            time=twin_time,
            reading=SilentWay(ways[0], found.no_reading),
            operator=SilentWay(ways[1], found.no_operator),
        )


async def _keep_meeting(servers: "SimulatedServers", twin_time: TwinTime) -> None:
    """Let the twin's time pass, and let hosts that go down or come back do so for whoever connects."""
    while True:
        servers.domain.advance(twin_time.now() - servers.domain.epoch)
        await servers.meet()
        await asyncio.sleep(_MEET_EVERY_SECONDS)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
