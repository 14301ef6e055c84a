"""Rehearse a failover: look at the live domain, build its twin, and let the real runner do it there."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from boks_exporter.app.failover_wiring import ManagedDomain, looking
from boks_exporter.failover.facts import FailoverFacts, JournalView
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.preflight import blocking_findings, exit_for
from boks_exporter.failover.runner import Order, Proposal, propose
from boks_exporter.model import Host, HostName
from boks_exporter.rehearsal.dead_hosts import supposed
from boks_exporter.rehearsal.environment import Known, Stage
from boks_exporter.rehearsal.fault_spec import RehearsalError, Wish, step_number
from boks_exporter.rehearsal.rehearsal_report import Audience, Rehearsal
from boks_exporter.rehearsal.session import Playing
from boks_exporter.rehearsal.ssh_twin import served_twin

OpenStage: TypeAlias = Callable[[Known, FailoverFacts, Path], AbstractAsyncContextManager[Stage]]


async def rehearse(
    domain: ManagedDomain, order: Order, audience: Audience, wish: Wish | None = None, dead: tuple[HostName, ...] = ()
) -> Rehearsal:
    """Look at the live domain, and rehearse what may be done there; raises RehearsalError for what does not exist."""
    known, live = await _look(domain, order)
    return await rehearse_there(known, Rehearsal(live=live, wish=wish, dead=dead), order, audience)


async def rehearse_there(
    known: Known, rehearsal: Rehearsal, order: Order, audience: Audience, open_stage: OpenStage = served_twin
) -> Rehearsal:
    """Rehearse what was proposed for a live domain."""
    live, wish = rehearsal.live, rehearsal.wish
    for name in (order.target, *rehearsal.dead):
        if live.facts.host(name) is None:
            raise _unknown(name, live.facts.snapshot.hosts)
    if wish and live.plan.steps and not rehearsal.dead:
        step_number(live, wish)
    audience.see_live(live)
    if not rehearsal.dead and _is_refused(rehearsal, order):
        return rehearsal
    with TemporaryDirectory(prefix="boks-exporter-rehearsal-") as directory:
        async with open_stage(known, live.facts, Path(directory)) as stage:
            if rehearsal.dead:
                rehearsal.supposed = await supposed(stage, rehearsal, order, audience)
                audience.see_supposed(rehearsal.dead, rehearsal.supposed)
                if _is_refused(rehearsal, order):
                    return rehearsal
            number = step_number(rehearsal.proposal, wish) if wish else 0
            await Playing(stage, rehearsal, order, number, audience).play()
            return rehearsal


def _is_refused(rehearsal: Rehearsal, order: Order) -> bool:
    """Tell whether the real command would be refused, and how it would end."""
    rehearsal.left = blocking_findings(rehearsal.proposal.findings, order.guards)
    if not rehearsal.left and rehearsal.proposal.plan.steps:
        return False
    rehearsal.exit = exit_for(rehearsal.left) if rehearsal.left else Exit.REFUSED
    return True


def _unknown(name: HostName, hosts: Iterable[Host]) -> RehearsalError:
    return RehearsalError(f"{name} is no host of the domain; there are: {', '.join(host.name for host in hosts)}")


async def _look(domain: ManagedDomain, order: Order) -> tuple[Known, Proposal]:
    """Look at the live domain by what can change nothing; the journal is only read, and none is made."""
    if not domain.domain.discover and order.target not in {host.name for host in domain.domain.hosts}:
        raise _unknown(order.target, domain.domain.hosts)
    view = JournalView()
    if domain.failover.journal.exists():
        with Journal(domain.failover.journal, is_read_only=True) as journal:
            view = journal.view(domain.domain.name)
    async with looking(domain) as survey:
        known = Known(
            settings=domain.domain,
            limits=domain.limits,
            timeout_seconds=domain.settings.poll.timeout_seconds,
            history=survey.history,
            last_known_master=survey.last_known_master,
            readings=dict(survey.readings),
            journal=view,
            paths=domain.ssh.paths,
        )
        live = await propose(survey, order.procedure, order.target, domain.limits, view)
    settings = replace(domain.domain, hosts=live.facts.snapshot.hosts, discover=False)
    return replace(known, settings=settings), live
