"""Rehearsals in which live hosts are assumed dead: they go down on the twin, as the exporter would have seen it."""

from dataclasses import replace
from typing import Final

from boks_exporter.failover.plan import difference
from boks_exporter.failover.runner import Order, Proposal, propose
from boks_exporter.model import Seconds
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.rehearsal.rehearsal_report import Rehearsal, Reporter
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
