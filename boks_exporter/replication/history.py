"""What earlier rounds taught: when each of the master's numbers was first seen, and which findings were there before.

Lag in seconds is the age of the oldest update that a replica has not got. No host's clock is trusted for it: an update
is as old as the time at which its number first showed on the master. Between two readings of the master that instant
is not known; the middle is taken, so the age is exact to half the time between two readings, which is less than one
poll interval, and to a whole interval where one round was lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    MasterReading,
    Role,
    Seconds,
    Sequence,
    TableNumber,
    TableSequence,
    Timestamp,
)
from boks_exporter.replication.conditions import Condition, Findings, Lasting, carried_on

MAX_STEPS: Final = 2048
"""Steps kept for one table: 17 hours of changes every 30 s. Beyond it pairs of the older half become one."""

Row: TypeAlias = tuple[str | int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The master's number of a table rose to `sequence` some time after `after` (None: unknown) and before `at`."""

    sequence: Sequence
    at: Timestamp
    after: Timestamp | None

    @property
    def when(self) -> Timestamp:
        """Estimate when it happened."""
        return self.at if self.after is None else (self.at + self.after) / 2


@dataclass(frozen=True, slots=True)
class TableHistory:
    """One table of the master: its stamp, since when it has had it, and its steps, oldest first."""

    stamp: Seconds | None
    since: Timestamp
    steps: tuple[Step, ...]
    read_at: Timestamp

    def read(self, row: TableSequence, reading: MasterReading) -> "TableHistory":
        """Learn from one more reading.

        A number that went back (a restore, or a new master that lacked the last updates) takes its later steps with
        it: those updates are lost, and their numbers will be given out again.
        """
        steps = self.steps
        if row.sequence < steps[-1].sequence:
            steps = tuple(step for step in steps if step.sequence <= row.sequence)
        if not steps or row.sequence > steps[-1].sequence:
            steps = (*steps, Step(row.sequence, reading.finished_at, self.read_at))
        return replace(self, steps=_thinned(steps), read_at=reading.started_at)

    def without(self, floor: Sequence) -> "TableHistory":
        """Forget the steps that every replica has taken; the last one stays."""
        kept = tuple(step for step in self.steps[:-1] if step.sequence > floor)
        return self if len(kept) + 1 == len(self.steps) else replace(self, steps=(*kept, self.steps[-1]))


