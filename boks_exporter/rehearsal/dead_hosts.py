"""Take hosts for dead that live: the twin sees them die, as the exporter would have seen it."""

from dataclasses import replace
from typing import Final

from boks_exporter.failover.plan import difference
from boks_exporter.failover.runner import Order, Proposal, propose
from boks_exporter.model import Seconds
from boks_exporter.rehearsal.environment import Stage
from boks_exporter.rehearsal.rehearsal_report import Audience, Rehearsal
from boks_exporter.simulator.domain import Fault

_SINCE: Final[Seconds] = 60.0


async def supposed(stage: Stage, rehearsal: Rehearsal, order: Order, audience: Audience) -> Proposal:
    """Look at the twin while all is as it is, let the hosts die, and propose a minute later."""
    survey = stage.survey(stage.operator)
    before = await propose(survey, order.procedure, order.target, stage.known.limits, stage.known.journal)
    rehearsal.differences = difference(rehearsal.live.basis, before.basis)
    audience.see_twin(rehearsal.differences)
    stage.known = replace(
        stage.known,
        history=survey.history,
        readings=dict(survey.readings),
        last_known_master=before.facts.snapshot.last_known_master,
    )
    stage.catch_up()
    for name in rehearsal.dead:
        stage.domain.set_fault(name, Fault.MASTER_DEAD)
    await stage.time.sleep(_SINCE)
    stage.catch_up()
    return await propose(
        stage.survey(stage.operator), order.procedure, order.target, stage.known.limits, stage.known.journal
    )
