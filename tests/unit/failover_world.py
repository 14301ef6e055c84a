"""A simulated domain with both gates on every host, a journal and a runner, on virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.journal import Journal, RunOwner
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.preflight import blocking_findings
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Proposal, Runner, RunResult, propose
from boks_exporter.failover.survey import Survey
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.operator_gate import OperatorGates
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_twin import virtual_environment

_Result = TypeVar("_Result")

MASTER, FIRST, SECOND, THIRD, CLIENT = "m1", "r1", "r2", "r3", "c1"


def layout(writes_per_second: float = 0.0) -> Layout:
    """Plan one master, three replicas and a client; nothing is written unless asked for."""
    roles = {MASTER: Boksinit.MASTER, FIRST: Boksinit.SERVER, SECOND: Boksinit.SERVER, THIRD: Boksinit.SERVER}
    plans = [
        HostPlan(name=name, address=f"192.0.2.{number}", role=roles.get(name, Boksinit.CLIENT), site="Amsterdam")
        for number, name in enumerate((MASTER, FIRST, SECOND, THIRD, CLIENT), 1)
    ]
    return Layout(hosts=tuple(plans), tables=(1, 6, 7, 9), writes_per_second=writes_per_second, loading_seconds=30.0)


@dataclass
class World:
    """Everything that a run meets, and what the simulator itself saw of it."""

    environment: TwinEnvironment
    said: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, path: Path, *, writes_per_second: float = 0.0, seed: int = 1) -> "World":
        domain = SimulatedDomain(layout(writes_per_second), seed=seed)
        return cls(virtual_environment(path, domain, "bank", last_known_master=MASTER))

    @property
    def path(self) -> Path:
        return self.environment.directory

    @property
    def domain(self) -> SimulatedDomain:
        return self.environment.domain

    @property
    def gates(self) -> OperatorGates:
        return self.environment.gates

    @property
    def observer(self) -> Observer:
        return self.environment.observer

    @property
    def way(self) -> Any:
        return self.environment.operator

    @property
    def limits(self) -> FailoverLimits:
        return self.environment.known.limits

    @limits.setter
    def limits(self, limits: FailoverLimits) -> None:
        self.environment.known = replace(self.environment.known, limits=limits)

    def survey(self) -> Survey:
        """Make the survey of a new process."""
        return self.environment.survey(self.way)

    def journal(self) -> Journal:
        return Journal(self.path / "journal.sqlite")

    def runner(self, journal: Journal, survey: Survey | None = None, **more: Any) -> Runner:
        """Make a runner on this world."""
        who = RunOwner(user="root", sudo_user="anna", terminal="pts/1", host="ops7", pid=7)
        tools = self.environment.tools(survey or self.survey(), self.way, journal, who, self.said.append)
        return Runner(replace(tools, **more))

    async def warm(self, survey: Survey) -> None:
        """Look a few times while all is well, as the exporter does all day."""
        for _ in range(3):
            await survey.observe(JournalView())
            await VirtualClock().sleep(30.0)

    async def bereaved(self) -> Survey:
        """Look while all is well, then let the master die; a minute later everybody has noticed."""
        survey = self.survey()
        await self.warm(survey)
        self.kill_master()
        await survey.observe(JournalView())
        await VirtualClock().sleep(30)
        return survey

    async def proposal(self, procedure: Procedure, target: str, survey: Survey | None = None) -> Proposal:
        """Show a plan, and keep it as the command line does."""
        survey = survey or self.survey()
        with self.journal() as journal:
            proposal = await propose(survey, procedure, target, self.limits, journal.view("bank"))
            journal.show(proposal.fingerprint, "bank", proposal.basis, proposal.findings, VirtualClock().now())
        return proposal

    async def apply(
        self,
        procedure: Procedure,
        target: str,
        *accepted: Guard | Acceptance,
        survey: Survey | None = None,
        **more: Any,
    ) -> RunResult:
        """Plan and apply at once."""
        survey = survey or self.survey()
        proposal = await self.proposal(procedure, target, survey)
        entries = tuple(each if isinstance(each, Acceptance) else Acceptance(each, "a test") for each in accepted)
        entries = entries or self.seen_off(proposal)
        blocking_findings(proposal.findings, Acceptances(entries))
        order = Order(procedure=procedure, target=target, accepted=entries, reason="a test")
        with self.journal() as journal:
            return await self.runner(journal, survey, **more).apply(order, proposal.fingerprint)

    async def apply_and_kill(
        self, procedure: Procedure, target: str, when: Callable[[], bool], survey: Survey | None = None
    ) -> None:
        """Apply a procedure and kill its process at the first preflight for which `when` holds."""
        if survey is None:
            survey = self.survey()
            await self.warm(survey)
        polls: list[str] = []

        def kill(_: str, line: str) -> None:
            if when() and line.endswith(" preflight"):
                polls.append(line)
                task = asyncio.current_task()
                if len(polls) == 1 and task is not None:
                    task.cancel()

        self.way.connection_fault = kill
        await asyncio.wait({asyncio.ensure_future(self.apply(procedure, target, survey=survey))})
        self.way.connection_fault = lambda _, __: None

    async def resume(self, run: str) -> RunResult:
        with self.journal() as journal:
            return await self.runner(journal).resume(run)

    async def abort(self, run: str) -> RunResult:
        with self.journal() as journal:
            return await self.runner(journal).abort(run)

    def seen_off(self, proposal: Proposal) -> tuple[Acceptance, ...]:
        """Accept that a former master is out where a person who goes there finds the machine off."""
        return tuple(
            Acceptance(finding.guard, "its power is off", finding.host)
            for finding in proposal.findings
            if finding.matters
            and finding.guard is Guard.OLD_MASTER_UNPROVEN
            and finding.host in self.domain.hosts
            and Fault.MASTER_DEAD in self.domain.hosts[finding.host].faults
        )

    def kill_master(self) -> None:
        self.domain.set_fault(MASTER, Fault.MASTER_DEAD)

    def register(self, host: str, master: str) -> None:
        """Change a host's type in the database, as an administrator does."""
        printed = self.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
        assert printed.exit_status == 0

    def sent(self) -> list[tuple[str, str]]:
        """Name what changed hosts, without the run's name."""
        words = [(host, line.split()) for _, host, line in self.way.heard]
        return [(host, " ".join(line[4:])) for host, line in words if line[2] == "do"]

    def roles(self) -> dict[str, str]:
        return {name: str(host.role) for name, host in self.domain.hosts.items()}

    def locks(self) -> dict[str, str]:
        return {name: state.lock.run for name, state in self.gates.states.items() if state.lock}


def virtually(scene: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Play a scene on virtual time."""
    return run_virtually(scene())
