"""The first database of a domain, and the database that a promoted replica continues with."""

import math
from random import Random
from typing import Final

from boks_exporter.model import Seconds, TableNumber
from boks_exporter.simulator.domain.database import Database, forked
from boks_exporter.simulator.domain.layout import Layout
from boks_exporter.simulator.domain.replica_data import Copy
from boks_exporter.simulator.domain.write_history import Writes

_DAY: Final = 86400
_SLOWEST: Final = 1e-4
"""A table's share of the writes below which it is not written at all."""


def first_database(layout: Layout, seed: int) -> Database:
    """Make every table with a number and a stamp as on a domain that is years old."""
    random = Random(f"{seed}/database")
    rates = shares(layout, random)
    tables = {}
    for table in sorted(layout.tables):
        start = int(10 ** random.uniform(0.5, 6))
        stamp = random.randint(12000, 13700) * _DAY + random.randint(0, _DAY - 1)
        tables[table] = [table_writes(layout, f"{seed}/{table}", start, float(stamp), rates[table], -math.inf)]
    return Database(tables)


def table_writes(layout: Layout, seed: str, start: int, stamp: Seconds, rate: float, born: Seconds) -> Writes:
    """Make one generation of one table."""
    writes = Writes(Random(seed), start, stamp, rate=rate, born=born)
    writes.bursts = max(1.0, layout.bursts)
    return writes


def shares(layout: Layout, random: Random) -> dict[TableNumber, float]:
    """Divide the writes: each table in a random order gets 60 % of what the one before it got."""
    order = list(layout.tables)
    random.shuffle(order)
    weights = {table: 0.6**place for place, table in enumerate(order)}
    total = sum(weights.values())
    return {
        table: layout.writes_per_second * weight / total if weight / total > _SLOWEST else 0.0
        for table, weight in weights.items()
    }


def promoted_database(copy: Copy, now: Seconds, seed: str) -> Database:
    """Continue from what a host holds: its numbers are the new master's, and what it lacks is lost."""
    tables: dict[TableNumber, list[Writes]] = {}
    if copy.database is None:
        return Database(tables)
    held = copy.held(now)
    for table, (number, stamp) in copy.numbers(now).items():
        random = Random(f"{seed}/{table}")
        source = copy.database.tables.get(table, [])
        if table in copy.foreign or not source:
            tables[table] = [Writes(random, number, stamp, rate=source[-1].rate if source else 0.0, born=now)]
            tables[table][-1].continues(held[table], number)
            continue
        position = copy.strays.get(table, copy.position).at(now)
        tables[table] = forked(table, source, position, random, more=copy.surplus.get(table, 0))
        tables[table][-1].stamp = stamp
        tables[table][-1].continues(held[table], number)
    return Database(tables)
