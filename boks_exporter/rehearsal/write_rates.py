"""The write rates of a live master's tables, from the history of earlier rounds."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.model import HostName, Seconds, TableNumber
from boks_exporter.replication import History

_WATCHED_SECONDS: Final[Seconds] = 60.0


def rates(
    facts: FailoverFacts, history: History, lead: HostName | None, reference: Numbers
) -> Iterator[tuple[TableNumber, float]]:
    """Yield each table's updates per second: from earlier rounds, or else from the two readings of this poll."""
    first = (facts.numbers(lead) if lead else None) or {}
    skew = max(facts.snapshot.skew or 0.0, _WATCHED_SECONDS / 6)
    for table, (number, _) in reference.items():
        known = history.tables.get(table)
        if known and history.master == lead:
            oldest = known.steps[0]
            span = facts.seen_at - oldest.at
            if span > _WATCHED_SECONDS and number > oldest.sequence:
                yield table, (number - oldest.sequence) / span
                continue
        if table in first and number > first[table][0]:
            yield table, (number - first[table][0]) / skew
