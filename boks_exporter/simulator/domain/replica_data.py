"""A host's own data: a copy of a database as it was some time before, with its deviations."""

import math
from dataclasses import dataclass, field, replace
from typing import Final

from boks_exporter.model import Seconds, Sequence, TableNumber
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.updates import HeldUpdates, Span, Updates, new_origin, without

CATCH_UP_SPEED: Final = 60.0
"""Seconds of missed updates that a replica applies in one second once it receives them again."""

SEQUENCE_FILE: Final = "sequence"
_FROZEN: Final = math.inf


@dataclass(frozen=True, slots=True)
class Position:
    """The instant of the master up to which a copy has all updates, as a function of time.

    Normally `delay` ago, or the last full `batch`; after a break it catches up faster than time.
    """

    at_least: Seconds
    since: Seconds = 0.0
    delay: Seconds = _FROZEN
    batch: Seconds = 0.0

    def at(self, now: Seconds) -> Seconds:
        newest = now - self.delay
        if self.batch and newest > 0:
            newest -= newest % self.batch
        running = self.at_least + CATCH_UP_SPEED * (now - self.since)
        return max(self.at_least, min(newest, running))

    def frozen(self, now: Seconds) -> "Position":
        return Position(self.at(now))

    def following(self, now: Seconds, delay: Seconds, batch: Seconds, since: Seconds) -> "Position":
        """Continue from here at an instant that may still lie ahead."""
        return Position(self.at(now), since, delay, batch)


@dataclass(frozen=True, slots=True)
class Loading:
    """The time during which an empty copy receives its tables one by one."""

    begun: Seconds
    ends: Seconds


def table_file(table: TableNumber) -> str:
    """Return the name of a table's file."""
    return f"tab{table}.dat"


