"""Tables of a replica that could not be compared with the master's, each with its reason.

A line that cannot be read hides a table if it begins like a row, if it names the table, or if a known table is missing
in the same output. A form of line that all servers print in the same way is no such line, unless it begins like a row
or a known table is missing.
"""

import math
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from boks_exporter.model import DomainSnapshot, HostName, Observed, SequenceReport, TableNumber, UnreadLine
from boks_exporter.replication.brackets import KEPT_PAIRS, readings_around
from boks_exporter.replication.history import History


class Obstacle(StrEnum):
    """Why a table could not be compared."""

    UNREAD = "unread"
    """It is, or may be, in a line that could not be read."""
    CHANGED = "changed"
    """The master's number went back, changed its stamp or disappeared between the master's two readings."""
    STAMP = "stamp"
    """Only one of the two servers printed a stamp that could be read."""
    EXTRA = "extra"
    """The replica has it, and the master, read before and after it, does not: how far ahead it is, is unknown."""


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A table that could not be compared; `table` is None where a line may hide any table.

    `host` printed `text`, or is the server whose number is not usable.
    """

    table: TableNumber | None
    host: HostName
    obstacle: Obstacle
    text: str = ""


@lru_cache(maxsize=KEPT_PAIRS)
def is_plain(shown: SequenceReport, before: SequenceReport | None, after: SequenceReport | None) -> bool:
    """Return whether nothing keeps a table of an output from being compared: no line that is not read, no change."""
    readings = [reading for reading in (before, after) if reading]
    if any(report.unread_lines for report in (shown, *readings)):
        return False
    if before and after and (_changed(before, after) or _extra(shown, before, after)):
        return False
    return not any(_one_sided_stamps(shown, reading) for reading in readings)


def not_compared(snapshot: DomainSnapshot, seen: Observed, history: History) -> tuple[NotCompared, ...]:
    """Find the tables of a replica that could not be compared in this round, each once; a line of any table is last."""
    if seen.sequences is None:
        return ()
    found: dict[TableNumber | None, NotCompared] = {}
    for each in _obstacles(snapshot, seen, seen.sequences, history):
        found.setdefault(each.table, each)
    return tuple(found[table] for table in sorted(found, key=lambda table: math.inf if table is None else table))


def _obstacles(
    snapshot: DomainSnapshot, seen: Observed, shown: SequenceReport, history: History
) -> Iterator[NotCompared]:
    before, after = readings_around(snapshot, seen)
    readings = [reading for reading in (before, after) if reading]
    if shown.unread_lines or any(reading.sequences.unread_lines for reading in readings):
        yield from _hidden(snapshot, seen, shown, history)
    if before and after:
        for table in _changed(before.sequences, after.sequences):
            yield NotCompared(table, before.host, Obstacle.CHANGED)
        for table in _extra(shown, before.sequences, after.sequences):
            yield NotCompared(table, seen.host, Obstacle.EXTRA)
    for reading in readings:
        for table in _one_sided_stamps(shown, reading.sequences):
            printed = shown.stamps[table] is not None
            yield NotCompared(table, reading.host if printed else seen.host, Obstacle.STAMP)


def _hidden(snapshot: DomainSnapshot, seen: Observed, shown: SequenceReport, history: History) -> Iterator[NotCompared]:
    """Find the tables that lines of the replica or of the master may hide."""
    before, after = readings_around(snapshot, seen)
    common = history.common_forms
    remembered = history.tables.keys() if history.master == snapshot.master else frozenset[TableNumber]()
    lower = before.sequences if before else SequenceReport(())
    yield from hidden_in(seen.host, shown, common, known=lower.numbers.keys() | remembered, other=lower)
    for reading in [reading for reading in (before, after) if reading]:
        known = shown.numbers.keys() | remembered
        yield from hidden_in(reading.host, reading.sequences, common, known=known, other=shown)


def hidden_in(
    host: HostName,
    shown: SequenceReport,
    common_forms: AbstractSet[str],
    known: Iterable[TableNumber],
    other: SequenceReport | None = None,
    *,
    with_ignored: bool = False,
) -> Iterator[NotCompared]:
    """Find the tables that the unread lines of one output hide, or may hide.

    Where any of several lines may be a missing table, one that the other server's output does not have is shown.
    Lines that the configuration ignores hide nothing, or with `with_ignored` the tables that they name.
    """
    suspect = shown.suspect_lines
    for line in shown.unread_lines if with_ignored else suspect:
        if line.hides_any_table:
            yield NotCompared(None, host, Obstacle.UNREAD, line.text)
        elif line.tables and (line.is_row or line.form not in common_forms):
            yield from (NotCompared(table, host, Obstacle.UNREAD, line.text) for table in line.tables)
    missing = set(known) - {row.table for row in shown.tables} - shown.ignored_tables.keys() if suspect else ()
    if missing:
        usual = common_forms | {line.form for line in other.unread_lines} if other else common_forms
        text = next((line.text for line in suspect if line.form not in usual), suspect[0].text)
        yield from (NotCompared(table, host, Obstacle.UNREAD, text) for table in sorted(missing))


def excluded_tables(snapshot: DomainSnapshot, seen: Observed) -> dict[TableNumber, UnreadLine]:
    """Find the tables without a number on one of the servers whose lines the configuration ignores."""
    readings = (reading.sequences for reading in readings_around(snapshot, seen) if reading)
    reports = (*readings, *((seen.sequences,) if seen.sequences else ()))
    return {table: line for report in reports for table, line in report.ignored_tables.items()}


@lru_cache(maxsize=KEPT_PAIRS)
def _extra(shown: SequenceReport, before: SequenceReport, after: SequenceReport) -> tuple[TableNumber, ...]:
    """Return the tables of a replica that its master printed in no line, neither before nor after it."""
    printed = {*before.numbers, *before.ignored_tables, *after.numbers, *after.ignored_tables}
    return tuple(row.table for row in shown.tables if row.table not in printed)


@lru_cache(maxsize=KEPT_PAIRS)
def _changed(before: SequenceReport, after: SequenceReport) -> tuple[TableNumber, ...]:
    """Return the tables whose number went back, whose stamp changed, or that disappeared between two readings."""
    rows = after.by_table()
    later = ((row, rows.get(row.table)) for row in before.tables)
    return tuple(
        row.table for row, now in later if now is None or now.sequence < row.sequence or now.stamp != row.stamp
    )


@lru_cache(maxsize=KEPT_PAIRS)
def _one_sided_stamps(shown: SequenceReport, of_master: SequenceReport) -> tuple[TableNumber, ...]:
    """Return the tables of which only one of two servers printed a stamp."""
    rows = of_master.by_table()
    both = ((row, rows.get(row.table)) for row in shown.tables)
    return tuple(row.table for row, theirs in both if theirs and (row.stamp is None) != (theirs.stamp is None))
