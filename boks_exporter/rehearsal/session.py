"""Play a rehearsal on its stage: the plan of the twin, then what is typed until nothing is open any more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.app.failover_wiring import who_runs_this
from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.facts import JournalView
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal import Acceptance, Who
from boks_exporter.failover.plan import difference
from boks_exporter.failover.preflight import blocking_findings
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Proposal, Runner, RunResult, propose
from boks_exporter.model import HostName, Role, Seconds
from boks_exporter.rehearsal.environment import Program, Stage
from boks_exporter.rehearsal.fault_injection import StepFault, StepInjection
from boks_exporter.rehearsal.fault_spec import Wish
from boks_exporter.rehearsal.killable import Killed
from boks_exporter.rehearsal.rehearsal_report import Audience, Played, Rehearsal
from boks_exporter.rehearsal.simulated_operators import People, TwinConsole
from boks_exporter.simulator.domain.invariants import Breach, Invariant, running_masters

_REOPENING: Final = frozenset({"resume", "abort"})
_ROUNDS: Final = 3
_UNTIL_SOMEBODY_TYPES: Final[Seconds] = 60.0
_UNTIL_IT_IS_UP: Final[Seconds] = 240.0
_UNTIL_LISTED: Final[Seconds] = 90.0
"""So long a master takes to find every replica again after a restart."""
_OTHER: Final = Who(user="another", host="another-machine")

Work: TypeAlias = Callable[[Runner], Awaitable[RunResult]]


@dataclass
class Playing:
    """One rehearsal on its stage."""

    stage: Stage
    rehearsal: Rehearsal
    order: Order
    number: int
    audience: Audience
    run: str | None = None
    masters: frozenset[HostName] = frozenset()
    injection: StepInjection | None = None

    async def play(self) -> None:
        """Compare the plans, apply the twin's, and go on until no run is open or nobody knows how."""
        stage, rehearsal = self.stage, self.rehearsal
        began, self.masters = stage.time.now(), frozenset(running_masters(stage.domain))
        twin = await self._proposed()
        if rehearsal.supposed is None:
            rehearsal.differences = difference(rehearsal.live.basis, twin.basis)
            self.audience.see_twin(rehearsal.differences)
        if _steps(twin) != _steps(rehearsal.proposal) or blocking_findings(twin.findings, self.order.guards):
            return
        if rehearsal.wish:
            self._inject(rehearsal.wish)
        accepted = "".join(f" --accept {acceptance.guard}" for acceptance in self.order.accepted)
        reason = ' --reason "…"' if accepted else ""
        command = f"{self.order.procedure} {self.order.target}{accepted}{reason} --apply {twin.fingerprint}"
        await self._command(command, lambda runner: runner.apply(self.order, twin.fingerprint))
        first = rehearsal.commands[0].result
        rehearsal.exit = first.exit if first else Exit.RESULT_UNKNOWN
        await self._go_on(first)
        await self._conclude()
        rehearsal.took_seconds = stage.time.now() - began

    async def _proposed(self) -> Proposal:
        limits = self.stage.known.limits
        async with self.stage.program(who_runs_this(), lambda _: None) as program:
            return await propose(
                program.tools.survey, self.order.procedure, self.order.target, limits, self._known(program)
            )

    def _known(self, program: Program) -> JournalView:
        return program.journal.view(self.stage.known.settings.name)

    def _inject(self, wish: Wish) -> None:
        host = self.rehearsal.proposal.plan.step(self.number).host
        other = self._other_operator
        self.injection = StepInjection(wish.fault, self.number, host, self.stage.gates, other_operator=other)
        self.stage.let_break(self.injection.cut)

    # -- what is typed -------------------------------------------------------------------------------------------------

    async def _command(self, command: str, work: Work) -> RunResult | None:
        """Run one command as a program of its own; None where it was killed."""
        self.audience.see(f"twin$ boks-exporter failover {command}")
        console = TwinConsole(self.stage, self.audience.see)
        people = People(self.stage, self.rehearsal.proposal.plan, self.audience.see, console)
        result: RunResult | None = None
        async with self.stage.program(who_runs_this(), self.audience.see, console) as program:
            program.journal.on_intent = people.hear
            if self.injection:
                self.injection.into(program.life, program.journal, program.way)
            try:
                result = await work(Runner(program.tools))
            except* Killed:
                self.audience.see("(the program is killed here)")
            except* BoksExporterError as errors:
                result = RunResult(Exit.INTERNAL, tuple(str(error) for error in errors.exceptions))
            finally:
                await people.go_home()
        await self._settle()
        self.rehearsal.commands.append(Played(command, result))
        for sentence in result.sentences if result else ():
            self.audience.see(sentence)
        if result:
            self.audience.see(f"exit {int(result.exit)}" + (f", run {result.run}" if result.run else ""))
        return result

    async def _settle(self) -> None:
        """Let the fault be over: what happened once does not happen to the next command."""
        if self.injection is None:
            return
        self.injection.out()
        self.rehearsal.happened = self.injection.happened
        for task in self.injection.tasks:
            await task
        self.injection = None
        self.stage.let_break(lambda _host, _line: None)

    async def _go_on(self, result: RunResult | None) -> None:
        """Type what was printed, at most so often; the first time what was wished for."""
        wish = self.rehearsal.wish
        for turn in range(_ROUNDS):
            self.rehearsal.still_open = run = await self._open_run()
            if run is None:
                return
            word = self._next_word(result, turn)
            if word is None:
                return
            await self._pass_time(turn, is_down=wish is not None and wish.fault is StepFault.REBOOTS)
            before, result = result, await self._command(f"{word} {run}", _reopening(word, run))
            if result == before and not self._end_by_hand():
                break
        self.rehearsal.still_open = await self._open_run()

    def _next_word(self, result: RunResult | None, turn: int) -> str | None:
        if turn == 0 and (wish := self.rehearsal.wish):
            return wish.then
        names = [command.name for command in (result.next if result else ()) if command.name in _REOPENING]
        return names[0] if names else None

    async def _pass_time(self, turn: int, *, is_down: bool) -> None:
        seconds = _UNTIL_IT_IS_UP if is_down and turn == 0 else _UNTIL_SOMEBODY_TYPES
        self.audience.see(f"({seconds:.0f} s later)")
        await self.stage.time.sleep(seconds)

    def _end_by_hand(self) -> bool:
        """End what hangs on a host, as a person does who is told that it still runs; tell whether it was there."""
        self.stage.catch_up()
        hanging = [
            (name, record)
            for name, state in self.stage.gates.states.items()
            for record in state.records.values()
            if record.state == "running"
        ]
        for name, record in hanging:
            self.audience.see(f"(by hand: the command that hangs on {name} is ended there)")
            record.interrupt()
        return bool(hanging)

    async def _other_operator(self) -> None:
        """Let somebody on another machine try to take over with another replica, whatever may be accepted."""
        facts, plan = self.rehearsal.proposal.facts, self.rehearsal.proposal.plan
        replicas = [seen.host for seen in facts.snapshot.observed() if seen.role is Role.REPLICA]
        target = next((name for name in replicas if name != plan.target), plan.target)
        procedure = Procedure.SWITCHOVER if self.stage.domain.masters() else Procedure.PROMOTE
        async with self.stage.program(_OTHER, lambda _: None, journal="other.sqlite") as program:
            try:
                result = await _taken_over(program, procedure, target, self._known(program))
            except BoksExporterError as error:
                result = RunResult(Exit.INTERNAL, (str(error),))
        self.audience.see(f"(another operator: {procedure} {target}: exit {int(result.exit)}, {result.sentences[0]})")

    # -- what is left ----------------------------------------------------------------------------------------------

    async def _open_run(self) -> str | None:
        async with self.stage.program(who_runs_this(), lambda _: None) as program:
            runs = program.journal.runs(self.stage.known.settings.name)
            self.run = runs[0].name if runs else None
            return next((run.name for run in runs if run.is_open), None)

    def _was_so(self, breach: Breach) -> bool:
        """Tell whether the live domain was so broken already: nobody has made its masters in the rehearsal."""
        return breach.invariant is Invariant.TWO_MASTERS and self.masters.issuperset(breach.hosts)

    def _is_accepted(self, breach: Breach) -> bool:
        """Tell whether somebody took it upon himself that updates are moved aside which are in no other copy."""
        is_aside = breach.invariant is Invariant.LAST_COPY_MOVED_ASIDE
        return is_aside and bool(self.order.guards & {Guard.UPDATES_ONLY_HERE, Guard.STALE_DATABASE})

    async def _conclude(self) -> None:
        """Look once more, as anybody would, and then by the simulator's own truth, which no command sees."""
        stage, rehearsal = self.stage, self.rehearsal
        async with stage.program(who_runs_this(), lambda _: None) as program:
            rehearsal.steps = program.journal.steps(self.run) if self.run else ()
            await program.tools.survey.observe(self._known(program))
            await stage.time.sleep(_UNTIL_LISTED)
            rehearsal.afterwards = await program.tools.survey.observe(self._known(program))
        stage.catch_up()
        rehearsal.masters = running_masters(stage.domain)
        new = [breach for breach in stage.observer.breaches if not self._was_so(breach)]
        rehearsal.taken = tuple(breach for breach in new if self._is_accepted(breach))
        rehearsal.breaches = tuple(breach for breach in new if not self._is_accepted(breach))
        if rehearsal.breaches:
            rehearsal.exit = Exit.INTERNAL


def _reopening(word: str, run: str) -> Work:
    return lambda runner: runner.resume(run) if word == "resume" else runner.abort(run)


def _steps(proposal: Proposal) -> list[tuple[str, str]]:
    return [line for line in proposal.basis if line[0].startswith("step ")]


async def _taken_over(program: Program, procedure: Procedure, target: str, journal: JournalView) -> RunResult:
    tools = program.tools
    proposal = await propose(tools.survey, procedure, target, tools.limits, journal)
    taken = tuple(Acceptance(each.guard, "tried") for each in proposal.findings if each.matters and each.acceptable)
    order = Order(procedure=procedure, target=target, accepted=taken, reason="tried")
    return await Runner(tools).apply(order, proposal.fingerprint)
