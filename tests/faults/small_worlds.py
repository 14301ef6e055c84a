"""Small worlds, enumerated: servers in every state, in which each procedure that nothing refuses is applied.

`python -m tests.faults.small_worlds [DRAWN]` examines all of them.
"""

import itertools
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.facts import FailoverFacts, JournalView, Reading
from boks_exporter.failover.journal import Journal, Who
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.tables import TABLES
from boks_exporter.failover.runner import Order, Runner
from boks_exporter.failover.runner.proposal import proposal_of
from boks_exporter.model import HostName
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Invariant, Observer, running_masters
from boks_exporter.simulator.domain.observed_state import HostStanding, Line, Standing
from boks_exporter.simulator.domain.replica_link import Status
from boks_exporter.simulator.domain.twin import twin_of
from tests.faults.harness import scratch
from tests.faults.known_broken import SMALL_WORLDS
from tests.virtual.virtual_time import EPOCH, run_virtually
from tests.virtual.virtual_twin import virtual_environment

BEGINS: Final = 7200.0
NAMES: Final = ("a", "b", "c")
_STAMP: Final = 1_000_000.0
_BEST: Final = {1: 100, 2: 50}
_POSITIONS: Final = {"behind": -5, "equal": 0, "ahead": 3}
_REACHES: Final = {
    "ok": None,
    "dead": Fault.MASTER_DEAD,
    "timeout": Fault.UNREACHABLE,
    "refused": Fault.REFUSED,
    "login": Fault.WRONG_LOGIN,
    "host key": Fault.WRONG_HOST_KEY,
}
_PROCEDURES: Final = tuple(each for each in TABLES if each not in {Procedure.FAILBACK, Procedure.VERIFY})
"""Failback has the table of switchover, and verify changes nothing."""
SEED: Final = 12
DRAWN: Final = 20_000
PROCESSES: Final = 2
_AFTERWARDS: Final = 300.0


@dataclass(frozen=True, order=True)
class Server:
    """One server: `data` is its position against the lead's database, `none`, or `partial` with one file elsewhere."""

    role: Boksinit
    is_running: bool
    reach: str
    data: str

    def __str__(self) -> str:
        running = "running" if self.is_running else "stopped"
        return f"{self.role} {running}, {self.reach}, data {self.data}"


@dataclass(frozen=True, order=True)
class SmallWorld:
    """All servers, the host that was last seen as master, and the servers that are registered and listed."""

    servers: tuple[Server, ...]
    last_master: HostName | None = None
    unregistered: frozenset[HostName] = frozenset()
    unconfigured: frozenset[HostName] = frozenset()

    def __str__(self) -> str:
        hosts = "; ".join(f"{name}: {server}" for name, server in zip(NAMES, self.servers, strict=False))
        extra = "".join(f"; {name} is not registered" for name in sorted(self.unregistered))
        extra += "".join(f"; {name} is not configured" for name in sorted(self.unconfigured))
        return f"{hosts}; last master {self.last_master}{extra}"


@dataclass
class Outcome:
    """What was tried in a world, and every promise that was broken."""

    world: SmallWorld
    applied: int = 0
    broken: list[str] = field(default_factory=list)


def servers() -> list[Server]:
    """List the states of one server; a machine that is off has no daemons to see, and a missing database no numbers."""
    found = []
    for role, is_running, reach, data in itertools.product(
        Boksinit, (True, False), _REACHES, (*_POSITIONS, "none", "partial")
    ):
        if (reach == "dead" and is_running) or (role is Boksinit.CLIENT and data in {"behind", "ahead"}):
            continue
        found.append(Server(role, is_running, reach, data))
    return found


def pairs() -> Iterator[SmallWorld]:
    """List all worlds of two servers, up to symmetry: the first one was master, or no master is known."""
    for first, second in itertools.product(servers(), repeat=2):
        yield SmallWorld((first, second), NAMES[0])
        if first <= second:
            yield SmallWorld((first, second), None)


def drawn(count: int, seed: int) -> Iterator[SmallWorld]:
    """Draw worlds of two and three servers; most servers answer, as most do."""
    random = Random(seed)  # noqa: S311 - seeded draws, no secret
    every = servers()
    usual = [each for each in every if each.reach == "ok" and each.data in {"equal", "ahead"} and each.is_running]
    for _ in range(count):
        size = 3 if random.random() < 0.8 else 2
        hosts = tuple(random.choice(usual if random.random() < 0.5 else every) for _ in range(size))
        names = NAMES[:size]
        unregistered = frozenset(name for name in names if random.random() < 0.1)
        unconfigured = frozenset(name for name in names[1:] if random.random() < 0.1)
        yield SmallWorld(hosts, random.choice((*names, None)), unregistered, unconfigured)


def examine(world: SmallWorld) -> Outcome:
    """Plan every procedure on every host, and apply in a world of its own each plan that nothing refuses."""
    outcome = Outcome(world)
    for procedure, target in run_virtually(_allowed(world), BEGINS):
        outcome.applied += 1
        with scratch() as directory:
            broken = run_virtually(_applied(world, procedure, target, Path(directory)), BEGINS)
        outcome.broken += [f"{procedure} {target}: {each}" for each in broken]
    return outcome


async def _allowed(world: SmallWorld) -> list[tuple[Procedure, HostName]]:
    """List what a fresh program would do without any acceptance."""
    environment = _environment(world, Path("/nonexistent"))
    facts = await environment.survey(environment.operator).observe(JournalView())
    targets = [host.name for host in environment.known.settings.hosts]
    return [each for each in itertools.product(_PROCEDURES, targets) if _is_allowed(facts, environment, *each)]


