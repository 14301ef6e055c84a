"""Every procedure, every step, every fault: what happens, and what must never happen."""

from pathlib import Path
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Run
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import NextCommand, RunResult
from boks_exporter.model import HostName
from boks_exporter.rehearsal.killable import Killed
from boks_exporter.simulator.domain.invariants import Breach, Invariant
from tests.faults.case_result import CHANGED_NOTHING, Story, judge_exit
from tests.faults.cases import Case
from tests.faults.commands import Work, apply_plan, go_on, open_run, planned
from tests.faults.expected_state import ActualState, missing_to_goal, standing
from tests.faults.faults import CHANGES, OTHER_RUN, FaultKind, Injection
from tests.faults.harness import MASTER, THIRD, Program, World, prepare, scratch
from tests.virtual.virtual_time import run_virtually

_ROUNDS: Final = 4
_AFTER_A_REBOOT: Final = 240.0
_RACE_SECONDS: Final = 10.0
"""How long a request runs that was sent before anybody could notice the other master."""


def run_case(case: Case) -> Story:
    """Live through one case on virtual time."""
    with scratch() as directory:
        return run_virtually(_lived(case, World(Path(directory))))


async def _lived(case: Case, world: World) -> Story:
    story = Story(case)
    target = await prepare(world, case.procedure, at_console=case.at_console)
    before = standing(world.domain)
    if case.fault in CHANGES:
        await _changed_between(case, world, story, target)
        return story
    host = (await planned(world, case.procedure, target)).step(case.step).host if case.step else target
    injection = Injection(world, case.fault, case.step, host, other_operator=lambda: _other(world, story))
    result = await _program(world, story, injection, lambda program: apply_plan(program, case.procedure, target))
    await _settle(world, injection, story)
    await _let_updates_arrive(world, result)
    judge_exit(world, story, result, before, target)
    for turn in range(_ROUNDS):
        run = open_run(world)
        if run is None:
            break
        second = case.second if turn == 0 else None
        next_step = Injection(world, second or FaultKind.NOTHING, _next_step(world, run), host)
        command = _command(result, run, story, abort=turn == _ROUNDS - 1)
        result = await _program(world, story, next_step, lambda program, c=command, r=run: go_on(program, c, r.name))
        await _settle(world, next_step, story)
        await _let_updates_arrive(world, result)
        judge_exit(world, story, result, before, target)
    await _end(world, story, result, before, target)
    return story


async def _changed_between(case: Case, world: World, story: Story, target: HostName) -> None:
    """Show a plan, let the domain change, and apply it: it is refused, and nothing is told to any host."""
    injection = Injection(world, case.fault, 0, target)
    story.happened = True
    roles = {name: host.role for name, host in world.domain.hosts.items()}

    async def change(_host: HostName = "", line: str = "") -> None:
        if not line or (" op lock " in line and not injection.own):
            injection.own = True
            CHANGES[case.fault](world, target)
            roles.update({name: host.role for name, host in world.domain.hosts.items()})

    async def late(program: Program) -> RunResult:
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
    shown = [line for _, _, line in world.operator.heard if " op do " in line]
    if shown or roles != {name: host.role for name, host in world.domain.hosts.items()}:
        story.wrong.append(f"something was changed: {shown}")
    if (run := open_run(world)) is not None:
        story.wrong.append(f"the run {run.name} is open")
    await _break(world, story, [name for name, state in world.gates.states.items() if state.lock])
    story.ended = "refused"


async def _program(world: World, story: Story, injection: Injection, work: Work) -> RunResult | None:
    """Run one command as a program of its own; None where it was killed."""
    heard = len(world.operator.heard)
    with world.program() as program:
        injection.into(program)
        try:
            result = await work(program)
        except Killed:
            result = None
        except BoksExporterError as error:
            result = RunResult(Exit.INTERNAL, (str(error),))
        finally:
            injection.out()
    story.happened = story.happened or injection.happened
    story.exits.append(str(int(result.exit)) if result else "killed")
    story.next += result.next if result else ()
    story.sentences += [f"[{story.exits[-1]}] {sentence}" for sentence in (result.sentences if result else ())]
    if result and result.exit in {Exit.REFUSED, Exit.FACTS_UNKNOWN, Exit.USAGE}:
        shown = [line for _, _, line in world.operator.heard[heard:] if " op do " in line]
        if shown and injection.kind is not FaultKind.OTHER_OPERATOR:
            story.wrong.append(f"exit {int(result.exit)} although the gate was told: {shown[0]}")
    return result


