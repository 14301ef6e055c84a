"""Small worlds, enumerated: servers in every state, in which each procedure that nothing refuses is applied.

`python -m tests.faults.small_worlds [DRAWN]` examines all of them.
"""

import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import RunOwner
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.tables import TABLES
from boks_exporter.failover.runner import Order, Runner
from boks_exporter.failover.runner.proposal import proposal_of
from boks_exporter.model import HostName
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.simulator.domain import Boksinit, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Invariant, Observer, running_masters
from scripts.generated_blocks import ROOT, blocks_of, filled_page
from tests.faults.harness import scratch
from tests.faults.known_broken import SMALL_WORLDS
from tests.faults.small_world import BEGINS, DATA, FORKS, NAMES, REACHES, Server, SmallWorld, environment_of
from tests.virtual.virtual_time import run_virtually

PROCEDURES: Final = tuple(each for each in TABLES if each is not Procedure.FAILBACK)
"""Failback has the table of switchover, and verify changes nothing."""
SEED: Final = 12
DRAWN: Final = 20_000
PROCESSES: Final = 2
PAGE: Final = ROOT / "docs" / "failover-faults.md"
_AFTERWARDS: Final = 300.0

Rest = dict[str, str | bool]
"""A value of every fact besides role, daemons and reachability, by its name."""


@dataclass
class Outcome:
    """What was tried in a world, and every promise that was broken."""

    world: SmallWorld
    applied: int = 0
    broken: list[str] = field(default_factory=list)


# -- enumeration -------------------------------------------------------------------------------------------------------


def cores() -> list[Server]:
    """List role, daemons and reachability of one server; a machine that is off has no daemons to see."""
    found = itertools.product(Boksinit, (True, False), REACHES)
    return [Server(*each) for each in found if not (each[1] and each[2] == "dead")]


def servers() -> list[Server]:
    """List the states of one server; a client shows no numbers, whatever its database is."""
    hidden = {"behind", "ahead"}
    return [
        Server(core.role, core.is_running, core.reach, data)
        for core in cores()
        for data in DATA
        if core.role is not Boksinit.CLIENT or data not in hidden
    ]


def pairs() -> Iterator[SmallWorld]:
    """List all worlds of two servers, up to symmetry: the first one was master, or no master is known."""
    for first, second in itertools.product(servers(), repeat=2):
        yield SmallWorld((first, second), NAMES[0])
        if first <= second:
            yield SmallWorld((first, second), None)


def triples() -> Iterator[SmallWorld]:
    """List role, daemons and reachability of three servers up to symmetry, each as usual and with a row of the rest."""
    random, rows = Random(SEED), pairwise_rows()  # noqa: S311 - the same rows each time, no secret
    for chosen, last_master in _triples_of_cores():
        yield SmallWorld(chosen, last_master)
        yield with_rest(chosen, last_master, random.choice(rows))


def _triples_of_cores() -> Iterator[tuple[tuple[Server, ...], HostName | None]]:
    every = cores()
    for others in itertools.combinations_with_replacement(every, 2):
        for first in every:
            yield (first, *others), NAMES[0]
            if first <= others[0]:
                yield (first, *others), None


def with_rest(chosen: tuple[Server, ...], last_master: HostName | None, rest: Rest) -> SmallWorld:
    """Add the other facts to role, daemons and reachability."""
    hosts = tuple(
        Server(each.role, each.is_running, each.reach, str(rest[f"data {name}"]))
        for name, each in zip(NAMES, chosen, strict=False)
    )

    def those(fact: str) -> frozenset[HostName]:
        return frozenset(name for name in NAMES[: len(chosen)] if rest[f"{fact} {name}"])

    return SmallWorld(
        hosts, last_master, those("unregistered"), those("unlisted"), those("unconfigured"), those("loading"),
        str(rest["fork"]),
    )  # fmt: skip


FACTS: Final[dict[str, tuple[str | bool, ...]]] = {
    **{f"data {name}": DATA for name in NAMES},
    **{
        f"{fact} {name}": (False, True)
        for fact in ("unregistered", "unlisted", "unconfigured", "loading")
        for name in NAMES
    },
    "fork": FORKS,
}
"""The facts besides role, daemons and reachability, with their values."""


@cache
def pairwise_rows() -> tuple[Rest, ...]:
    """Return rows of the other facts in which every two values of two facts occur together, chosen greedily."""
    random, rows = Random(SEED), list[Rest]()  # noqa: S311 - the same rows each time, no secret
    missing = {pair for one, two in itertools.combinations(FACTS, 2) for pair in _pairs_of(one, two)}
    while missing:
        first = min(missing, key=str)
        drawn_rows = [{fact: random.choice(values) for fact, values in FACTS.items()} | dict(first) for _ in range(200)]
        possible = [row for row in drawn_rows if not all(row[f"unconfigured {name}"] for name in NAMES)]
        best = max(possible, key=lambda row: len(missing & set(itertools.combinations(row.items(), 2))))
        rows.append(best)
        missing -= set(itertools.combinations(best.items(), 2))
    return tuple(rows)


