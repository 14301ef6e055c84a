"""What an operator types in a case, each as a program of its own."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal import Acceptance, Run
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Runner, RunResult, propose
from boks_exporter.model import HostName
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
    taken = tuple(Acceptance(finding.guard, "tried") for finding in left if finding.guard in accepted)
    tools.journal.show(proposal.fingerprint, tools.survey.domain.name, proposal.basis, tools.clock.now())
    if between:
        await between()
    order = Order(procedure=procedure, target=target, accepted=taken, reason="tried")
    return await Runner(tools).apply(order, proposal.fingerprint)


async def go_on(program: Program, command: str, run: str) -> RunResult:
    runner = Runner(program.tools)
    return await (runner.resume(run) if command == "resume" else runner.abort(run))


def open_run(world: World) -> Run | None:
    with world.program() as program:
        return next((run for run in program.journal.runs("trial") if run.is_open), None)
