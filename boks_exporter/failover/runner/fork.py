"""The fork point of a run: what each copy has right before a replica becomes master."""

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import ForkPoint
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.proofs.own_updates import common_numbers, last_reading, shortfall
from boks_exporter.model import HostName
from boks_exporter.remote.operator_requests import RunName


def fork_point(run: RunName, plan: Plan, facts: FailoverFacts) -> ForkPoint:
    """Return the numbers of the candidate, and what other copies are known to have above them.

    Of a candidate with updates of its own, other copies have others under the same numbers.
    """
    numbers, above = common_numbers(facts, plan.target), dict[HostName, dict[int, int]]()
    for host in facts.snapshot.hosts:
        reading = last_reading(facts, host.name)
        more = shortfall(numbers, reading.numbers) if reading and host.name != plan.target else {}
        if more or _is_settled(facts, plan, host.name):
            above[host.name] = more
    return ForkPoint(
        run=run, old_master=plan.master, new_master=plan.target, numbers=numbers, above=above, at=facts.seen_at
    )


def _is_settled(facts: FailoverFacts, plan: Plan, host: HostName) -> bool:
    """Return whether all that a copy has was read: it shows it now, or it was the master, and is stopped."""
    reading, last, ready = facts.reading(host), facts.readings.get(host), facts.readiness(host)
    if reading is not None:
        return host == plan.target or (reading.is_final and not reading.unread)
    has_none = ready is not None and ready.database_present is False
    return has_none or bool(host == plan.master and last and last.is_final)
