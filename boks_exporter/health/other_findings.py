"""Findings about a host that do not decide its state."""

from collections.abc import Iterator

from boks_exporter.health.machines import other_names
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.table_names import table_name, tables_named
from boks_exporter.health.unread import not_compared
from boks_exporter.model import HostName
from boks_exporter.text.formatting import at_time, in_words, updates


def evidence(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the findings as sentences."""
    yield from other_names(facts, host)
    line, compared = facts.line(host), facts.comparison.replica(host)
    if (
        line
        and line.since_failure is not None
        and line.since_packet is not None
        and line.since_failure < line.since_packet
    ):
        yield f"the last failed update ({in_words(line.since_failure)} before) came after the last packet"
    yield from _listed_last(facts, host)
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
    yield from _undecided(facts, host)


def _listed_last(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield what the last list showed of a discovered host, while there is no list."""
    known = facts.history.discovered.get(host)
    if facts.snapshot.listing is None and known and known.line:
        at = at_time(known.named_at, facts.snapshot.finished_at)
        packet = known.line.since_packet
        ago = f", the last packet {in_words(packet)} before" if packet is not None else ""
        yield f"a master's list last named it at {at}: {known.line.raw_status}{ago}"


def _undecided(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the tables whose bounds have left open for long whether the copy is ahead."""
    now, limit = facts.snapshot.finished_at, facts.thresholds.undecided_seconds
    compared = facts.comparison.replica(host)
    for number, since in facts.history.undecided.get(host, {}).items():
        table = compared.table(number) if compared else None
        if table and table.ahead_possible and now - since >= limit:
            most = f"by at most {updates(table.ahead_possible)}"
            age = in_words(now - since)
            yield f"whether it is ahead in {table_name(number)} has not been decided for {age}: {most}"
