"""A master's database: all tables with their generations, as functions of time."""

import math
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import TypeAlias

from boks_exporter.model import Seconds, Sequence, TableNumber
from boks_exporter.simulator.domain.write_history import Writes

Numbers: TypeAlias = dict[TableNumber, tuple[Sequence, Seconds]]
"""The number and the stamp of each table."""


class Database:
    """The updates that one master writes; its replicas are at an earlier point of the same history."""

    def __init__(self, tables: Mapping[TableNumber, list[Writes]]) -> None:
        """Store the generations of each table, oldest first."""
        self.tables = dict(tables)
        self._last_write: tuple[Seconds, Seconds | None] = (-math.inf, None)

    def __repr__(self) -> str:
        return f"<Database {len(self.tables)} tables>"

    def generation(self, table: TableNumber, at: Seconds) -> Writes | None:
        """Find the generation of a table that was valid at an instant; None before the table was made."""
        found = None
        for writes in self.tables.get(table, ()):
            if writes.born > at:
                break
            found = writes
        return found

    def number(self, table: TableNumber, at: Seconds) -> tuple[Sequence, Seconds] | None:
        """Return number and stamp of a table at an instant."""
        writes = self.generation(table, at)
        return (writes.number(at), writes.stamp) if writes else None

    def numbers(self, at: Seconds) -> Numbers:
        """Return number and stamp of every table at an instant."""
        found = ((table, self.number(table, at)) for table in self.tables)
        return {table: number for table, number in found if number}

    def last_write(self, at: Seconds) -> Seconds | None:
        """Return when the last update before an instant was written; cached, as every replica's line needs it."""
        if self._last_write[0] != at:
            writes = (self.generation(table, at) for table in self.tables)
            times = (written.last_write(at) for written in writes if written)
            self._last_write = (at, max((time for time in times if time is not None), default=None))
        return self._last_write[1]

    def stop(self, at: Seconds) -> None:
        """Stop writing at an instant."""
        self._last_write = (-math.inf, None)
        for writes in self._newest():
            writes.stop(at)

    def resume(self, at: Seconds) -> None:
        """Continue writing after an instant."""
        for writes in self._newest():
            writes.resume(at)

    def begin_generation(self, table: TableNumber, writes: Writes) -> None:
        """Add a generation to a table, or a new table."""
        if table in self.tables:
            self.tables[table][-1].stop(writes.born)
        self.tables.setdefault(table, []).append(writes)

    def busiest(self) -> Iterable[TableNumber]:
        """Return the tables by their write rate, the busiest first."""
        return sorted(self.tables, key=lambda table: -self.tables[table][-1].rate)

    def forget(self, before: Seconds) -> None:
        """Drop the instants of old updates."""
        for writes in self._newest():
            writes.forget(before)

    def _newest(self) -> Iterator[Writes]:
        return (generations[-1] for generations in self.tables.values())


def forked(table: TableNumber, source: list[Writes], at: Seconds, random: Random, *, more: int = 0) -> list[Writes]:
    """Copy a table's generations as they were at an instant; an empty list where the table was not there yet."""
    past = [writes for writes in source if writes.born <= at]
    copies = [writes.fork(Random(f"{random.random()}/{table}"), at) for writes in past]
    if more and copies:
        copies[-1] = past[-1].fork(random, at, more=more)
    return copies
