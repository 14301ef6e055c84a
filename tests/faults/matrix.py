"""Every procedure, every step, every fault: what happens, and what must never happen."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal import Acceptance, Run
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.runner import Order, Result, Runner, propose
from boks_exporter.failover.words import Exit, Procedure
from boks_exporter.model import HostName
from boks_exporter.simulator.domain.invariants import Breach
from boks_exporter.simulator.virtual_time import run_virtually
from tests.faults.faults import AT_CONSOLE, CHANGES, OF_REQUESTS, WHILE_LOCKING, FaultKind, Injection
from tests.faults.truth import Standing, standing, unsound
from tests.faults.world import MASTER, THIRD, Killed, Program, World, prepare, scratch

Work: TypeAlias = Callable[[Program], Awaitable[Result]]

_ROUNDS: Final = 4
_AFTER_A_REBOOT: Final = 240.0
_COMMAND: Final = re.compile(r"boks-exporter failover (resume|abort) (\S+)")
_CHANGED_NOTHING: Final = {Exit.UNCHANGED, Exit.REFUSED, Exit.FACTS_UNKNOWN, Exit.LOCKED, Exit.USAGE}
_OPEN: Final = {Exit.CHANGED, Exit.NOT_CONVERGED, Exit.RESULT_UNKNOWN}


@dataclass(frozen=True, order=True)
class Case:
    """One cell of the matrix; `second` is a fault of the first resume."""

    procedure: Procedure
    step: int
    key: str
    fault: FaultKind
    second: FaultKind | None = None
    at_console: bool = False

    def __str__(self) -> str:
        then = f", then {self.second}" if self.second else ""
        where = " at the console" if self.at_console else ""
        return f"{self.procedure}{where} step {self.step} ({self.key}): {self.fault}{then}"


@dataclass
class Story:
    """What happened in a case, and what is wrong with it."""

    case: Case
    exits: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    ended: str = ""
    happened: bool = False


def run_case(case: Case) -> Story:
    """Live through one case on virtual time."""
    with scratch() as directory:
        return run_virtually(_lived(case, World(Path(directory))))


def plan_of(procedure: Procedure, *, at_console: bool = False) -> Plan:
    """Make the plan that a procedure begins with."""

    async def made(world: World) -> Plan:
        target = await prepare(world, procedure, at_console=at_console)
        with world.program() as program:
            return (await propose(program.tools.survey, procedure, target, program.tools.limits)).plan

    with scratch() as directory:
        return run_virtually(made(World(Path(directory))))


_OF_STEPS: Final = {*FaultKind} - CHANGES.keys() - AT_CONSOLE - WHILE_LOCKING

SECONDS: Final = (
    FaultKind.KILLED_AFTER_REQUEST,
    FaultKind.CUT_DURING,
    FaultKind.FAILS_IN_THE_MIDDLE,
    FaultKind.HANGS,
    FaultKind.REBOOTS,
)


def cases(procedure: Procedure) -> Iterator[Case]:
    """List a procedure's cases: each fault at each step, and second faults after a program that was killed."""
    if procedure is not Procedure.VERIFY:
        yield from _before_the_first_step(procedure)
    if procedure is Procedure.RETIRE:
        for fault in sorted({*FaultKind} - CHANGES.keys() - OF_REQUESTS - WHILE_LOCKING - {FaultKind.REBOOTS}):
            yield Case(procedure, 1, "console", fault, at_console=True)
    for step in plan_of(procedure).steps:
        for fault in FaultKind:
            if fault in _OF_STEPS and (step.words or fault not in OF_REQUESTS):
                yield Case(procedure, step.number, step.key, fault)
        for second in SECONDS if step.words else ():
            yield Case(procedure, step.number, step.key, FaultKind.KILLED_BEFORE_OUTCOME, second)
            yield Case(procedure, step.number, step.key, FaultKind.FAILS_IN_THE_MIDDLE, second)


def _before_the_first_step(procedure: Procedure) -> Iterator[Case]:
    for change in CHANGES:
        # A promotion begins where the master has vanished already.
        if (procedure, change) != (Procedure.PROMOTE, FaultKind.MASTER_VANISHES):
            yield Case(procedure, 0, "before the first step", change)
    yield from (Case(procedure, 0, "the locks", fault) for fault in sorted(WHILE_LOCKING))


async def _lived(case: Case, world: World) -> Story:
    story = Story(case)
    target = await prepare(world, case.procedure, at_console=case.at_console)
    before = standing(world.domain)
    if case.fault in CHANGES:
        await _changed_between(case, world, story, target)
        return story
    host = plan_host(await _plan(world, case.procedure, target), case.step) if case.step else target
    injection = Injection(world, case.fault, case.step, host, other_operator=lambda: _other(world, story))
    result = await _program(world, story, injection, lambda program: apply_plan(program, case.procedure, target))
    await _settle(world, injection, story)
    _judge_exit(world, story, result, before, target)
    for turn in range(_ROUNDS):
        run = open_run(world)
        if run is None:
            break
        second = case.second if turn == 0 else None
        next_step = Injection(world, second or FaultKind.NOTHING, _next_step(world, run), host)
        command = _command(result, run, story, abort=turn == _ROUNDS - 1)
        result = await _program(world, story, next_step, lambda program, c=command, r=run: go_on(program, c, r.name))
        await _settle(world, next_step, story)
        _judge_exit(world, story, result, before, target)
    await _end(world, story, result, before, target)
    return story


