"""What an operator types in a case, each as a program of its own."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from boks_exporter.failover.findings import NAMES_HOST, Acceptance, Finding, Guard
from boks_exporter.failover.journal import Run
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Runner, RunResult, propose
from boks_exporter.model import HostName
from boks_exporter.simulator.domain.invariants import running_masters
from tests.faults.harness import Program, World

Work: TypeAlias = Callable[[Program], Awaitable[RunResult]]


async def planned(world: World, procedure: Procedure, target: HostName) -> Plan:
    """Make the plan as things are now."""
    with world.program() as program:
        return (await propose(program.tools.survey, procedure, target, program.tools.limits, program.known())).plan


async def apply_plan(
    program: Program,
    procedure: Procedure,
    target: HostName,
    between: Callable[[], Awaitable[None]] | None = None,
    *,
    accepted: frozenset[Guard] = frozenset(Guard),
) -> RunResult:
    """Show the plan, accept what may be accepted, and apply it by its fingerprint."""
    tools = program.tools
    proposal = await propose(tools.survey, procedure, target, tools.limits, program.known())
    left = [finding for finding in proposal.findings if finding.matters and finding.acceptable]
    taken = tuple(
        Acceptance(finding.guard, "tried", finding.host)
        for finding in left
        if (finding.guard in accepted or finding.guard in NAMES_HOST) and is_true(program.world, finding)
    )
    now = tools.clock.now()
    tools.journal.show(proposal.fingerprint, tools.survey.domain.name, proposal.basis, proposal.findings, now)
    if between:
        await between()
    order = Order(procedure=procedure, target=target, accepted=taken, reason="tried")
    return await Runner(tools).apply(order, proposal.fingerprint)


def is_true(world: World, finding: Finding) -> bool:
    """Return whether a person who goes there sees what the acceptance claims: the host runs no master."""
    return finding.guard not in NAMES_HOST or finding.host not in running_masters(world.domain)


async def go_on(program: Program, command: str, run: str) -> RunResult:
    runner = Runner(program.tools)
    return await (runner.resume(run) if command == "resume" else runner.abort(run))


def open_run(world: World) -> Run | None:
    with world.program() as program:
        return next((run for run in program.journal.runs("trial") if run.is_open), None)