def _is_allowed(facts: FailoverFacts, environment: TwinEnvironment, procedure: Procedure, target: HostName) -> bool:
    proposal = proposal_of(facts, procedure, target, environment.known.limits)
    return bool(proposal.plan.steps) and not any(finding.matters for finding in proposal.findings)


async def _applied(world: SmallWorld, procedure: Procedure, target: HostName, directory: Path) -> list[str]:
    """Apply a plan, and report how the world is worse than it was."""
    environment = _environment(world, directory)
    domain, before = environment.domain, running_masters(environment.domain)
    for master in before:  # an administrator registers it before it becomes a replica
        domain.hosts[master].is_registered = domain.hosts[master].is_registered or procedure is Procedure.SWITCHOVER
    survey = environment.survey(environment.operator)
    with Journal(directory / "journal.sqlite") as journal:
        proposal = proposal_of(await survey.observe(JournalView()), procedure, target, environment.known.limits)
        name, now = environment.known.settings.name, environment.time.now()
        journal.show(proposal.fingerprint, name, proposal.basis, proposal.findings, now)
        tools = environment.tools(survey, environment.operator, journal, Who(user="anna", host="ops1"), _say_nothing)
        with suppress(BoksExporterError):
            await Runner(tools).apply(Order(procedure=procedure, target=target), proposal.fingerprint)
    await environment.time.sleep(_AFTERWARDS)
    environment.catch_up()
    return list(_worse(domain, environment.observer, before))


def _worse(domain: SimulatedDomain, observer: Observer, before: tuple[HostName, ...]) -> Iterator[str]:
    after = running_masters(domain)
    if len(after) > max(1, len(before)):
        yield f"ends with the masters {', '.join(after)}"
    for breach in observer.breaches:
        if breach.invariant is Invariant.TWO_MASTERS and len(breach.hosts) > len(before):
            yield f"two masters run: {', '.join(breach.hosts)}, at {breach.event}"
            break
    for breach in observer.breaches:
        if breach.invariant is not Invariant.TWO_MASTERS:
            yield f"{breach.invariant}: {breach.updates} updates, at {breach.event}"


def _say_nothing(_: str) -> None:
    """The output of these runs is discarded."""


def _environment(world: SmallWorld, directory: Path) -> TwinEnvironment:
    named = dict(zip(NAMES, world.servers, strict=False))
    domain = twin_of(_standing(world, named))
    for name, server in named.items():
        if server.data == "partial":
            domain.move_file_aside(name, "earlier", "tab1.dat")
    environment = virtual_environment(directory, domain, "small", last_known_master=world.last_master)
    known = environment.known
    hosts = tuple(host for host in known.settings.hosts if host.name not in world.unconfigured)
    readings = {
        name: Reading(name, _numbers(server) or {}, EPOCH + BEGINS - 30.0, "read in an earlier round")
        for name, server in named.items()
        if name == world.last_master and server.data != "none"
    }
    environment.known = replace(known, settings=replace(known.settings, hosts=hosts), readings=readings)
    return environment


def _standing(world: SmallWorld, named: dict[HostName, Server]) -> Standing:
    masters = [name for name, server in named.items() if server.role is Boksinit.MASTER and server.data != "none"]
    lead = world.last_master if world.last_master in masters else next(iter(masters), None)
    return Standing(
        hosts=tuple(_host(world, number, name, server) for number, (name, server) in enumerate(named.items(), 1)),
        lead=lead or world.last_master,
        epoch=EPOCH,
        now=BEGINS,
        loading_seconds=10.0,
    )


def _host(world: SmallWorld, number: int, name: HostName, server: Server) -> HostStanding:
    is_replica = server.role is Boksinit.SERVER and name not in world.unregistered
    status = Status.OK if server.is_running and server.reach != "dead" else Status.DOWN
    return HostStanding(
        plan=HostPlan(name=name, role=server.role, site="utrecht", address=f"10.0.0.{number}"),
        numbers=_numbers(server),
        daemons_running=server.is_running,
        met_as=_REACHES[server.reach],
        is_registered=is_replica,
        line=Line(status=status, since_packet=10.0, since_sync=10.0, packets=1000) if is_replica else None,
        stuck=server.data == "behind",
    )


def _numbers(server: Server) -> dict[int, tuple[int, float]] | None:
    if server.data == "none":
        return None
    far = _POSITIONS.get(server.data, 0)
    return {table: (number + far, _STAMP) for table, number in _BEST.items()}


def main(arguments: list[str]) -> int:
    """Examine all worlds of two servers and drawn ones of up to three, and print what is broken."""
    began, applied, broken = time.monotonic(), 0, set()
    worlds = [*pairs(), *drawn(int(arguments[0]) if arguments else DRAWN, SEED)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        for outcome in pool.map(examine, worlds, chunksize=50):
            applied += outcome.applied
            if outcome.broken:
                broken.add(str(outcome.world))
                sys.stdout.write("\n    ".join([str(outcome.world), *outcome.broken]) + "\n")
                sys.stdout.flush()
    took = time.monotonic() - began
    sys.stdout.write(f"{len(worlds)} small worlds, {applied} plans applied in {took:.0f} s, broken: {len(broken)}\n")
    known = SMALL_WORLDS & {str(world) for world in worlds}
    return 0 if broken == known else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