async def _changed_between(case: Case, world: World, story: Story, target: HostName) -> None:
    """Show a plan, let the domain change, and apply it: it is refused, and nothing is told to any host."""
    injection = Injection(world, case.fault, 0, target)
    story.happened = True
    roles = {name: host.role for name, host in world.domain.hosts.items()}

    async def change(_host: HostName = "", line: str = "") -> None:
        if not line or (" op lock " in line and not injection.happened):
            injection.happened = True
            CHANGES[case.fault](world, target)
            roles.update({name: host.role for name, host in world.domain.hosts.items()})

    async def late(program: Program) -> Result:
        program.way.before.append(change)
        return await apply_plan(program, case.procedure, target)

    if case.fault is FaultKind.REPLICA_STOPS_LATE:
        result = await _program(world, story, injection, late)
    else:
        result = await _program(
            world, story, injection, lambda program: apply_plan(program, case.procedure, target, change)
        )
    if result is None or result.exit not in {Exit.REFUSED, Exit.FACTS_UNKNOWN}:
        story.wrong.append("the plan was applied although the domain had changed")
    told = [line for _, _, line in world.operator.heard if " op do " in line]
    if told or roles != {name: host.role for name, host in world.domain.hosts.items()}:
        story.wrong.append(f"something was changed: {told}")
    if (run := open_run(world)) is not None:
        story.wrong.append(f"the run {run.name} is open")
    await _break(world, story, [name for name, state in world.gates.states.items() if state.lock])
    story.ended = "refused"


def plan_host(plan: Plan, number: int) -> HostName:
    """Name the host of a step."""
    return plan.step(number).host


async def _plan(world: World, procedure: Procedure, target: HostName) -> Plan:
    with world.program() as program:
        return (await propose(program.tools.survey, procedure, target, program.tools.limits)).plan


async def _program(world: World, story: Story, injection: Injection, work: Work) -> Result | None:
    """Run one command as a program of its own; None where it was killed."""
    heard = len(world.operator.heard)
    with world.program() as program:
        injection.into(program)
        try:
            result = await work(program)
        except Killed:
            result = None
        except BoksExporterError as error:
            result = Result(Exit.INTERNAL, (str(error),))
        finally:
            injection.out()
    story.happened = story.happened or injection.happened
    story.exits.append(str(int(result.exit)) if result else "killed")
    story.sentences += [f"[{story.exits[-1]}] {sentence}" for sentence in (result.sentences if result else ())]
    if result and result.exit in {Exit.REFUSED, Exit.FACTS_UNKNOWN, Exit.USAGE}:
        told = [line for _, _, line in world.operator.heard[heard:] if " op do " in line]
        if told and injection.kind is not FaultKind.OTHER_OPERATOR:
            story.wrong.append(f"exit {int(result.exit)} although the gate was told: {told[0]}")
    return result


async def apply_plan(
    program: Program,
    procedure: Procedure,
    target: HostName,
    between: Callable[[], Awaitable[None]] | None = None,
    *,
    accepted: frozenset[Guard] = frozenset(Guard),
) -> Result:
    """Show the plan, accept what may be accepted, and apply it by its fingerprint."""
    tools = program.tools
    proposal = await propose(tools.survey, procedure, target, tools.limits)
    left = [finding for finding in proposal.findings if finding.matters and finding.acceptable]
    taken = tuple(Acceptance(finding.guard, "tried") for finding in left if finding.guard in accepted)
    tools.journal.show(proposal.fingerprint, tools.survey.domain.name, proposal.basis, tools.clock.now())
    if between:
        await between()
    order = Order(procedure=procedure, target=target, accepted=taken, reason="tried")
    return await Runner(tools).apply(order, proposal.fingerprint)


async def go_on(program: Program, command: str, run: str) -> Result:
    runner = Runner(program.tools)
    return await (runner.resume(run) if command == "resume" else runner.abort(run))


async def _other(world: World, story: Story) -> None:
    """Let another operator on another machine try to take over with another replica, whatever may be accepted."""
    procedure = Procedure.PROMOTE if MASTER not in world.domain.masters() else Procedure.SWITCHOVER
    with world.program("other.sqlite", "bob") as program:
        try:
            result = await apply_plan(program, procedure, THIRD)
        except BoksExporterError as error:
            result = Result(Exit.INTERNAL, (str(error),))
    story.sentences.append(f"[other {int(result.exit)}] {' '.join(result.sentences)}")
    # Verifying changes nothing and locks nothing: whoever comes meanwhile may work.
    if result.exit not in _CHANGED_NOTHING and story.case.procedure is not Procedure.VERIFY:
        story.wrong.append(f"the other operator was let in: exit {int(result.exit)}")


