"""One rehearsal session: the twin's plan, then the typed commands until no run is open."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.app.failover_wiring import current_operator
from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.journal import RunOwner
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan import difference, steps_of
from boks_exporter.failover.preflight import blocking_findings
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Proposal, Runner, RunResult, propose
from boks_exporter.model import HostName, Role, Seconds
from boks_exporter.rehearsal.environment import Program, TwinEnvironment
from boks_exporter.rehearsal.fault_injection import StepFault, StepInjection
from boks_exporter.rehearsal.killable import Killed
from boks_exporter.rehearsal.rehearsal_report import Rehearsal, Reporter, TwinCommand
from boks_exporter.rehearsal.simulated_operators import SimulatedOperators
from boks_exporter.simulator.domain.invariants import Breach, Invariant, running_masters

_REOPENING: Final = frozenset({"resume", "abort"})
_ROUNDS: Final = 3
_TYPING_SECONDS: Final[Seconds] = 60.0
_REBOOT_SECONDS: Final[Seconds] = 240.0
_LISTING_SECONDS: Final[Seconds] = 90.0
"""How long a master takes to find every replica again after a restart."""
_OTHER: Final = RunOwner(user="another", host="another-machine")

Work: TypeAlias = Callable[[Runner], Awaitable[RunResult]]


@dataclass
class Session:
    """One rehearsal in its environment."""

    environment: TwinEnvironment
    rehearsal: Rehearsal
    order: Order
    number: int
    reporter: Reporter
    run: str | None = None
    masters: frozenset[HostName] = frozenset()
    injection: StepInjection | None = None

    async def run_session(self) -> None:
        """Compare the plans, apply the twin's, and type the printed commands until no run is open."""
        environment, rehearsal = self.environment, self.rehearsal
        began, self.masters = environment.time.now(), frozenset(running_masters(environment.domain))
        twin = await self._proposed()
        if rehearsal.hypothetical is None:
            rehearsal.differences = difference(rehearsal.live.basis, twin.basis)
            self.reporter.show_differences(rehearsal.differences)
        has_same_steps = [*steps_of(twin.plan)] == [*steps_of(rehearsal.proposal.plan)]
        if not has_same_steps or blocking_findings(twin.findings, self.order.acceptances):
            return
        if rehearsal.injected:
            self._inject(rehearsal.injected.fault)
        accepted = "".join(f" --accept {acceptance}" for acceptance in self.order.accepted)
        reason = ' --reason "…"' if accepted else ""
        command = f"{self.order.procedure} {self.order.target}{accepted}{reason} --apply {twin.fingerprint}"
        await self._command(command, lambda runner: runner.apply(self.order, twin.fingerprint))
        first = rehearsal.commands[0].result
        rehearsal.exit = first.exit if first else Exit.RESULT_UNKNOWN
        await self._continue(first)
        await self._conclude()
        rehearsal.took_seconds = environment.time.now() - began

    async def _proposed(self) -> Proposal:
        limits = self.environment.known.limits
        async with self.environment.program(current_operator(), lambda _: None) as program:
            return await propose(
                program.tools.survey, self.order.procedure, self.order.target, limits, self._known(program)
            )

    def _known(self, program: Program) -> JournalView:
        return program.journal.view(self.environment.known.settings.name)

    def _inject(self, fault: StepFault) -> None:
        host = self.rehearsal.proposal.plan.step(self.number).host
        other = self._other_operator
        self.injection = StepInjection(fault, self.number, host, self.environment.gates, other_operator=other)
        self.environment.set_connection_faults(self.injection.cut)

    # -- commands ------------------------------------------------------------------------------------------------------

    async def _command(self, command: str, work: Work) -> RunResult | None:
        """Run one command as a program of its own; returns None where it was killed."""
        self.reporter.show_line(f"twin$ boks-exporter failover {command}")
        operators = SimulatedOperators(self.environment, self.rehearsal.proposal.plan, self.reporter.show_line)
        result: RunResult | None = None
        async with self.environment.program(current_operator(), self.reporter.show_line) as program:
            program.journal.on_intent = operators.on_step
            if self.injection:
                self.injection.into(program.kill_switch, program.journal, program.transport)
            try:
                result = await work(Runner(program.tools))
            except* Killed:
                self.reporter.show_line("(the program is killed here)")
            except* BoksExporterError as errors:
                result = RunResult(Exit.INTERNAL, tuple(str(error) for error in errors.exceptions))
            finally:
                await operators.cancel()
        await self._settle()
        self.rehearsal.commands.append(TwinCommand(command, result))
        for sentence in result.sentences if result else ():
            self.reporter.show_line(sentence)
        if result:
            self.reporter.show_line(f"exit {int(result.exit)}" + (f", run {result.run}" if result.run else ""))
        return result

    async def _settle(self) -> None:
        """Remove the fault, so that it does not strike the next command."""
        if self.injection is None:
            return
        self.injection.out()
        self.rehearsal.happened = self.injection.happened
        for task in self.injection.tasks:
            await task
        self.injection = None
        self.environment.set_connection_faults(lambda _host, _line: None)

    async def _continue(self, result: RunResult | None) -> None:
        """Type the printed commands, at most three; the first one is that of the injected fault."""
        injected = self.rehearsal.injected
        for turn in range(_ROUNDS):
            self.rehearsal.still_open = run = await self._open_run()
            if run is None:
                return
            word = self._next_word(result, turn)
            if word is None:
                return
            await self._pass_time(turn, is_down=injected is not None and injected.fault is StepFault.REBOOTS)
            before, result = result, await self._command(f"{word} {run}", _reopening(word, run))
            if result == before and not self._end_by_hand():
                break
        self.rehearsal.still_open = await self._open_run()

    def _next_word(self, result: RunResult | None, turn: int) -> str | None:
        if turn == 0 and (injected := self.rehearsal.injected):
            return injected.then
        names = [command.name for command in (result.next if result else ()) if command.name in _REOPENING]
        return names[0] if names else None

    async def _pass_time(self, turn: int, *, is_down: bool) -> None:
        seconds = _REBOOT_SECONDS if is_down and turn == 0 else _TYPING_SECONDS
        self.reporter.show_line(f"({seconds:.0f} s later)")
        await self.environment.time.sleep(seconds)

    def _end_by_hand(self) -> bool:
        """End hanging commands, as an operator does on the host; returns whether there were any."""
        self.environment.catch_up()
        hanging = [
            (name, record)
            for name, state in self.environment.gates.states.items()
            for record in state.records.values()
            if record.state == "running"
        ]
        for name, record in hanging:
            self.reporter.show_line(f"(by hand: the command that hangs on {name} is ended there)")
            record.interrupt()
        return bool(hanging)

    async def _other_operator(self) -> None:
        """Run a promotion of another replica from another machine, with every finding accepted that can be."""
        facts, plan = self.rehearsal.proposal.facts, self.rehearsal.proposal.plan
        replicas = [seen.host for seen in facts.snapshot.observed() if seen.role is Role.REPLICA]
        target = next((name for name in replicas if name != plan.target), plan.target)
        procedure = Procedure.SWITCHOVER if self.environment.domain.masters() else Procedure.PROMOTE
        async with self.environment.program(_OTHER, lambda _: None, journal="other.sqlite") as program:
            try:
                result = await _apply_with_acceptances(program, procedure, target, self._known(program))
            except BoksExporterError as error:
                result = RunResult(Exit.INTERNAL, (str(error),))
        self.reporter.show_line(
            f"(another operator: {procedure} {target}: exit {int(result.exit)}, {result.sentences[0]})"
        )

    # -- the end -------------------------------------------------------------------------------------------------------

    async def _open_run(self) -> str | None:
        async with self.environment.program(current_operator(), lambda _: None) as program:
            runs = program.journal.runs(self.environment.known.settings.name)
            self.run = runs[0].name if runs else None
            return next((run.name for run in runs if run.is_open), None)

    def _is_from_live(self, breach: Breach) -> bool:
        """Return whether the live domain had these masters before the rehearsal."""
        return breach.invariant is Invariant.TWO_MASTERS and self.masters.issuperset(breach.hosts)

    def _is_accepted(self, breach: Breach) -> bool:
        """Return whether moving aside the last copy of updates was accepted by name."""
        is_aside = breach.invariant is Invariant.LAST_COPY_MOVED_ASIDE
        return is_aside and bool(self.order.acceptances.guards & {Guard.UPDATES_ONLY_HERE, Guard.STALE_DATABASE})

    async def _conclude(self) -> None:
        """Poll once more, and then compare with the simulator's own truth, which no command sees."""
        environment, rehearsal = self.environment, self.rehearsal
        async with environment.program(current_operator(), lambda _: None) as program:
            rehearsal.steps = program.journal.steps(self.run) if self.run else ()
            await program.tools.survey.observe(self._known(program))
            await environment.time.sleep(_LISTING_SECONDS)
            rehearsal.afterwards = await program.tools.survey.observe(self._known(program))
        environment.catch_up()
        rehearsal.masters = running_masters(environment.domain)
        new = [breach for breach in environment.observer.breaches if not self._is_from_live(breach)]
        rehearsal.accepted_breaches = tuple(breach for breach in new if self._is_accepted(breach))
        rehearsal.breaches = tuple(breach for breach in new if not self._is_accepted(breach))
        if rehearsal.breaches:
            rehearsal.exit = Exit.INTERNAL


def _reopening(word: str, run: str) -> Work:
    return lambda runner: runner.resume(run) if word == "resume" else runner.abort(run)


async def _apply_with_acceptances(
    program: Program, procedure: Procedure, target: str, journal: JournalView
) -> RunResult:
    tools = program.tools
    proposal = await propose(tools.survey, procedure, target, tools.limits, journal)
    accepted = tuple(
        Acceptance(each.guard, "rehearsed", each.host) for each in proposal.findings if each.matters and each.acceptable
    )
    order = Order(procedure=procedure, target=target, accepted=accepted, reason="rehearsed")
    return await Runner(tools).apply(order, proposal.fingerprint)
