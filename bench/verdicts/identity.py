"""Which updates a copy holds that its master does not have and never will, by the identity of each update."""

from collections.abc import Iterator

from boks_exporter.model import TableNumber
from boks_exporter.simulator.domain.database import Database
from boks_exporter.simulator.domain.replica_data import Copy
from boks_exporter.simulator.domain.updates import Span, without


def excess(copy: Copy, database: Database, now: float) -> frozenset[TableNumber]:
    """Return the tables with such updates.

    A copy that follows the master's database holds nothing else in the tables without updates of its own.
    """
    held = copy.held(now)
    tables = copy.own.keys() & held.keys() if copy.database is database else held.keys()
    return frozenset(table for table in tables if without(held[table], _of_the_master(database, table, now)))


def _of_the_master(database: Database, table: TableNumber, now: float) -> Iterator[Span]:
    """Yield the updates of every generation that the master wrote."""
    for writes in database.tables.get(table, ()):
        if writes.born <= now:
            yield from writes.held(writes.number(now))