async def _other(world: World, story: Story) -> None:
    """Have another operator on another machine try to promote another replica, accepting every finding."""
    procedure = Procedure.PROMOTE if MASTER not in world.domain.masters() else Procedure.SWITCHOVER
    with world.program("other.sqlite", "bob") as program:
        try:
            result = await apply_plan(program, procedure, THIRD)
        except BoksExporterError as error:
            result = RunResult(Exit.INTERNAL, (str(error),))
    story.sentences.append(f"[other {int(result.exit)}] {' '.join(result.sentences)}")
    if result.exit not in CHANGED_NOTHING:
        story.wrong.append(f"the other operator was let in: exit {int(result.exit)}")


async def _settle(world: World, injection: Injection, story: Story) -> None:
    """Wait until everything that was begun has ended, and end manually what hangs."""
    for task in injection.tasks:
        await task
    world.domain.network.heal()
    world.domain.connect()
    for state in world.gates.states.values():
        if state.lock is not None and state.lock.run == OTHER_RUN:
            state.lock = None
    await world.pass_time(_AFTER_A_REBOOT if injection.kind is FaultKind.REBOOTS else 30.0)
    for state in world.gates.states.values():
        for record in state.records.values():
            if record.state == "running":
                story.sentences.append("[by hand] the command that hangs is ended")
                record.interrupt()


def _next_step(world: World, run: Run) -> int:
    """Guess which step a resume does first: the last one that was intended."""
    with world.program() as program:
        return max((step.number for step in program.journal.steps(run.name)), default=1)


def _command(result: RunResult | None, run: Run, story: Story, *, abort: bool) -> str:
    """Take the command that was printed; after a kill, what a new program says."""
    if result is not None:
        names = [command.name for command in result.next if command.arguments == (run.name,)]
        if not names:
            story.wrong.append(f"no command for the open run was printed: {' '.join(result.sentences)}")
        elif not abort and "resume" not in names:
            return "abort"
    return "abort" if abort else "resume"


async def _end(world: World, story: Story, result: RunResult | None, before: ActualState, target: HostName) -> None:
    """Judge what is left in the end."""
    await world.pass_time(600.0)
    story.breaches += _own_breaches(story.case, world)
    reasons = missing_to_goal(world.domain, story.case.procedure, target)
    changes = before.differs(standing(world.domain))
    run = open_run(world)
    if not reasons:
        story.ended = "done"
    elif not changes:
        story.ended = "as before"
    elif run is not None or (result is not None and result.sentences):
        story.ended = "by hand"
        if result is None or not result.sentences:
            story.wrong.append("something is left to do, and no command is printed")
    locks = [name for name, state in world.gates.states.items() if state.lock]
    if run is None:
        await _break(world, story, locks)
    story.wrong += [f"{breach.invariant} at {breach.at:.1f} s: {breach.event}" for breach in story.breaches]


def _own_breaches(case: Case, world: World) -> list[Breach]:
    """Return the breaches whose masters did not run already by the fault of the case, or since a request was sent.

    Masters that began to run in such a race run on: the same ones later are no breach of their own.
    """
    own: list[Breach] = []
    running = set(world.masters_from_outside)
    for breach in world.observer.breaches:
        is_a_race = breach.at < world.changed_at + _RACE_SECONDS and case.fault is FaultKind.MASTER_APPEARS_LATE
        if breach.invariant is Invariant.TWO_MASTERS and (is_a_race or running.issuperset(breach.hosts)):
            running.update(breach.hosts)
        else:
            own.append(breach)
    return own


async def _let_updates_arrive(world: World, result: RunResult | None) -> None:
    """Wait for what is under way when a run is done: the domain is written to meanwhile."""
    if result is not None and result.exit is Exit.DONE:
        await world.pass_time(60.0)


async def _break(world: World, story: Story, hosts: list[HostName]) -> None:
    """Type the commands that were printed for locks that could not be released."""
    with world.program() as program:
        own = {run.name for run in program.journal.runs("trial")}
    for host in hosts:
        lock = world.gates.states[host].lock
        if lock is not None and lock.run not in own:
            continue  # another operator's, whose run goes on
        if lock is None or NextCommand("break-lock", (lock.run, host)) not in story.next:
            story.wrong.append(f"a lock is left on {host}, and it is not printed how to break it")
        else:
            with world.program() as program:
                await program.tools.changing_gates.break_lock(world.host(host), lock.run)