async def _settle(world: World, injection: Injection, story: Story) -> None:
    """Let everything that was begun end, as a person does who waits, and ends by hand what hangs."""
    for task in injection.tasks:
        await task
    await world.pass_time(_AFTER_A_REBOOT if injection.kind is FaultKind.REBOOTS else 30.0)
    for state in world.gates.states.values():
        for record in state.records.values():
            if record.state == "running":
                story.sentences.append("[by hand] the command that hangs is ended")
                record.interrupt()


def open_run(world: World) -> Run | None:
    with world.program() as program:
        return next((run for run in program.journal.runs("trial") if run.is_open), None)


def _next_step(world: World, run: Run) -> int:
    """Guess which step a resume does first: the last one that was intended."""
    with world.program() as program:
        return max((step.number for step in program.journal.steps(run.name)), default=1)


def _command(result: Result | None, run: Run, story: Story, *, abort: bool) -> str:
    """Take the command that was printed; after a kill, what a new program says."""
    if result is not None:
        printed = [match for sentence in result.sentences for match in _COMMAND.findall(sentence)]
        if not any(name == run.name for _, name in printed):
            story.wrong.append(f"no command for the open run was printed: {' '.join(result.sentences)}")
        elif not abort and not any(command == "resume" for command, _ in printed):
            return "abort"
    return "abort" if abort else "resume"


def _judge_exit(world: World, story: Story, result: Result | None, before: Standing, target: HostName) -> None:
    """Hold an exit code to what is really so."""
    if result is None:
        return
    run = open_run(world)
    if result.exit in _OPEN and run is None:
        story.wrong.append(f"exit {int(result.exit)}, and no run is open")
    is_full = story.case.fault in {FaultKind.DISK_FULL_BEFORE, FaultKind.DISK_FULL_AFTER}
    if result.exit in _CHANGED_NOTHING | {Exit.DONE} and run is not None and not is_full:
        story.wrong.append(f"exit {int(result.exit)}, and a run is open")
    if result.exit is Exit.DONE and story.exits[-1] == "0":
        reasons = unsound(world.domain, story.case.procedure, target)
        undone = before.differs(standing(world.domain))
        if reasons and undone:
            story.wrong.append(f"exit 0, but {'; '.join(reasons)}")
    changes = before.differs(standing(world.domain))
    if "the next add-replica moves it aside" in " ".join(result.sentences):
        changes = [change for change in changes if not change.startswith("database of ")]
    if result.exit is Exit.UNCHANGED and changes:
        story.wrong.append(f"exit 20, but {'; '.join(changes)}")
    if result.exit is Exit.INTERNAL and story.case.fault not in {FaultKind.DISK_FULL_BEFORE, FaultKind.DISK_FULL_AFTER}:
        story.wrong.append(f"exit 1: {' '.join(result.sentences)}")


async def _end(world: World, story: Story, result: Result | None, before: Standing, target: HostName) -> None:
    """Judge what is left in the end."""
    await world.pass_time(600.0)
    story.breaches += world.observer.breaches
    reasons = unsound(world.domain, story.case.procedure, target)
    changes = before.differs(standing(world.domain))
    run = open_run(world)
    if not reasons:
        story.ended = "done"
    elif not changes:
        story.ended = "as before"
    elif run is not None or (result is not None and result.sentences):
        story.ended = "by hand"
        if result is None or not result.sentences:
            story.wrong.append("something is left to do, and nobody says what")
    locks = [name for name, state in world.gates.states.items() if state.lock]
    if run is None:
        await _break(world, story, locks)
    story.wrong += [f"{breach.invariant} at {breach.at:.1f} s: {breach.event}" for breach in story.breaches]


async def _break(world: World, story: Story, hosts: list[HostName]) -> None:
    """Type the commands that were printed for locks that could not be given back."""
    said = "\n".join(story.sentences)
    with world.program() as program:
        own = {run.name for run in program.journal.runs("trial")}
    for host in hosts:
        lock = world.gates.states[host].lock
        if lock is not None and lock.run not in own:
            continue  # another operator's, whose run goes on
        if lock is None or f"boks-exporter failover break-lock {lock.run} {host}" not in said:
            story.wrong.append(f"a lock is left on {host}, and nobody says how to break it")
        else:
            with world.program() as program:
                await program.tools.changing.break_lock(world.host(host), lock.run)


def sweep(procedures: tuple[Procedure, ...]) -> Iterator[Story]:
    """Run every case of some procedures."""
    for procedure in procedures:
        for case in cases(procedure):
            yield run_case(case)
