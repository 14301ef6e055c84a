"""Findings about a host that do not decide its state."""

from collections.abc import Iterator

from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.table_names import table_name, tables_named
from boks_exporter.health.unread import not_compared
from boks_exporter.model import HostName
from boks_exporter.replication import Condition
from boks_exporter.text.formatting import in_words


def evidence(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the findings as sentences."""
    line, compared = facts.line(host), facts.comparison.replica(host)
    if (
        line
        and line.since_failure is not None
        and line.since_packet is not None
        and line.since_failure < line.since_packet
    ):
        yield f"the last failed update ({in_words(line.since_failure)} before) came after the last packet"
    lines = facts.snapshot.lines(host)
    if len(lines) > 1:
        times = "twice" if len(lines) == 2 else f"{len(lines)} times"  # noqa: PLR2004 - twice
        yield f"is listed {times}, as {' and as '.join(line.raw_status for line in lines)}"
    if compared and compared.not_compared and facts.snapshot.master is None:
        yield not_compared(compared.not_compared)
    for table, ignored in sorted(compared.excluded.items()) if compared else ():
        yield f"{table_name(table)} is not compared: its line is ignored by the configuration ({ignored.ignored})"
    if compared and compared.extra_tables:
        yield f"has {tables_named(compared.extra_tables)}, which the master does not have"
    if facts.snapshot.master is None and facts.history.has(host, Condition.APART):
        yield "was ahead or diverged when it was last compared with a master"
