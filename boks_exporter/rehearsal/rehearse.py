"""Rehearse a failover: poll the live domain, build its twin, and run the real plan there."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from boks_exporter.app.failover_wiring import ManagedDomain, open_survey
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan import difference
from boks_exporter.failover.preflight import blocking_findings, exit_for
from boks_exporter.failover.runner import Order, Proposal, propose
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.rehearsal.environment import LiveKnowledge, TwinEnvironment
from boks_exporter.rehearsal.fault_spec import FaultSpec, RehearsalError, step_number
from boks_exporter.rehearsal.rehearsal_report import Rehearsal, Reporter
from boks_exporter.rehearsal.session import Session
from boks_exporter.rehearsal.ssh_twin import served_twin
from boks_exporter.simulator.domain import Fault

_DEAD_FOR: Final[Seconds] = 60.0


async def proposal_with_dead_hosts(
    environment: TwinEnvironment, rehearsal: Rehearsal, order: Order, reporter: Reporter
) -> Proposal:
    """Poll the twin, switch the hosts off, poll it again, and propose a plan one minute later."""
    survey = environment.survey(environment.operator)
    before = await propose(survey, order.procedure, order.target, environment.known.limits, environment.known.journal)
    rehearsal.differences = difference(rehearsal.live.basis, before.basis)
    reporter.show_differences(rehearsal.differences)
    environment.catch_up()
    for name in rehearsal.dead:
        environment.domain.set_fault(name, Fault.MASTER_DEAD)
    await survey.observe(environment.known.journal)
    environment.known = replace(
        environment.known,
        history=survey.history,
        readings=dict(survey.readings),
        last_known_master=before.facts.snapshot.last_known_master,
    )
    await environment.time.sleep(_DEAD_FOR)
    environment.catch_up()
    return await propose(
        environment.survey(environment.operator),
        order.procedure,
        order.target,
        environment.known.limits,
        environment.known.journal,
    )


OpenEnvironment: TypeAlias = Callable[
    [LiveKnowledge, FailoverFacts, Path], AbstractAsyncContextManager[TwinEnvironment]
]


async def rehearse(
    domain: ManagedDomain,
    order: Order,
    reporter: Reporter,
    injected: FaultSpec | None = None,
    dead: tuple[HostName, ...] = (),
) -> Rehearsal:
    """Poll the live domain and rehearse an order; raises RehearsalError for an unknown host, fault or step."""
    known, live = await _survey(domain, order)
    return await rehearse_there(known, Rehearsal(live=live, injected=injected, dead=dead), order, reporter)


async def rehearse_there(
    known: LiveKnowledge,
    rehearsal: Rehearsal,
    order: Order,
    reporter: Reporter,
    open_environment: OpenEnvironment = served_twin,
) -> Rehearsal:
    """Rehearse a proposal for a live domain."""
    live, injected = rehearsal.live, rehearsal.injected
    for name in (order.target, *rehearsal.dead):
        if live.facts.host(name) is None:
            raise _unknown(name, live.facts.snapshot.hosts)
    if injected and live.plan.steps and not rehearsal.dead:
        step_number(live, injected)
    reporter.show_live(live)
    if not rehearsal.dead and _is_refused(rehearsal, order):
        return rehearsal
    with TemporaryDirectory(prefix="boks-exporter-rehearsal-") as directory:
        async with open_environment(known, live.facts, Path(directory)) as environment:
            if rehearsal.dead:
                rehearsal.hypothetical = await proposal_with_dead_hosts(environment, rehearsal, order, reporter)
                reporter.show_hypothetical(rehearsal.dead, rehearsal.hypothetical)
                if _is_refused(rehearsal, order):
                    return rehearsal
            number = step_number(rehearsal.proposal, injected) if injected else 0
            await Session(environment, rehearsal, order, number, reporter).run_session()
            return rehearsal


def _is_refused(rehearsal: Rehearsal, order: Order) -> bool:
    """Store the findings that refuse the real command and its exit code; return whether there are any."""
    rehearsal.blocking = blocking_findings(rehearsal.proposal.findings, order.acceptances)
    if not rehearsal.blocking and rehearsal.proposal.plan.steps:
        return False
    rehearsal.exit = exit_for(rehearsal.blocking) if rehearsal.blocking else Exit.REFUSED
    return True


def _unknown(name: HostName, hosts: Iterable[Host]) -> RehearsalError:
    return RehearsalError(f"{name} is no host of the domain; there are: {', '.join(host.name for host in hosts)}")


async def _survey(domain: ManagedDomain, order: Order) -> tuple[LiveKnowledge, Proposal]:
    """Poll the live domain read-only; the journal is only read, and none is created."""
    if not domain.domain.discover and order.target not in {host.name for host in domain.domain.hosts}:
        raise _unknown(order.target, domain.domain.hosts)
    view = JournalView()
    if domain.failover.journal.exists():
        with Journal(domain.failover.journal, is_read_only=True) as journal:
            view = journal.view(domain.domain.name)
    async with open_survey(domain) as survey:
        known = LiveKnowledge(
            settings=domain.domain,
            limits=domain.limits,
            timeout_seconds=domain.settings.poll.timeout_seconds,
            history=survey.history,
            last_known_master=survey.last_known_master,
            readings=dict(survey.readings),
            knowledge_gap=survey.knowledge_gap,
            earlier=survey.earlier,
            journal=view,
            paths=domain.ssh.paths,
        )
        live = await propose(survey, order.procedure, order.target, domain.limits, view)
    settings = replace(domain.domain, hosts=live.facts.snapshot.hosts, discover=False)
    return replace(known, settings=settings), live