@dataclass(slots=True)
class Copy:
    """What a host's data files hold; `database` is None where they were removed."""

    database: Database | None
    position: Position
    strays: dict[TableNumber, Position] = field(default_factory=dict)
    """Tables that are at another position than the rest."""
    stuck: set[TableNumber] = field(default_factory=set)
    """Strays that receive no updates although the host does."""
    surplus: dict[TableNumber, int] = field(default_factory=dict)
    """Updates that the master never had."""
    foreign: dict[TableNumber, tuple[Sequence, Seconds]] = field(default_factory=dict)
    """Tables of another generation, whatever the master writes."""
    own: HeldUpdates = field(default_factory=dict)
    """Updates that this host holds and the database that it follows does not."""
    absent: set[TableNumber] = field(default_factory=set)
    stamps: dict[TableNumber, Seconds] = field(default_factory=dict)
    """Stamps that are not the master's."""
    loading: Loading | None = None
    elsewhere: set[str] = field(default_factory=set)
    """Files of the database that are not in their place."""

    def clone(self) -> "Copy":
        """Return a copy of the same data that can change on its own."""
        return replace(
            self,
            strays=dict(self.strays),
            stuck=set(self.stuck),
            surplus=dict(self.surplus),
            foreign=dict(self.foreign),
            own=dict(self.own),
            absent=set(self.absent),
            stamps=dict(self.stamps),
            elsewhere=set(self.elsewhere),
        )

    def numbers(self, now: Seconds) -> Numbers:
        """Return number and stamp of every table at an instant."""
        if self.database is None:
            return {}
        numbers = self.database.numbers(self.position.at(now))
        for table, stray in self.strays.items():
            _put(numbers, table, self.database.number(table, stray.at(now)))
        return self._spoilt(numbers, now)

    def held(self, now: Seconds) -> HeldUpdates:
        """Return the identities of the updates in every table."""
        numbers = self.numbers(now)
        return {table: self._followed(table, now) + self.own.get(table, ()) for table in numbers}

    def _followed(self, table: TableNumber, now: Seconds) -> Updates:
        """Return the updates of a table that came from the database that it follows."""
        at = self.strays.get(table, self.position).at(now)
        writes = self.database.generation(table, at) if self.database and table not in self.foreign else None
        return writes.held(writes.number(at)) if writes else ()

    def add_own(self, table: TableNumber, after: Sequence, upto: Sequence) -> None:
        """Add updates that no other host has."""
        self.own[table] = (*self.own.get(table, ()), Span(new_origin(), after, upto))

    def _spoilt(self, numbers: Numbers, now: Seconds) -> Numbers:
        for table, more in self.surplus.items():
            if table in numbers:
                numbers[table] = (numbers[table][0] + more, numbers[table][1])
        numbers |= self.foreign
        for table, stamp in self.stamps.items():
            if table in numbers:
                numbers[table] = (numbers[table][0], stamp)
        for table in self.absent:
            numbers.pop(table, None)
        for table in tuple(numbers) if self.elsewhere else ():
            if table_file(table) in self.elsewhere:
                del numbers[table]
        if self.loading and self.is_loading(now):
            done = max(0.0, (now - self.loading.begun) / (self.loading.ends - self.loading.begun))
            numbers = dict(sorted(numbers.items())[: int(done * len(numbers))])
        return numbers

    def is_there(self, now: Seconds) -> bool:
        """Return whether there are files, which a reload removes before it begins."""
        return self.database is not None and not (self.loading and now < self.loading.begun)

    def is_loading(self, now: Seconds) -> bool:
        """Return whether tables are still missing."""
        return self.loading is not None and now < self.loading.ends

    def freeze(self, now: Seconds) -> None:
        self.position = self.position.frozen(now)
        self.strays = {table: stray.frozen(now) for table, stray in self.strays.items()}

    def follow(self, now: Seconds, delay: Seconds, batch: Seconds, since: Seconds) -> None:
        """Receive updates again from an instant on; stuck tables stay stuck."""
        self.position = self.position.following(now, delay, batch, since)
        strays = {table: stray for table, stray in self.strays.items() if table in self.stuck}
        for table in self.strays.keys() - self.stuck:
            if self.strays[table].at(now) != self.position.at(now):
                strays[table] = self.strays[table].following(now, delay, batch, since)
        self.strays = strays

    def stick(self, table: TableNumber, now: Seconds) -> None:
        """Stop applying updates of one table."""
        self.strays[table] = self.strays.get(table, self.position).frozen(now)
        self.stuck.add(table)

    def unstick(self, table: TableNumber, now: Seconds) -> None:
        """Apply a stuck table's updates again."""
        self.stuck.discard(table)
        self.strays[table] = replace(self.position, at_least=self.strays[table].at(now), since=now)

    def rebased(self, new: Database, now: Seconds) -> "Copy":
        """Describe the same data as a copy of another database: behind it, ahead of it, or of another generation."""
        copy = Copy(new, self.position.frozen(now), stamps=dict(self.stamps), absent=set(self.absent))
        copy.elsewhere = set(self.elsewhere)
        base, before = copy.position.at(now), self.held(now)
        for table, (number, stamp) in self.numbers(now).items():
            generations = [each for each in new.tables.get(table, ()) if table in self.stamps or each.stamp == stamp]
            surplus = number - generations[-1].number(now) if generations else 0
            if not generations or (surplus > 0 and generations[-1] is not new.tables[table][-1]):
                copy.foreign[table] = (number, stamp)
                continue
            generation = generations[-1]
            if surplus > 0:
                copy.surplus[table] = surplus
                copy.strays[table] = Position(now)
            elif table in self.stuck or new.number(table, base) != (number, generation.stamp):
                copy.strays[table] = Position(generation.written_at(number) or max(0.0, generation.born))
        copy.stuck = self.stuck & copy.strays.keys()
        followed = copy.held(now)
        copy.own = {table: own for table in before if (own := without(before[table], followed.get(table, ())))}
        return copy


def _put(numbers: Numbers, table: TableNumber, number: tuple[Sequence, Seconds] | None) -> None:
    if number is None:
        numbers.pop(table, None)
    else:
        numbers[table] = number
