"""Rehearse a failover: look at the live domain, build its twin, and let the real runner do it there."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from boks_exporter.app.failover import Domain, looking
from boks_exporter.app.rehearsal.loopback import served_twin
from boks_exporter.app.rehearsal.playing import Playing
from boks_exporter.app.rehearsal.stage import Known, Stage
from boks_exporter.app.rehearsal.told import Audience, Rehearsal
from boks_exporter.app.rehearsal.wish import RehearsalError, Wish, step_number
from boks_exporter.failover.facts import FailoverFacts, JournalView
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.preflight import exit_for, standing
from boks_exporter.failover.runner import Order, Proposal, propose
from boks_exporter.failover.words import Exit
from boks_exporter.model import Host, HostName

OpenStage: TypeAlias = Callable[[Known, FailoverFacts, Path], AbstractAsyncContextManager[Stage]]


async def rehearse(domain: Domain, order: Order, wish: Wish | None, audience: Audience) -> Rehearsal:
    """Look at the live domain, and rehearse what may be done there; raises RehearsalError for what does not exist."""
    known, live = await _look(domain, order)
    return await rehearse_there(known, live, order, wish, audience)


async def rehearse_there(
    known: Known,
    live: Proposal,
    order: Order,
    wish: Wish | None,
    audience: Audience,
    open_stage: OpenStage = served_twin,
) -> Rehearsal:
    """Rehearse what was proposed for a live domain."""
    if live.facts.host(order.target) is None:
        raise _unknown(order.target, live.facts.snapshot.hosts)
    number = step_number(live, wish) if wish and live.plan.steps else 0
    audience.see_live(live)
    left = standing(live.findings, order.guards)
    if left or not live.plan.steps:
        return Rehearsal(live=live, exit=exit_for(left) if left else Exit.REFUSED, left=left, wish=wish)
    with TemporaryDirectory(prefix="boks-exporter-rehearsal-") as directory:
        async with open_stage(known, live.facts, Path(directory)) as stage:
            rehearsal = Rehearsal(live=live, exit=Exit.INTERNAL, wish=wish)
            await Playing(stage, rehearsal, order, number, audience).play()
            return rehearsal


def _unknown(name: HostName, hosts: Iterable[Host]) -> RehearsalError:
    return RehearsalError(f"{name} is no host of the domain; there are: {', '.join(host.name for host in hosts)}")


async def _look(domain: Domain, order: Order) -> tuple[Known, Proposal]:
    """Look at the live domain by what can change nothing; the journal is only read, and none is made."""
    if not domain.domain.discover and order.target not in {host.name for host in domain.domain.hosts}:
        raise _unknown(order.target, domain.domain.hosts)
    view = JournalView()
    if domain.failover.journal.exists():
        with Journal(domain.failover.journal, is_read_only=True) as journal:
            view = journal.view(domain.domain.name)
    async with looking(domain) as survey:
        survey.journal = lambda: view
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
        live = await propose(survey, order.procedure, order.target, domain.limits)
    settings = replace(domain.domain, hosts=live.facts.snapshot.hosts, discover=False)
    return replace(known, settings=settings), live