def _pairs_of(one: str, two: str) -> Iterable[tuple[tuple[str, str | bool], tuple[str, str | bool]]]:
    return itertools.product(((one, value) for value in FACTS[one]), ((two, value) for value in FACTS[two]))


def drawn(count: int, seed: int) -> Iterator[SmallWorld]:
    """Draw worlds of two and three servers; most servers answer and most facts are usual, as most do and are."""
    random = Random(seed)  # noqa: S311 - seeded draws, no secret
    every = servers()
    usual = [each for each in every if each.reach == "ok" and each.data in {"equal", "ahead"} and each.is_running]
    for _ in range(count):
        size = 3 if random.random() < 0.8 else 2
        names = NAMES[:size]
        hosts = tuple(random.choice(usual if random.random() < 0.5 else every) for _ in names)
        unregistered, unlisted, unconfigured, loading = (
            frozenset(name for name in several if random.random() < 0.1) for several in (names, names, names[1:], names)
        )
        fork = random.choice(FORKS) if random.random() < 0.3 else "none"
        yield SmallWorld(hosts, random.choice((*names, None)), unregistered, unlisted, unconfigured, loading, fork)


# -- examination -------------------------------------------------------------------------------------------------------


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
    environment = environment_of(world, Path("/nonexistent"))
    facts = await environment.survey(environment.operator).observe(environment.known.journal)
    targets = [host.name for host in environment.known.settings.hosts]
    return [each for each in itertools.product(PROCEDURES, targets) if is_allowed(facts, environment, *each)]


def is_allowed(facts: FailoverFacts, environment: TwinEnvironment, procedure: Procedure, target: HostName) -> bool:
    proposal = proposal_of(facts, procedure, target, environment.known.limits)
    return bool(proposal.plan.steps) and not any(finding.matters for finding in proposal.findings)


async def _applied(world: SmallWorld, procedure: Procedure, target: HostName, directory: Path) -> list[str]:
    """Apply a plan, and report how the world is worse than it was."""
    environment = environment_of(world, directory)
    domain, before = environment.domain, running_masters(environment.domain)
    for master in before:  # an administrator registers it before it becomes a replica
        domain.hosts[master].is_registered = domain.hosts[master].is_registered or procedure is Procedure.SWITCHOVER
    async with environment.program(RunOwner(user="anna", host="ops1"), _say_nothing) as program:
        tools, name = program.tools, environment.known.settings.name
        facts = await tools.survey.observe(program.journal.view(name))
        proposal = proposal_of(facts, procedure, target, environment.known.limits)
        program.journal.show(proposal.fingerprint, name, proposal.basis, proposal.findings, environment.time.now())
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


def every_world(count: int = DRAWN) -> list[SmallWorld]:
    """List all worlds that are examined."""
    return [world for world in (*pairs(), *triples(), *drawn(count, SEED)) if world.is_possible]


def page(worlds: int, applied: int, broken: int, seconds: float) -> str:
    """Return the page about the matrix with the figures of all small worlds."""
    block = ("| small worlds | plans applied | broken | seconds |", "|---|---|---|---|")
    figures = f"| {worlds} | {applied} | {broken} | {seconds:.0f} |"
    blocks = blocks_of(PAGE.read_text(encoding="utf-8"))
    return filled_page(PAGE, {**blocks, "small-worlds": (*block, figures)})


def main(arguments: list[str]) -> int:
    """Examine all worlds, print what is broken, and write the figures into the page."""
    began, applied, broken = time.monotonic(), 0, set()
    worlds = every_world(int(arguments[0]) if arguments else DRAWN)
    with ProcessPoolExecutor(PROCESSES) as pool:
        for outcome in pool.map(examine, worlds, chunksize=50):
            applied += outcome.applied
            if outcome.broken:
                broken.add(str(outcome.world))
                sys.stdout.write("\n    ".join([str(outcome.world), *outcome.broken]) + "\n")
                sys.stdout.flush()
    took = time.monotonic() - began
    sys.stdout.write(f"{len(worlds)} small worlds, {applied} plans applied in {took:.0f} s, broken: {len(broken)}\n")
    if not arguments:
        PAGE.write_text(page(len(worlds), applied, len(broken), took), encoding="utf-8")
    known = SMALL_WORLDS & {str(world) for world in worlds}
    return 0 if broken == known else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
