"""A request that is delivered only when the run that sent it rolls back."""

from contextlib import suppress

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.model import HostName
from boks_exporter.rehearsal.killable import Killed
from boks_exporter.simulator.connection_faults import ConnectionFault
from tests.faults.commands import apply_plan, go_on, open_run, planned
from tests.faults.faults import FaultKind, Injection
from tests.faults.harness import MASTER, Program, World, prepare


async def late_while_undoing(world: World) -> RunResult:
    """A switchover cannot repeat the lost conversion of the target, and makes the old master a master again."""
    injection, target = await _late_conversion(world)

    with world.program() as program:
        injection.into(program)
        _start_after_loss(world, injection)
        _deliver_when_undone(program, world)
        result = await apply_plan(program, Procedure.SWITCHOVER, target)
    await world.pass_time(300.0)
    return result


async def late_while_aborted(world: World, *, unheard: tuple[str, ...] = (), has_void: bool = True) -> RunResult:
    """The program of a switchover is killed when the conversion was sent, and the run is aborted."""
    injection, target = await _late_conversion(world)
    world.gates.has_void = has_void

    async def kill(_: HostName, line: str) -> None:
        if injection.happened and " op record " in line:
            program.kill_switch.kill()

    with world.program() as program:
        injection.into(program)
        program.way.before.append(kill)
        with suppress(Killed):
            await apply_plan(program, Procedure.SWITCHOVER, target)
    injection.out()
    run = open_run(world)
    assert run is not None
    assert injection.happened
    world.operator.connection_fault = lambda host, line: (
        ConnectionFault.BEFORE if host == target and any(f" op {word} " in line for word in unheard) else None
    )
    with world.program() as program:
        _deliver_when_undone(program, world)
        result = await go_on(program, "abort", run.name)
    await world.pass_time(300.0)
    return result


async def _late_conversion(world: World) -> tuple[Injection, HostName]:
    target = await prepare(world, Procedure.SWITCHOVER)
    steps = (await planned(world, Procedure.SWITCHOVER, target)).steps
    step = next(step for step in steps if step.key == "convert-master")
    world.operator.delivers_after_record = False
    return Injection(world, FaultKind.ARRIVES_LATE, step.number, step.host), target


def _start_after_loss(world: World, injection: Injection) -> None:
    """Start BoKS by hand on the old master, which is a client by then, as soon as the conversion is lost."""
    cut = world.operator.connection_fault

    def cut_and_start(host: HostName, line: str) -> ConnectionFault | None:
        fault = cut(host, line)
        if fault is ConnectionFault.LATE:
            world.domain.run(MASTER, ("Boot",))
        return fault

    world.operator.connection_fault = cut_and_start


def _deliver_when_undone(program: Program, world: World) -> None:
    async def deliver(_: HostName, line: str) -> None:
        if "-undo convert master" in line:
            world.operator.deliver()

    program.way.after.append(deliver)


async def case_while_undoing(world: World) -> None:
    result = await late_while_undoing(world)
    assert result.exit is Exit.UNCHANGED, result.sentences


async def case_while_aborted(world: World) -> None:
    result = await late_while_aborted(world)
    assert result.exit is Exit.DONE, result.sentences


async def case_unheard(world: World) -> None:
    """The host shows its role, and cannot be asked for the record."""
    result = await late_while_aborted(world, unheard=("record", "void"))
    assert result.exit is Exit.RESULT_UNKNOWN, result.sentences
    assert open_run(world) is not None


async def case_without_void(world: World) -> None:
    """A gate of protocol 1 cannot claim an id."""
    result = await late_while_aborted(world, has_void=False)
    assert result.exit is Exit.RESULT_UNKNOWN, result.sentences
    assert open_run(world) is not None