def _thinned(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if len(steps) <= MAX_STEPS:
        return steps
    older = steps[: MAX_STEPS // 2]
    pairs = zip(older[::2], older[1::2], strict=True)
    return (*(replace(later, after=earlier.after) for earlier, later in pairs), *steps[MAX_STEPS // 2 :])


@dataclass(frozen=True)
class History:
    """What is known of a domain's past; an empty one knows nothing, and says so rather than zero."""

    tables: Mapping[TableNumber, TableHistory] = field(default_factory=lambda: MappingProxyType({}))
    floors: Mapping[HostName, Mapping[TableNumber, Sequence]] = field(default_factory=lambda: MappingProxyType({}))
    lasting: Mapping[tuple[HostName, Condition], Lasting] = field(default_factory=lambda: MappingProxyType({}))
    roles: Mapping[HostName, Role] = field(default_factory=lambda: MappingProxyType({}))
    gone_back: frozenset[HostName] = frozenset()
    """Replicas with a number lower than at the look before: they load their copy anew, whatever the list says yet."""

    @property
    def is_empty(self) -> bool:
        """Tell whether no round has been learned from, as in a single look."""
        return not self.roles

    def age_of_missing(self, table: TableNumber, sequence: Sequence, lag: int | None, now: Timestamp) -> Seconds | None:
        """Tell the age of the first update after `sequence`; 0 where nothing is missing, None where it is not known."""
        if lag is None or (lag and table not in self.tables):
            return None
        if not lag:
            return 0.0
        first = next((step for step in self.tables[table].steps if step.sequence > sequence), None)
        return max(0.0, now - first.when) if first else None

    def stamp_age(self, table: TableNumber, now: Timestamp) -> Seconds | None:
        """Tell for how long at least the master has had this table's stamp."""
        known = self.tables.get(table)
        return now - known.since if known else None

    def last(self, host: HostName, condition: Condition) -> Lasting | None:
        """Tell since when a condition has lasted, if it was there when it could be judged last."""
        return self.lasting.get((host, condition))


def advance(history: History, snapshot: DomainSnapshot) -> History:
    """Learn from a round: the master's numbers, what each replica has, who was what."""
    tables = dict(history.tables)
    for reading in snapshot.master_readings:
        if reading.host == snapshot.master:
            for row in reading.sequences.tables:
                tables[row.table] = _read(tables.get(row.table), row, reading)
    floors = _floors(history.floors, snapshot)
    roles = dict(history.roles) | {
        seen.host: seen.role for seen in snapshot.observed() if seen.role is not Role.UNKNOWN
    }
    known = {host.name for host in snapshot.hosts}
    return replace(
        history,
        tables=_pruned(tables, floors),
        floors=floors,
        gone_back=frozenset(host for host, floor in floors.items() if _went_back(history.floors.get(host, {}), floor)),
        roles={host: role for host, role in roles.items() if host in known},
        lasting={key: lasting for key, lasting in history.lasting.items() if key[0] in known},
    )


def remember(history: History, findings: Findings, now: Timestamp) -> History:
    """Keep what this round found, so that the next one knows what it is not the first to see."""
    return replace(history, lasting=carried_on(history.lasting, findings, now))


def _read(known: TableHistory | None, row: TableSequence, reading: MasterReading) -> TableHistory:
    """Start a table anew where its stamp says that it is another generation; a stamp not printed says nothing."""
    if known is None or (known.stamp is not None and row.stamp is not None and known.stamp != row.stamp):
        step = Step(row.sequence, reading.finished_at, known.read_at if known else None)
        return TableHistory(row.stamp, reading.finished_at, (step,), reading.started_at)
    return known.read(row, reading)


def _floors(
    known: Mapping[HostName, Mapping[TableNumber, Sequence]], snapshot: DomainSnapshot
) -> dict[HostName, Mapping[TableNumber, Sequence]]:
    """Remember what each replica had last; a client or a master holds nothing back."""
    floors = {host.name: known[host.name] for host in snapshot.hosts if host.name in known}
    for seen in snapshot.observed():
        if seen.role is Role.REPLICA and seen.sequences:
            floors[seen.host] = {row.table: row.sequence for row in seen.sequences.tables}
        elif seen.role in {Role.MASTER, Role.CLIENT}:
            floors.pop(seen.host, None)
    return floors


def _went_back(before: Mapping[TableNumber, Sequence], after: Mapping[TableNumber, Sequence]) -> bool:
    return any(after.get(table, -1) < sequence for table, sequence in before.items())


def _pruned(
    tables: Mapping[TableNumber, TableHistory], floors: Mapping[HostName, Mapping[TableNumber, Sequence]]
) -> dict[TableNumber, TableHistory]:
    if not floors:
        return dict(tables)
    return {
        table: known.without(min(floor.get(table, -1) for floor in floors.values())) for table, known in tables.items()
    }


def dump(history: History) -> Iterable[Row]:
    """Write the steps as plain rows `(table, stamp, since, read_at, sequence, at, after)`, for a state file."""
    for table, known in history.tables.items():
        for step in known.steps:
            yield (table, known.stamp, known.since, known.read_at, step.sequence, step.at, step.after)


def restore(rows: Iterable[Row]) -> History:
    """Read back what `dump` wrote; raises ValueError where it is not that."""
    tables: dict[TableNumber, TableHistory] = {}
    for row in rows:
        table, stamp, since, read_at, sequence, at, after = _checked(row)
        steps = tables[table].steps if table in tables else ()
        if steps and steps[-1].sequence >= sequence:
            message = f"table {table}: sequence {sequence} after {steps[-1].sequence}: the steps do not rise"
            raise ValueError(message)
        tables[table] = TableHistory(stamp, since, (*steps, Step(sequence, at, after)), read_at)
    return History(tables=tables)


def _checked(row: Row) -> tuple[int, float | None, float, float, int, float, float | None]:
    match row:
        case (
            int(table),
            float() | int() | None as stamp,
            float(since),
            float(read_at),
            int(sequence),
            float(at),
            float() | None as after,
        ):
            return (table, None if stamp is None else float(stamp), since, read_at, sequence, at, after)
    message = f"expected (table, stamp, since, read_at, sequence, at, after), found {row!r}"
    raise ValueError(message)
