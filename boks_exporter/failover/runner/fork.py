"""The fork point of a run: what each copy has right before a replica becomes master."""

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import ForkPoint
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.proofs.copies import last_reading, shortfall
from boks_exporter.remote.operator_requests import RunName


def fork_point(run: RunName, plan: Plan, facts: FailoverFacts) -> ForkPoint:
    """Return the numbers of the candidate, and what other copies are known to have above them."""
    numbers = facts.numbers(plan.target) or {}
    copies = (last_reading(facts, host.name) for host in facts.snapshot.hosts)
    above = {reading.host: shortfall(numbers, reading.numbers) for reading in copies if reading is not None}
    return ForkPoint(
        run=run,
        old_master=plan.master,
        new_master=plan.target,
        numbers=numbers,
        above={host: tables for host, tables in above.items() if tables},
        at=facts.seen_at,
    )
