"""A small domain on virtual time with an operator in front of it, at the point where a procedure begins."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from boks_exporter.failover.journal import RunOwner
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Host, HostName
from boks_exporter.rehearsal.killable import KillableJournal, KillableTransport, KillSwitch
from boks_exporter.remote.request import RequestLine
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.transport.base import RawReply
from tests.faults.journal_before_send import insist_on_intent
from tests.virtual.virtual_operator import VirtualOperator
from tests.virtual.virtual_twin import virtual_environment

MASTER, CANDIDATE, OTHER, THIRD, CLIENT = "MASTER1", "REP1", "REP2", "REP3", "CLIENT1"
SITES = {MASTER: "utrecht", CANDIDATE: "utrecht", OTHER: "rotterdam", THIRD: "utrecht", CLIENT: "rotterdam"}

LAYOUT = Layout(
    hosts=tuple(
        HostPlan(
            name=name,
            role={MASTER: Boksinit.MASTER, CLIENT: Boksinit.CLIENT}.get(name, Boksinit.SERVER),
            site=site,
            address=f"10.0.0.{number}",
            delay_seconds=0.1,
        )
        for number, (name, site) in enumerate(SITES.items(), 1)
    ),
    tables=(1, 2, 6, 15),
    writes_per_second=0.002,
    loading_seconds=10.0,
)
"""Hardly anything is written: on a busy domain a stopped master keeps updates back, which is another story."""


def scratch() -> "tempfile.TemporaryDirectory[str]":
    """Make a directory for journals, in memory where there is such a place: each write waits for the disk otherwise."""
    memory = Path("/dev/shm")  # noqa: S108 - only used where it is
    return tempfile.TemporaryDirectory(prefix="boks-faults-", dir=memory if memory.is_dir() else None)


@dataclass(frozen=True)
class JournaledWay:
    """A way on which no change passes of which the journal does not know."""

    way: VirtualOperator
    journal: Path

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request."""
        insist_on_intent(self.journal, host.name, request)
        return await self.way.ask(host, request)


@dataclass
class World:
    """The domain and its operators. Each command of an operator is a separate program: `program()`."""

    directory: Path
    seed: int = 1
    writes_per_second: float = LAYOUT.writes_per_second
    at_console: "Callable[[], None]" = lambda: None
    """Who sits at the console of a host that SSH does not reach, a minute after a script is printed."""

    masters_from_outside: frozenset[HostName] = frozenset()
    """Running masters at the moment in which the fault of a case made another one."""
    changed_from_outside: frozenset[HostName] = frozenset()
    """Hosts that the fault of a case changed, which no command has to answer for."""
    changed_at: float = 0.0

    def __post_init__(self) -> None:
        layout = replace(LAYOUT, writes_per_second=self.writes_per_second)
        self.domain = SimulatedDomain(layout, seed=self.seed)
        self.environment = virtual_environment(
            self.directory, self.domain, "trial", last_known_master=MASTER, seed=self.seed
        )
        self.gates = self.environment.gates
        self.observer = self.environment.observer
        self.operator = self.environment.operator
        self.clock = self.environment.time
        self.settings = self.environment.known.settings
        self.said: list[str] = []

    def host(self, name: HostName) -> Host:
        """Find a host as the configuration has it."""
        return next(host for host in self.settings.hosts if host.name == name)

    async def pass_time(self, seconds: float) -> None:
        """Advance the time, also in the domain."""
        await self.clock.sleep(seconds)
        self.domain.advance(self.clock.monotonic())

    async def learn(self) -> None:
        """Look once while all is well, as the exporter does all day long."""
        survey = self.environment.survey(self.operator)
        await survey.observe(JournalView())
        self.environment.known = replace(self.environment.known, readings=dict(survey.readings))

    def program(self, journal: str = "journal.sqlite", who: str = "anna") -> "Program":
        """Start a program of an operator's."""
        return Program(self, self.directory / journal, who)


class Program:
    """One command on an operator's machine, from its start to its end."""

    def __init__(self, world: World, path: Path, who: str) -> None:
        self.world = world
        self.kill_switch = KillSwitch()
        self.way = KillableTransport(JournaledWay(world.operator, path), self.kill_switch)
        self.journal = KillableJournal(path, self.kill_switch)
        environment = world.environment
        self.tools = environment.tools(
            environment.survey(self.way), self.way, self.journal, RunOwner(user=who, host="ops1"), self._said
        )
        self._walks: list[asyncio.Task[None]] = []

    def _said(self, text: str) -> None:
        self.world.said.append(text)
        if text.startswith("# On the console of"):
            self._walks.append(asyncio.create_task(self._walk()))

    async def _walk(self) -> None:
        await self.world.pass_time(60.0)
        self.world.at_console()

    def known(self) -> JournalView:
        return self.journal.view(self.world.settings.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for walk in self._walks:
            walk.cancel()
        self.journal.close()


async def prepare(world: World, procedure: Procedure, *, at_console: bool = False) -> HostName:
    """Bring the domain to where a procedure begins, and name its target."""
    await world.pass_time(120.0)
    await world.learn()
    target = await _PREPARE[procedure](world)
    if at_console:
        world.domain.set_fault(target, Fault.REFUSED)
    world.domain.advance(world.clock.monotonic())
    return target


async def _add_replica(world: World) -> HostName:
    world.domain.run(MASTER, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", CLIENT))
    world.domain.run(CLIENT, ("cadm", "-E", "SHM_SIZE=8000"))
    return CLIENT


async def _promote(world: World) -> HostName:
    world.domain.set_fault(MASTER, Fault.MASTER_DEAD)
    await world.pass_time(30.0)
    return CANDIDATE


async def _retire(world: World) -> HostName:
    """The old master is up again next to the new one, reached by SSH, its daemons held back."""
    world.domain.set_fault(MASTER, Fault.MASTER_DEAD)
    await world.pass_time(10.0)
    world.domain.run(CANDIDATE, ("convert", "-v", "master"))
    await world.pass_time(300.0)
    world.domain.set_fault(MASTER, Fault.DOWN)
    world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
    # From here on BoKS can be started there: the fault only kept it from starting with the machine.
    world.domain.hosts[MASTER].faults.pop(Fault.DOWN)
    await world.pass_time(60.0)
    return MASTER


def run_console_script(world: World, *, whole: bool = True) -> None:
    """Do on the old master what the printed script does, and let the machine boot; or stop after the conversion."""
    host = world.domain.hosts[MASTER]
    if host.role is not Boksinit.CLIENT:
        world.domain.run(MASTER, ("convert", "-v", "client"))
    world.domain.run(MASTER, ("Boot", "-k"))
    if whole:
        if host.copy.database is not None:
            world.domain.move_data_aside(MASTER, "console")
        world.domain.clear_fault(MASTER, Fault.REFUSED)
        world.domain.run(MASTER, ("Boot",))


async def _planned(world: World) -> HostName:
    world.domain.run(MASTER, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", MASTER))
    await world.pass_time(1.0)
    return CANDIDATE


async def _rebuild(world: World) -> HostName:
    world.domain.set_fault(OTHER, Fault.DIVERGED, tables=[1])
    await world.pass_time(60.0)
    return OTHER


_PREPARE = {
    Procedure.ADD_REPLICA: _add_replica,
    Procedure.PROMOTE: _promote,
    Procedure.RETIRE: _retire,
    Procedure.FAILBACK: _planned,
    Procedure.SWITCHOVER: _planned,
    Procedure.REBUILD: _rebuild,
}
